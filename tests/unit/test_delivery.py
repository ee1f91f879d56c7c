from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.policy.delivery import DeliveryPolicy, Surroundings, similarity
from assistant.ports import PastOffer
from assistant.settings import Delivery

NOON = 1_767_614_400.0  # 2026-01-05 12:00 UTC
CALM = Surroundings(now=NOON)
TASK = "Show how to flatten a nested list in Python."


def policy(**options: object) -> DeliveryPolicy:
    return DeliveryPolicy(Delivery(**options))


def offer(age_s: float, task: str = "Compare the three headphones.", outcome: str = "accepted") -> PastOffer:
    return PastOffer(time=NOON - age_s, task=task, outcome=outcome)


def test_a_calm_moment_is_good() -> None:
    assert policy().why_not_this(TASK, CALM, []) is None


@pytest.mark.parametrize("state", ["away", "locked", "fullscreen", "private", "paused", "showing"])
def test_each_bad_moment_has_its_reason(state: str) -> None:
    reason = policy().why_not_now(replace(CALM, **{state: True}), [])
    assert reason


def test_fullscreen_can_be_allowed() -> None:
    assert policy(fullscreen=True).why_not_now(replace(CALM, fullscreen=True), []) is None


def test_cooldown_ends() -> None:
    assert "cooldown" in str(policy(cooldown_s=600).why_not_now(CALM, [offer(599)]))
    assert policy(cooldown_s=600).why_not_now(CALM, [offer(601)]) is None


def test_what_nobody_saw_costs_no_budget() -> None:
    assert policy(cooldown_s=600).why_not_now(CALM, [offer(10, outcome="unseen")]) is None


def test_daily_cap_counts_the_local_day() -> None:
    strict = policy(per_day=2, cooldown_s=0)
    today = [offer(3_600), offer(7_200)]
    assert "used up" in str(strict.why_not_now(CALM, today))
    yesterday = [offer(13 * 3_600), offer(14 * 3_600)]
    assert strict.why_not_now(CALM, yesterday) is None
    # Two hours east of Greenwich the same two offers were made after the local midnight of one day earlier or later.
    assert strict.why_not_now(replace(CALM, utc_offset_min=120), [offer(13.5 * 3_600), offer(13.6 * 3_600)]) is not None


def test_repetition_is_refused_whatever_came_of_it() -> None:
    again = "Show how to flatten nested lists in Python"
    assert "repeats" in str(policy(cooldown_s=0).why_not_this(again, CALM, [offer(7_200, TASK, "ignored")]))


def test_a_rejected_task_stays_away_for_days_even_behind_the_window() -> None:
    others = [offer(86_400 - n, f"Plan trip number {n} to a city called {chr(65 + n) * 5}") for n in range(25)]
    history = [offer(2 * 86_400, TASK, "rejected"), *others]
    assert "rejected" in str(policy(cooldown_s=0, duplicate_window=5, per_day=99).why_not_this(TASK, CALM, history))
    assert (
        policy(cooldown_s=0, rejected_for_s=86_400, duplicate_window=5, per_day=99).why_not_this(TASK, CALM, history)
        is None
    )


def test_not_now_may_come_back_after_a_while() -> None:
    gentle = policy(cooldown_s=0, snooze_s=1_800)
    assert gentle.why_not_this(TASK, CALM, [offer(1_700, TASK, "snoozed")]) is not None
    assert gentle.why_not_this(TASK, CALM, [offer(1_900, TASK, "snoozed")]) is None


def test_similarity_is_about_topics() -> None:
    assert similarity(TASK, "Flatten nested lists in Python") > 0.6
    assert similarity(TASK, "Compare prices of headphones") == 0.0
    assert similarity("the of", "the of") == 1.0

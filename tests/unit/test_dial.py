"""The precision dial: where it speaks, and the share of wrong offers beside the wished one."""

from __future__ import annotations

import json
import random
from itertools import pairwise

import pytest
from click.testing import CliRunner

from assistant.cli import cli
from assistant.clock import FakeClock
from assistant.events import Decision, Event, Outcome, OutcomeKind, Suggestion, Task
from assistant.paths import default_paths
from assistant.settings import Storage
from assistant.store import open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion
from models.bench.linear import sigmoid
from models.personal.dial import DEFAULT, Answer, Dial, achieved, calibrate, global_threshold, own_threshold

SHIPPED = 0.4064216493016435


def sample(count: int, offset: float = 0.0) -> list[Answer]:
    """Offers whose true probability is the model's, moved by ``offset``."""
    draw = random.Random(11)
    odds = [draw.uniform(-1.0, 3.0) for _ in range(count)]
    return [Answer(one, draw.random() < sigmoid(one + offset), 1.0) for one in odds]


def filled(count: int, one_in: float, offset: float = 0.0) -> Dial:
    dial = Dial(one_in)
    for answer in sample(count, offset):
        dial.learn(answer.odds, answer.wanted, answer.weight)
    return dial


def test_without_labels_the_default_keeps_the_shipped_threshold_to_the_bit() -> None:
    assert Dial().threshold(SHIPPED) == SHIPPED
    assert global_threshold(SHIPPED, DEFAULT) == SHIPPED


@pytest.mark.parametrize("count", [0, 5, 50, 300])
@pytest.mark.parametrize("offset", [-2.0, 0.0, 2.0])
def test_more_caution_is_never_a_lower_threshold(count: int, offset: float) -> None:
    found = [filled(count, n, offset).threshold(SHIPPED) for n in (1.1, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 50.0, 100.0)]
    assert all(low <= high for low, high in pairwise(found))
    assert found[-1] > found[0]
    assert all(0.0 < one < 1.0 for one in found)


@pytest.mark.parametrize("offset", [-1.0, 0.0, 1.0])
def test_from_the_owners_threshold_on_the_promise_is_kept(offset: float) -> None:
    answers = sample(300, offset)
    threshold = own_threshold(answers, 4.0)
    fresh = random.Random(12)
    shown = [one for one in (fresh.uniform(-1.0, 3.0) for _ in range(20_000)) if sigmoid(one) >= threshold]
    wrong = sum(fresh.random() >= sigmoid(one + offset) for one in shown) / len(shown)
    assert wrong <= 0.25 + 0.06


def test_few_labels_hardly_move_it() -> None:
    moved = [abs(filled(count, 4.0, -2.0).threshold(SHIPPED) - Dial(4.0).threshold(SHIPPED)) for count in (2, 50, 300)]
    assert moved[0] < 0.03 < moved[1] < moved[2]


def test_calibration_finds_a_moved_owner_and_leaves_a_calm_one_alone() -> None:
    slope, offset = calibrate(sample(300, -1.5))
    assert slope == pytest.approx(1.0, abs=0.3)
    assert offset == pytest.approx(-1.5, abs=0.4)
    assert calibrate([]) == (1.0, 0.0)


def test_one_kind_of_answer_gives_finite_numbers() -> None:
    for wanted in (True, False):
        answers = [Answer(0.5, wanted, 1.0)] * 30
        assert all(abs(value) < 10 for value in calibrate(answers))
        assert 0.0 < own_threshold(answers, 2.0) < 1.0


def test_a_later_word_on_the_same_offer_replaces_the_earlier() -> None:
    dial = Dial()
    dial.learn(0.1, False, 1.0, about=7)
    dial.learn(0.1, True, 1.0, about=7)
    assert [answer.wanted for answer in dial.answers] == [True]


def test_the_interval_beside_the_share() -> None:
    found = achieved([True] * 30 + [False] * 10, 4.0)
    assert (found.n, found.wrong, found.wished) == (40, 0.25, 0.25)
    assert found.low == pytest.approx(0.1419, abs=1e-3)  # Wilson, by hand
    assert found.high == pytest.approx(0.4019, abs=1e-3)
    assert achieved([], 2.0)[:4] == (0, 0.0, 0.0, 1.0)


def offered(clock: FakeClock, number: int, kind: OutcomeKind) -> list:
    at = clock.now()
    event = Event(id=number, time=at, sentence="The user types 'a'.", type="typing", source="test", app="Kate")
    decision = Decision(id=number, time=at, trigger="count", speak=True, reason="r", stage="shown", event_ids=(number,))
    task = Task(task=f"Explain {number}")
    shown = Suggestion(id=number, decision_id=number, time=at, task=task, event_ids=(number,), shown=True)
    outcome = Outcome(suggestion_id=number, kind=kind, at=at + 1)
    return [PutEvent(event), PutDecision(decision), PutSuggestion(shown), PutOutcome(outcome)]


def test_the_command_prints_wished_and_reached() -> None:
    paths, clock = default_paths().make(), FakeClock(now=1_704_099_600.0)
    store = open_store(paths, clock, Storage())
    for number in range(1, 13):
        clock.tick(60.0)
        store.writer.submit(*offered(clock, number, OutcomeKind.REJECTED if number % 4 == 0 else OutcomeKind.ACCEPTED))
    store.close()
    said = CliRunner().invoke(cli, ["dial"], catch_exceptions=False)
    assert "at most 1 offer in 2 wrong (50%)" in said.output
    assert "3 of the last 12 answered offers were wrong: 25%" in said.output
    report = json.loads(CliRunner().invoke(cli, ["dial", "--json"], catch_exceptions=False).output)
    assert report["n"] == 12
    assert report["threshold"]["shipped"] == report["threshold"]["by_the_dial_alone"]


def test_the_command_without_a_database_says_what_to_do() -> None:
    failed = CliRunner().invoke(cli, ["dial"])
    assert failed.exit_code == 1
    assert "no database" in str(failed.exception)

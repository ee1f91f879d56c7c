"""The engine's part in labels: exploration near the threshold, missed moments, reviews of shadow mode."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from assistant.errors import SetupError
from assistant.events import Outcome, OutcomeKind
from assistant.store.ops import PutOutcome, PutSuggestion

Bench = runpy.run_path(str(Path(__file__).with_name("test_core.py")))["Bench"]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def turned(bench: Bench, p_help: float) -> Bench:
    """The same with a gate near its threshold and a chance that always turns the verdict."""
    bench.gate.p_help = p_help
    bench.core._parts.chance = lambda: 0.0
    return bench


def test_near_the_threshold_it_sometimes_speaks_although_under_it_and_says_so(bench: Bench) -> None:
    turned(bench, 0.45).window()
    bench.propose()
    decision = bench.decisions[-1]
    assert (decision.speak, decision.stage, decision.propensity, decision.gate) == (True, "shown", 0.05, "fake")
    assert decision.reason.startswith("tried: an offer although")
    assert len(bench.notifier.shown) == 1


def test_near_the_threshold_it_is_sometimes_silent_although_over_it(bench: Bench) -> None:
    turned(bench, 0.55).window()
    assert bench.questions == []
    assert (bench.decisions[-1].speak, bench.decisions[-1].stage, bench.decisions[-1].propensity) == (
        False,
        "gate",
        0.95,
    )


def test_every_decision_logs_its_propensity(bench: Bench) -> None:
    bench.window("a")
    bench.propose("")
    bench.gate.p_help = 0.1
    bench.window("b")
    assert [decision.propensity for decision in bench.decisions] == [1.0, 0.0]


def test_nothing_is_tried_in_do_not_disturb_or_shadow_mode(bench: Bench) -> None:
    turned(bench, 0.45).window(fullscreen=True)
    shadow = turned(Bench(shadow=True), 0.45)
    shadow.window()
    for one in (bench, shadow):
        assert one.questions == []
        assert (one.decisions[-1].reason, one.decisions[-1].propensity) == ("because", 0.0)


def test_missed_is_a_decision_with_its_events_and_a_verdict_that_hangs_on_it(bench: Bench) -> None:
    bench.gate.p_help = 0.2
    bench.window("a")
    bench.clock.tick(1.0)
    id_ = bench.core.missed("hotkey")
    decision, outcome = bench.decisions[-1], bench.rows.of(PutOutcome)[-1].outcome
    assert (decision.id, decision.trigger, decision.speak, decision.stage) == (id_, "missed", False, "missed")
    assert (decision.p_help, decision.event_ids) == (0.2, (10,))
    assert (outcome.suggestion_id, outcome.decision_id, outcome.kind) == (0, id_, OutcomeKind.MISSED)
    assert (outcome.source, outcome.at) == ("hotkey", bench.clock.now())


def test_missed_said_twice_at_once_is_one_and_later_another(bench: Bench) -> None:
    bench.window("a")
    first = bench.core.missed("hotkey")
    bench.clock.tick(1.0)
    assert bench.core.missed("terminal") == first
    bench.clock.tick(2.0)
    assert bench.core.missed("terminal") != first
    assert len(bench.rows.of(PutOutcome)) == 2


def test_missed_without_anything_seen_says_so(bench: Bench) -> None:
    with pytest.raises(SetupError, match="Nothing was seen"):
        bench.core.missed("hotkey")
    assert bench.rows.ops == []


def test_a_review_of_what_was_never_shown_leaves_the_contexts_alone() -> None:
    bench = Bench(shadow=True)
    bench.window()
    bench.propose()
    suggestion = bench.rows.of(PutSuggestion)[-1].suggestion
    accepted = Outcome(suggestion_id=suggestion.id, kind=OutcomeKind.ACCEPTED, at=bench.clock.now(), source="shadow")
    bench.core.answer(accepted)
    assert bench.rows.of(PutOutcome)[-1].outcome == accepted
    bench.window("b.py")
    assert bench.gate.contexts[-1].offers == ()

"""Verdicts on their way from the popup to what learns: with their moment, at once, and never at the answer's cost."""

from __future__ import annotations

import runpy
from pathlib import Path

from assistant.clock import FakeClock
from assistant.engine.lately import KEPT
from assistant.events import Decision, Event, Outcome, OutcomeKind, Suggestion, Task
from assistant.label_recall import recall_label
from assistant.label_store import read_labels
from assistant.labels import Label, make_label
from assistant.paths import default_paths
from assistant.ports import Context
from assistant.settings import Storage
from assistant.store import open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion

Bench = runpy.run_path(str(Path(__file__).with_name("test_core.py")))["Bench"]


def taught() -> tuple:
    bench, learned = Bench(), []
    bench.core._parts.learn = learned.append
    return bench, learned


def test_an_answer_is_learned_with_the_moment_it_belongs_to() -> None:
    bench, learned = taught()
    bench.window()
    context = bench.gate.contexts[-1]
    bench.propose()
    bench.answer(OutcomeKind.REJECTED, "bad moment")
    (label,) = learned
    assert label.context == context
    assert (label.task, label.kind, label.reason) == ("Explain the error.", OutcomeKind.REJECTED, "bad moment")
    assert (label.wanted, label.wanted_weight) == (False, 1.0)
    assert label.suggestion_id == bench.notifier.shown[0].id
    assert label.decision_id == bench.decisions[-1].id


def test_missed_help_is_learned_without_a_task() -> None:
    bench, learned = taught()
    bench.window()
    bench.propose("")
    bench.core.missed("hotkey")
    (label,) = learned
    assert (label.task, label.kind, label.wanted, label.source) == ("", OutcomeKind.MISSED, True, "hotkey")


def test_what_was_not_seen_weighs_nothing() -> None:
    bench, learned = Bench(shadow=True), []
    bench.core._parts.learn = learned.append
    bench.window()
    bench.propose()
    assert [(label.wanted, label.wanted_weight) for label in learned] == [(None, 0.0)]


def test_a_lesson_that_fails_costs_no_answer() -> None:
    bench = Bench()

    def broken(_: Label) -> None:
        raise ValueError

    bench.core._parts.learn = broken
    bench.window()
    bench.propose()
    bench.answer(OutcomeKind.ACCEPTED)
    assert bench.rows.of(PutOutcome)[-1].outcome.kind is OutcomeKind.ACCEPTED


def test_an_answer_to_what_is_no_longer_remembered_is_recalled() -> None:
    bench, learned = taught()
    recalled = make_label(Context(events=()), OutcomeKind.ACCEPTED, at=1.0, task="old")
    bench.core._parts.recall = lambda outcome: recalled if outcome.suggestion_id == 5 else None
    bench.core.answer(Outcome(suggestion_id=5, kind=OutcomeKind.ACCEPTED, at=1.0))
    bench.core.answer(Outcome(suggestion_id=6, kind=OutcomeKind.ACCEPTED, at=1.0))
    assert learned == [recalled]


def test_moments_that_are_remembered_are_bounded_and_forgotten() -> None:
    bench = Bench(per_day=1_000)
    for number in range(KEPT + 5):
        bench.window(f"{number}.py")
        bench.propose(f"Explain number{number} now.")
        bench.answer(OutcomeKind.ACCEPTED)
    assert len(bench.core._lately._moments) == KEPT
    bench.core.forget(set())
    assert len(bench.core._lately._moments) == 0


def test_recalled_from_the_store_it_is_what_training_reads() -> None:
    store = open_store(default_paths().make(), FakeClock(now=1_704_099_600.0), Storage())
    for number, kind in ((1, OutcomeKind.REJECTED), (2, OutcomeKind.ACCEPTED)):
        at = 1_704_099_600.0 + 60 * number
        event = Event(id=number, time=at, sentence=f"The user types '{number}'.", type="typing", source="test")
        decision = Decision(
            id=number, time=at, trigger="count", speak=True, reason="r", stage="shown", event_ids=(1, 2)[:number]
        )
        task = Task(task=f"Explain {number}")
        shown = Suggestion(id=number, decision_id=number, time=at + 1, task=task, shown=True)
        outcome = Outcome(suggestion_id=number, kind=kind, at=at + 5)
        store.writer.submit(PutEvent(event), PutDecision(decision), PutSuggestion(shown), PutOutcome(outcome))
    store.writer.flush(5.0)
    labels = read_labels(store.reader)
    found = [recall_label(store.reader, store.reader.outcomes(number)[0]) for number in (1, 2)]
    gone = recall_label(store.reader, Outcome(suggestion_id=99, kind=OutcomeKind.ACCEPTED, at=1.0))
    store.close()
    assert found == labels
    assert len(labels[1].context.offers) == 1
    assert gone is None

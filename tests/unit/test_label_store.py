"""Verdicts become labels with the context that they were given in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.events import Decision, Event, Outcome, OutcomeKind, Suggestion, Task
from assistant.label_store import newest, owner_labels, read_labels, vote_labels
from assistant.labels import WRONG
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion
from assistant.votes import Moment, Observed, Vote

NOW = 1_700_000_000.0


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "here"), clock, Storage(commit_s=0.01))) as opened:
        for number in (1, 2, 3):
            opened.writer.submit(
                PutEvent(Event(id=number, time=NOW + number, sentence=f"e{number}", type="switch", source="window"))
            )
        yield opened


def offer(store: Store, number: int, at: float, *event_ids: int, shown: bool = True) -> None:
    decision = Decision(
        id=number, time=at, trigger="count", speak=True, reason="r", stage="shown", event_ids=event_ids, model="m1"
    )
    decision = decision.model_copy(update={"gate": "g1", "propensity": 0.95})
    made = Suggestion(id=number + 1, decision_id=number, time=at, task=Task(task=f"task {number}"), shown=shown)
    store.writer.submit(PutDecision(decision), PutSuggestion(made))


def answer(store: Store, number: int, kind: OutcomeKind, at: float, reason: str = "", source: str = "popup") -> None:
    store.writer.submit(
        PutOutcome(Outcome(suggestion_id=number, kind=kind, at=at, reason=reason, source=source)),
    )
    assert store.writer.flush()


def test_a_verdict_has_its_context_task_model_and_propensity(store: Store) -> None:
    offer(store, 10, NOW + 5, 3, 1)
    answer(store, 11, OutcomeKind.REJECTED, NOW + 9, WRONG)
    (label,) = owner_labels(store.reader)
    assert [event.id for event in label.context.events] == [3, 1]
    assert (label.context.now, label.context.trigger, label.context.offers) == (NOW + 5, "count", ())
    assert (label.task, label.kind, label.reason, label.at) == ("task 10", "rejected", WRONG, NOW + 9)
    assert (label.wanted, label.accepted, label.accepted_weight) == (False, False, 1.0)
    assert (label.model, label.propensity, label.source, label.annotator) == ("m1", 0.95, "popup", "owner")
    assert (label.suggestion_id, label.decision_id) == (11, 10)


def test_earlier_offers_are_those_seen_and_answered_by_then(store: Store) -> None:
    offer(store, 10, NOW + 5, 1)
    offer(store, 20, NOW + 6, 1, shown=False)
    offer(store, 30, NOW + 7, 1)
    offer(store, 40, NOW + 50, 1, 2)
    answer(store, 11, OutcomeKind.REJECTED, NOW + 10, "bad moment")
    answer(store, 11, OutcomeKind.ACCEPTED, NOW + 99, source="history")  # after the decision at NOW + 50
    answer(store, 21, OutcomeKind.UNSEEN, NOW + 6, "shadow mode", source="engine")
    answer(store, 21, OutcomeKind.ACCEPTED, NOW + 20, source="shadow")  # judged, but never offered
    answer(store, 41, OutcomeKind.ACCEPTED, NOW + 60)
    last = next(label for label in owner_labels(store.reader) if label.decision_id == 40)
    assert [(one.task, one.outcome, one.reason, one.answered_at) for one in last.context.offers] == [
        ("task 10", "rejected", "bad moment", NOW + 10),
        ("task 30", "", "", 0.0),
    ]


def test_a_context_is_rebuilt_as_the_engine_had_it(clock: FakeClock, tmp_path: Path) -> None:
    from assistant.clock import counting_ids
    from assistant.engine.core import Core, Parts
    from assistant.events import WindowFocus
    from assistant.narrator import Narrator
    from assistant.ports import Context, Proposal, Verdict
    from assistant.settings import Settings
    from ui.fake import FakeNotifier

    contexts: dict[int, Context] = {}
    questions = []

    class Gate:
        name = "g"

        def judge(self, context: Context) -> Verdict:
            return Verdict(p_help=0.9, threshold=0.5, reason="r")

    settings = Settings(
        decision={"every_events": 1, "min_interval_s": 0.0},
        delivery={"cooldown_s": 0.0},
        narration={"dwell_s": 0.0},
    )
    with closing(open_store(under(tmp_path / "live"), clock, Storage(commit_s=0.01))) as store:
        notifier = FakeNotifier(clock)
        narrator = Narrator(settings.narration, counting_ids(1), utc_offset_min=clock.utc_offset_min)
        parts = Parts(
            settings, clock, counting_ids(1_000), narrator, Gate(), store.writer, notifier, questions.append, []
        )
        core = Core(parts)
        kinds = [OutcomeKind.ACCEPTED, OutcomeKind.REJECTED, OutcomeKind.SNOOZED, OutcomeKind.ACCEPTED]
        for number, kind in enumerate(kinds):
            clock.tick(30.0)
            core.feed([WindowFocus(at=clock.now(), app="Code", title=f"{number}.py", window=str(number))])
            clock.tick(1.0)
            core.tick()
            question = questions.pop()
            contexts[question.decision_id] = question.context
            clock.tick(1.0)
            core.proposed(question, Proposal(tasks=(Task(task=f"Do {'abcd'[number]}{number}"),), model="m"))
            clock.tick(1.0)
            notifier.press(kind)
        core.close()
        assert store.writer.flush()
        labels = newest(owner_labels(store.reader, settings.decision))
        assert [label.kind for label in labels] == kinds
        for label in labels:
            had = contexts[label.decision_id]
            assert label.context.offers == had.offers
            assert [event.id for event in label.context.events] == [event.id for event in had.events]
        assert len(labels[-1].context.offers) == 3


def test_a_missed_moment_is_a_label_without_a_task(store: Store) -> None:
    missed = Decision(
        id=50, time=NOW + 8, trigger="missed", speak=False, reason="r", stage="missed", event_ids=(1, 2), gate="g1"
    )
    verdict = Outcome(suggestion_id=0, decision_id=50, kind=OutcomeKind.MISSED, at=NOW + 8, source="hotkey")
    store.writer.submit(PutDecision(missed), PutOutcome(verdict))
    assert store.writer.flush()
    (label,) = read_labels(store.reader)
    assert (label.task, label.wanted, label.accepted, label.suggestion_id, label.decision_id) == (
        "",
        True,
        None,
        None,
        50,
    )
    assert [event.id for event in label.context.events] == [1, 2]


def test_a_changed_mind_is_a_further_label_and_the_newest_counts(store: Store) -> None:
    for number in (10, 20):
        offer(store, number, NOW + 5, 1)
    answer(store, 11, OutcomeKind.UNSEEN, NOW + 6, source="engine")
    answer(store, 21, OutcomeKind.ACCEPTED, NOW + 7)
    answer(store, 11, OutcomeKind.ACCEPTED, NOW + 8, source="shadow")
    answer(store, 11, OutcomeKind.REJECTED, NOW + 9, source="history")
    labels = read_labels(store.reader)
    assert [(label.suggestion_id, label.kind.value) for label in labels] == [
        (11, "unseen"),
        (21, "accepted"),
        (11, "accepted"),
        (11, "rejected"),
    ]
    assert [(label.suggestion_id, label.kind.value) for label in newest(labels)] == [(21, "accepted"), (11, "rejected")]


def test_what_was_forgotten_is_no_label_any_more(store: Store) -> None:
    offer(store, 10, NOW + 5, 1, 2)
    answer(store, 11, OutcomeKind.ACCEPTED, NOW + 6)
    assert len(read_labels(store.reader)) == 1
    store.forget_event(2)
    assert read_labels(store.reader) == []


def moment(*sentences: str) -> Moment:
    observed = tuple(Observed(time=f"{number}.5", event=sentence) for number, sentence in enumerate(sentences))
    return Moment(trace="t", observed=observed)


def test_annotators_votes_are_labels_by_name(store: Store) -> None:
    one = moment("The user types 'x'.", "The user searches for 'y'.")
    said = [
        ("Tea", "anna", True),
        ("Cake", "anna", False),
        ("Cake", "bob", False),
        ("", "bob", True),
        ("", "cy", False),
    ]
    store.put_votes([one], [Vote(moment=one.key, task=t, annotator=who, accepted=a, at=4.0) for t, who, a in said])
    labels = read_labels(store.reader)
    assert [(x.annotator, x.task, x.kind.value, x.wanted, x.accepted) for x in labels] == [
        ("anna", "Tea", "accepted", True, True),
        ("anna", "Cake", "rejected", None, False),  # wanted help, only not this
        ("bob", "Cake", "rejected", False, False),
        ("bob", "", "rejected", False, None),
        ("cy", "", "missed", True, None),
    ]
    assert [event.type for event in labels[0].context.events] == ["typing", "search"]
    assert {(x.source, x.suggestion_id, x.decision_id, x.propensity) for x in labels} == {("import", None, None, None)}
    assert newest(labels) == labels


def test_one_of_several_tasks_counts_once_and_for_the_gate_only(store: Store) -> None:
    one = moment("a")
    store.put_votes([one], [Vote(moment=one.key, task=task, annotator="a", accepted=None) for task in ("x", "y")])
    (label,) = vote_labels(store.reader)
    assert (label.task, label.wanted, label.accepted) == ("", True, None)


def test_the_owners_own_export_imported_again_is_not_counted_twice(store: Store) -> None:
    own = store.reader.meta("pseudonym")
    one = moment("a")
    votes = [Vote(moment=one.key, task="x", annotator=who, accepted=True) for who in (own, "anna")]
    store.put_votes([one], votes)
    assert [label.annotator for label in vote_labels(store.reader)] == ["anna"]


def test_an_annotators_changed_mind(store: Store) -> None:
    one, two = moment("a"), moment("a", "b")
    votes = [
        Vote(moment=one.key, task="x", annotator="a", accepted=True, at=1.0),
        Vote(moment=two.key, task="x", annotator="a", accepted=True, at=1.5),
        Vote(moment=one.key, task="x", annotator="a", accepted=False, at=2.0),
    ]
    store.put_votes([one, two], votes)
    assert [label.accepted for label in newest(read_labels(store.reader))] == [True, False]

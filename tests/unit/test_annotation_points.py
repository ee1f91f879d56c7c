"""Points of the owner's record and of imported traces, what was known there, and the labels that come of answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.annotation.labels import all_labels, annotation_labels, own_labels
from assistant.annotation.points import SHOWN_EVENTS, Points
from assistant.annotation.session import Session
from assistant.clock import FakeClock, counting_ids
from assistant.events import Decision, Event, Outcome, OutcomeKind, Suggestion, Task
from assistant.label_export import prepare
from assistant.label_store import newest
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion
from assistant.traces import OWN, Additions, TraceEvent, make_candidate, make_trace

DAY = 86_400.0
NOW = 1_700_000_000.0
ALWAYS = (0.0, float("inf"))


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "here"), clock, Storage(commit_s=0.01))) as opened:
        yield opened


def decide(store: Store, number: int, at: float, events: tuple[int, ...], *tasks: str) -> None:
    decision = Decision(
        id=number, time=at, trigger="count", speak=bool(tasks), reason="r", stage="shown", event_ids=events
    )
    store.writer.submit(PutDecision(decision))
    for n, task in enumerate(tasks, 1):
        offer = Suggestion(id=number + n, decision_id=number, time=at, task=Task(task=task), event_ids=events)
        store.writer.submit(PutSuggestion(offer))


def fill(store: Store) -> None:
    """Three events; a silent decision, one with a suggestion that was rejected, one with an unseen one; a trace."""
    for number in (1, 2, 3):
        event = Event(
            id=number, time=NOW + number, utc_offset_min=60, sentence=f"The user ties knot {number}.", type="typing",
            source="keyboard",
        )  # fmt: skip
        store.writer.submit(PutEvent(event))
    decide(store, 100, NOW + 1, (1,))
    decide(store, 200, NOW + 2, (1, 2), "Show a bowline")
    decide(store, 300, NOW + DAY, (2, 3), "Buy rope")
    store.writer.submit(
        PutOutcome(Outcome(suggestion_id=201, kind=OutcomeKind.REJECTED, at=NOW + 10, reason="wrong")),
        PutOutcome(Outcome(suggestion_id=201, kind=OutcomeKind.ACCEPTED, at=NOW + 3 * DAY)),
    )
    assert store.writer.flush()
    events = [TraceEvent(time=time, event=f"The user waits{time}.") for time in ("60.0", "Day 1, 11 PM", "nan")]
    trace = make_trace("kettle", "proactivebench", events, NOW)
    candidates = [make_candidate(trace.id, 1, n, f"Offer tea {n}", source="trace", at=NOW) for n in range(7)]
    store.annotate(Additions(traces=(trace,), candidates=tuple(candidates)))


def trace_id(store: Store) -> int:
    return next(iter(Points(store.reader).traces))


def test_decisions_with_a_suggestion_are_asked_shown_or_not(store):
    fill(store)
    stops = Points(store.reader).own(*ALWAYS)
    assert [(stop.trace_id, stop.position, [choice.task for choice in stop.choices]) for stop in stops] == [
        (OWN, 200, ["Show a bowline"]), (OWN, 300, ["Buy rope"]),
    ]  # fmt: skip
    assert [choice.id for stop in stops for choice in stop.choices] == [201, 301]
    assert [stop.position for stop in Points(store.reader).own(NOW, NOW + 1_000)] == [200]
    assert [stop.position for stop in Points(store.reader).own(*ALWAYS, silent=True)] == [100, 200, 300]


def test_a_draft_makes_a_silent_decision_a_point(store):
    fill(store)
    same = make_candidate(OWN, 200, 1, "SHOW A BOWLINE", source="draft: m", at=NOW)
    store.annotate(Additions(candidates=(make_candidate(OWN, 100, 0, "Rest", source="draft: m", at=NOW), same)))
    stops = Points(store.reader).own(*ALWAYS)
    assert [(stop.position, len(stop.choices)) for stop in stops] == [(100, 1), (200, 1), (300, 1)]


def test_points_of_a_trace_have_at_most_five_tasks(store):
    fill(store)
    points = Points(store.reader)
    (stop,) = points.imported([trace_id(store)])
    assert (stop.position, stop.title) == (1, "kettle")
    assert [choice.task for choice in stop.choices] == [f"Offer tea {n}" for n in range(5)]
    assert len(points.imported([trace_id(store)], silent=True)) == 3


def test_the_page_sees_what_was_known_then(store):
    fill(store)
    points = Points(store.reader)
    assert points.lines(points.own(*ALWAYS)[0]) == [
        ("23:13", "The user ties knot 1."), ("23:13", "The user ties knot 2."),
    ]  # fmt: skip
    lines = points.lines(points.imported([trace_id(store)], silent=True)[2])
    assert lines == [
        ("00:01:00", "The user waits60.0."), ("Day 1, 11 PM", "The user waitsDay 1, 11 PM."),
        ("nan", "The user waitsnan."),
    ]  # fmt: skip


def test_a_long_and_hostile_history_is_bounded_and_cleaned(store):
    sentence = "The user reads \u202egnp.exe\u2066\n" + "x" * 10_000
    rows = [TraceEvent(time="1", event=sentence)] * 100
    trace = make_trace("\u202elong", "proactivebench", rows, NOW)
    nasty = make_candidate(trace.id, 99, 0, "Open \u202egnp.exe\nnow", source="trace", at=NOW)
    store.annotate(Additions(traces=(trace,), candidates=(nasty,)))
    points = Points(store.reader)
    (stop,) = points.imported([trace.id])
    lines = points.lines(stop)
    assert len(lines) == SHOWN_EVENTS
    assert all(len(line.text) <= 400 and line.text.isprintable() for line in lines)
    assert (stop.title, stop.choices[0].task) == ("long", "Open gnp.exe now")


def test_a_context_has_the_events_and_the_offers_as_they_stood(store):
    fill(store)
    points = Points(store.reader)
    _, late = points.own(*ALWAYS)
    context = points.context(late)
    assert [event.id for event in context.events] == [2, 3]
    assert (context.now, context.trigger, context.offers) == (NOW + DAY, "count", ())  # the offer is a day old
    decide(store, 400, NOW + 60, (1, 2, 3), "Rest")
    store.writer.flush()
    soon = next(stop for stop in points.own(*ALWAYS) if stop.position == 400)
    (offer,) = points.context(soon).offers
    assert (offer.task, offer.outcome, offer.reason) == ("Show a bowline", "rejected", "wrong")  # not yet accepted


def answers(store: Store, who: str, keys: str) -> None:
    """Digits choose, a dot confirms, s skips."""
    points = Points(store.reader)
    session = Session([*points.own(*ALWAYS), *points.imported([trace_id(store)])], [], who, counting_ids())
    for key in keys:
        if key.isdigit():
            _ = session.choose_none() if key == "0" else session.toggle(int(key))
            continue
        rows = session.confirm(NOW) if key == "." else session.skip(NOW)
        assert store.annotate(Additions(annotations=rows)).refused == 0
        session.take(rows)


def test_answers_become_labels(store):
    fill(store)
    answers(store, "ada", "1.0.13.")
    answers(store, "bob", "s1.0.")
    labels = annotation_labels(store.reader)
    found = {(label.annotator, label.task): label for label in labels if label.task}
    yes = found["ada", "Show a bowline"]
    assert (yes.accepted, yes.wanted, yes.kind, yes.source) == (True, True, "accepted", "annotation")
    assert (yes.suggestion_id, yes.decision_id, yes.at) == (201, 200, NOW)
    assert [event.id for event in yes.context.events] == [1, 2]
    no = found["ada", "Buy rope"]
    assert (no.accepted, no.accepted_weight, no.wanted, no.wanted_weight) == (False, 1.0, None, 0.0)
    assert ("bob", "Show a bowline") not in found  # skipped
    assert found["bob", "Buy rope"].accepted
    silent = [label for label in labels if not label.task]
    assert [(one.annotator, one.decision_id, one.wanted, one.accepted) for one in silent] == [
        ("ada", 300, False, None), ("bob", None, False, None),
    ]  # fmt: skip


def test_a_moment_weighs_one_however_many_tasks_are_accepted(store):
    fill(store)
    answers(store, "ada", "ss13.")
    labels = annotation_labels(store.reader)
    assert len(labels) == 5
    assert sum(label.wanted_weight for label in labels) == pytest.approx(1.0)
    assert {label.task for label in labels if label.accepted} == {"Offer tea 0", "Offer tea 2"}
    assert {(label.suggestion_id, label.decision_id) for label in labels} == {(None, None)}
    assert all(label.wanted in (True, None) for label in labels)


def test_erased_events_teach_nothing(store):
    fill(store)
    answers(store, "ada", "1.1.s")
    store.forget_event(1)
    assert [label.task for label in annotation_labels(store.reader)] == ["Buy rope"]


def test_the_owners_verdicts_and_annotations_come_together(store):
    fill(store)
    answers(store, "owner", "0.s0.")
    labels = newest(all_labels(store.reader))
    assert [(one.source, one.task, one.accepted) for one in labels if one.suggestion_id == 201] == [
        ("popup", "Show a bowline", True)
    ]  # the later word counts: accepted three days after
    assert sum(one.source == "annotation" for one in labels) == 1 + 1 + 5  # none of these, twice; five tasks


def test_the_owners_model_learns_from_the_owners_annotations_only(store):
    fill(store)
    answers(store, "ada", "1.0.13.")
    before = len(own_labels(store.reader))
    assert before == len(all_labels(store.reader)) - len(annotation_labels(store.reader))
    answers(store, "owner", "0.")
    assert len(own_labels(store.reader)) > before


def test_drafts_at_one_decision_are_not_taken_for_changed_minds(store):
    fill(store)
    drafts = [make_candidate(OWN, 100, n, f"Draft {n}", source="draft: m", at=NOW) for n in range(3)]
    store.annotate(Additions(candidates=tuple(drafts)))
    answers(store, "ada", "2.")
    kept = newest(annotation_labels(store.reader))
    assert sorted((one.task, one.accepted) for one in kept) == [
        ("Draft 0", False), ("Draft 1", True), ("Draft 2", False),
    ]  # fmt: skip


def test_annotations_go_into_an_export_of_labels(store):
    fill(store)
    answers(store, "owner", "1.0.13.")
    answers(store, "bob", "ss0.")
    export = prepare(store.reader, name="me")
    said = {
        (moment.trace.partition("_")[0], vote.task, vote.annotator): vote.accepted
        for moment, votes in export.voted
        for vote in votes
        if vote.source == "annotation"
    }
    assert said["kettle", "Offer tea 0", "me"]
    assert not said["kettle", "Offer tea 0", "bob"]
    assert not said["kettle", "", "me"]
    assert said["kettle", "", "bob"]
    assert said["me", "Show a bowline", "me"]
    assert not said["me", "Buy rope", "me"]
    assert len(said) == 2 * 6 + 2 + 1  # two at the kettle; two tasks of the own record, silence at each (one key)
    assert export.classes["False-Alarm (FA)"] >= 5

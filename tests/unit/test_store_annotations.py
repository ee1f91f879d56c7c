"""What people said about traces: appended, never overwritten; erased with what it was made from; carried over."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.events import Decision, Event, Suggestion, Task
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, open_store
from assistant.store.annotations import Kept, add_to, all_annotations, all_candidates, all_traces
from assistant.store.ops import PutDecision, PutEvent, PutSuggestion
from assistant.traces import OWN, Additions, Annotation, Candidate, Said, Trace, TraceEvent, make_candidate, make_trace

SECRET = "xyzzy-plugh"
NOW = 1_700_000_000.0


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "one"), clock, Storage(commit_s=0.01))) as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "two"), clock, Storage(commit_s=0.01))) as opened:
        yield opened


def kettle() -> tuple[Trace, Candidate]:
    events = [TraceEvent(time="1.0", event="The user boils water."), TraceEvent(time="Day 1", event="The user waits.")]
    trace = make_trace("kettle", "proactivebench", events, NOW)
    return trace, make_candidate(trace.id, 1, 0, "Offer tea", source="trace", at=NOW)


def row(answer: int, said: Said, *, at: tuple[int, int], who: str = "ada", task: int | None = None) -> Annotation:
    return Annotation(
        answer=answer, trace_id=at[0], position=at[1], annotator=who, at=NOW, said=said, candidate_id=task
    )


def record(store: Store, number: int, text: str, app: str, ago: float) -> None:
    """One event, decision and suggestion of the owner's, all of them with ``text``."""
    event = Event(id=number, time=NOW - ago, sentence=f"The user types '{text}'.", type="typing", source="k", app=app)
    decision = Decision(
        id=number + 1, time=NOW - ago, trigger="count", speak=True, reason=text, stage="shown", event_ids=(number,)
    )
    offer = Suggestion(
        id=number + 2, decision_id=decision.id, time=NOW - ago, task=Task(task=text), event_ids=(number,)
    )
    store.writer.submit(PutEvent(event), PutDecision(decision), PutSuggestion(offer))
    assert store.writer.flush()


def tell_everything(store: Store) -> None:
    """Two decisions of the owner's (the second one secret), each with a verdict and a draft; an imported trace."""
    record(store, 10, "harmless", "Mousepad", 9_000)
    record(store, 20, SECRET, "Secrets", 60)
    trace, candidate = kettle()
    drafts = [make_candidate(OWN, at, 1, f"{text} draft", source="draft: m", at=NOW)
              for at, text in ((11, "harmless"), (21, SECRET))]  # fmt: skip
    rows = [
        row(1, Said.ACCEPTED, at=(OWN, 11), task=12),
        row(1, Said.REJECTED, at=(OWN, 11), task=drafts[0].id),
        row(2, Said.ACCEPTED, at=(OWN, 21), task=22),
        row(2, Said.REJECTED, at=(OWN, 21), task=drafts[1].id),
        row(3, Said.ACCEPTED, at=(trace.id, 1), task=candidate.id),
    ]
    additions = Additions(traces=(trace,), candidates=(candidate, *drafts), annotations=tuple(rows))
    assert store.annotate(additions) == Kept(stored=9, refused=0)


def positions(store: Store) -> list[int]:
    return [one.position for one in all_annotations(store.reader)]


def files_with(store: Store, text: str) -> list[str]:
    return [one.name for one in store.file.parent.iterdir() if text.encode() in one.read_bytes()]


def test_an_imported_trace_is_no_part_of_the_owners_timeline(store: Store) -> None:
    trace, candidate = kettle()
    store.annotate(Additions(traces=(trace,), candidates=(candidate,)))
    assert all_traces(store.reader) == [trace]
    assert all_candidates(store.reader) == [candidate]
    assert store.reader.recent_events(9) == []
    assert store.reader.stats(NOW).events == 0


def test_rows_are_only_ever_appended(store: Store) -> None:
    tell_everything(store)
    with closing(sqlite3.connect(store.file)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE annotation SET said = 'rejected'")
    before = all_annotations(store.reader)
    assert store.annotate(Additions(annotations=tuple(before))) == Kept(stored=0, refused=0)
    assert all_annotations(store.reader) == before
    assert [one.answer for one in all_annotations(store.reader, "ada")] == [1, 1, 2, 2, 3]
    assert all_annotations(store.reader, "bob") == []


@pytest.mark.parametrize("how", [lambda s: s.forget_app("secrets"), lambda s: s.forget_last(900, NOW),
                                 lambda s: s.forget_event(20)])  # fmt: skip
def test_forgetting_events_takes_verdicts_and_drafts_made_from_them(store: Store, how) -> None:
    tell_everything(store)
    report = how(store)
    assert (report.annotations, report.candidates, report.traces) == (2, 1, 0)
    assert files_with(store, SECRET) == []
    assert set(positions(store)) == {11, 1}
    assert {one.task for one in all_candidates(store.reader)} == {"harmless draft", "Offer tea"}
    assert len(all_traces(store.reader)) == 1


def test_forgetting_all_takes_what_was_imported_too(store: Store) -> None:
    tell_everything(store)
    report = store.forget_all()
    assert (report.annotations, report.candidates, report.traces) == (5, 3, 1)
    assert positions(store) == []
    assert [files_with(store, text) for text in (SECRET, "harmless", "Offer tea", "boils water")] == [[]] * 4


def test_a_copy_that_was_exported_and_imported_again_is_erased_too(store: Store) -> None:
    record(store, 20, SECRET, "Secrets", 60)
    copy = make_trace("mine", "proactivebench", [TraceEvent(time=f"{NOW - 60:.3f}", event=f"Says {SECRET}.")], NOW)
    task = make_candidate(copy.id, 0, 0, SECRET, source="trace", at=NOW)
    other = kettle()[0]
    said = row(1, Said.ACCEPTED, at=(copy.id, 0), task=task.id)
    store.annotate(Additions(traces=(copy, other), candidates=(task,), annotations=(said,)))
    report = store.forget_app("secrets")
    assert (report.annotations, report.candidates, report.traces) == (1, 1, 1)
    assert files_with(store, SECRET) == []
    assert [one.name for one in all_traces(store.reader)] == ["kettle"]


def test_a_page_that_is_still_open_brings_nothing_back(store: Store) -> None:
    tell_everything(store)
    store.forget_app("secrets")
    late = make_candidate(OWN, 21, 2, SECRET, source="draft: m", at=NOW)
    said = (row(9, Said.NONE, at=(OWN, 21)), row(9, Said.REJECTED, at=(OWN, 11), task=12))
    assert store.annotate(Additions(candidates=(late,), annotations=said)) == Kept(stored=1, refused=2)
    assert files_with(store, SECRET) == []


def test_retention_takes_verdicts_with_their_decisions_and_leaves_imported_ones(store: Store) -> None:
    tell_everything(store)
    report = store.retention(NOW - 1_000 + 90 * 86_400)  # the first decision is older than 90 days then
    assert (report.decisions, report.annotations, report.candidates) == (1, 2, 1)
    assert set(positions(store)) == {21, 1}


def test_a_round_trip_gives_the_same_bytes(store: Store, other: Store) -> None:
    tell_everything(store)
    out, again = io.StringIO(), io.StringIO()
    store.export(out)
    report = other.import_(io.StringIO(out.getvalue()))
    assert (report.added["trace"], report.added["candidate"], report.added["annotation"]) == (1, 3, 5)
    other.export(again)
    assert again.getvalue() == out.getvalue()
    assert all_annotations(other.reader) == all_annotations(store.reader)


def test_two_peoples_files_come_together_without_losing_who_said_what(store: Store, other: Store) -> None:
    trace, candidate = kettle()
    for one, who, said in ((store, "ada", Said.ACCEPTED), (other, "bob", Said.REJECTED)):
        # Imported by each of them on their own, at another time: the same trace all the same.
        own = trace.model_copy(update={"at": NOW})
        verdict = row(5, said, at=(trace.id, 1), who=who, task=candidate.id)
        one.annotate(Additions(traces=(own,), candidates=(candidate,), annotations=(verdict,)))
    out = io.StringIO()
    other.export(out)
    report = store.import_(io.StringIO(out.getvalue()))
    assert (report.identical, report.added["annotation"]) == (2, 1)
    assert [(one.annotator, one.said) for one in all_annotations(store.reader)] == [
        ("ada", "accepted"),
        ("bob", "rejected"),
    ]


def test_one_answer_is_added_without_a_writer(store: Store) -> None:
    trace, candidate = kettle()
    store.annotate(Additions(traces=(trace,), candidates=(candidate,)))
    said = row(1, Said.SKIPPED, at=(trace.id, 1))
    assert add_to(store.file, Additions(annotations=(said,))) == Kept(stored=1, refused=0)
    assert all_annotations(store.reader) == [said]

"""The writer: all or nothing, never blocks, keeps rows while the disk refuses, counts what it drops."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault
from assistant.events import Decision, Event, Gap, Outcome, OutcomeKind, Suggestion, Task
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, open_store
from assistant.store.writer import (
    MarkShown,
    PutDecision,
    PutEvent,
    PutGap,
    PutMark,
    PutOutcome,
    PutSuggestion,
    SetMeta,
)


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    # Waits so short, and a queue so small, that nothing in here takes time.
    options = Storage(commit_s=0.01, queue_size=100, batch=20)
    with closing(open_store(under(tmp_path / "here"), clock, options)) as opened:
        yield opened


def event(number: int, sentence: str = "s", **more: object) -> Event:
    return Event(id=number, time=1e9 + number, sentence=sentence, type="typing", source="keyboard", **more)


def suggestion(number: int = 5, **more: object) -> Suggestion:
    return Suggestion(id=number, decision_id=4, time=1e9, task=Task(task="Make tea"), **more)


class Stalled:
    """The writing connection is provably busy until ``go``."""

    def __init__(self, store: Store) -> None:
        self.go, busy = threading.Event(), threading.Event()
        self.done = store.writer.call(lambda _: (busy.set(), self.go.wait(10)))
        assert busy.wait(5)


def ids(store: Store) -> list[int]:
    return [event.id for event in store.reader.recent_events(1_000)]


def test_everything_comes_back_as_it_was_given(store: Store) -> None:
    grown = event(1, "grown", app="Mousepad", title="a.md", data={"n": 1, "list": [1, "é\ud83d"]}, duration=2.5)
    decision = Decision(id=4, time=1e9, trigger="count", speak=True, reason="r", stage="shown", event_ids=(1,))
    outcome = Outcome(suggestion_id=5, kind=OutcomeKind.REJECTED, at=1e9, reaction_s=1.5, reason="busy")
    gap = Gap(at=1.0, until=2.0, sense="window", reason="gone")
    store.writer.submit(PutEvent(grown), PutGap(gap), PutDecision(decision), PutSuggestion(suggestion(event_ids=(1,))))
    store.writer.submit(PutOutcome(outcome), MarkShown(5), PutMark("life", 3), PutMark("life", 2), SetMeta("k", "v"))
    assert store.writer.flush()
    reader = store.reader
    assert reader.event(1) == grown
    assert reader.decisions(9) == [decision]
    assert reader.suggestions_since(0) == [suggestion(event_ids=(1,), shown=True)]
    assert reader.outcomes(5) == [outcome]
    assert reader.gaps_between(0, 9) == [gap]
    assert (reader.last_mark("life"), reader.last_mark("other")) == (3, -1)
    assert (reader.meta("k"), reader.meta("other")) == ("v", None)


def test_a_growing_event_is_one_row_and_its_last_version(store: Store) -> None:
    for length in range(1, 50):
        store.writer.submit(PutEvent(event(1, "x" * length, closed=length == 49)))
    assert store.writer.flush()
    assert [(e.sentence, e.closed) for e in store.reader.recent_events(9)] == [("x" * 49, True)]


def test_what_was_shown_stays_shown(store: Store) -> None:
    store.writer.submit(PutSuggestion(suggestion()), MarkShown(5))
    store.writer.submit(PutSuggestion(suggestion(why="later")))
    assert store.writer.flush()
    assert store.reader.suggestions_since(0) == [suggestion(why="later", shown=True)]


def test_submit_returns_while_the_writer_is_stalled(store: Store) -> None:
    stalled = Stalled(store)
    assert all(store.writer.submit(PutEvent(event(number))) for number in range(1, 51))
    assert not stalled.done.done()  # we are here, it is still stalled
    assert store.writer.health().queued == 51
    assert ids(store) == []
    stalled.go.set()
    assert store.writer.flush()
    assert ids(store) == list(range(1, 51))
    assert store.writer.health().queued == 0


def test_overflow_is_counted_refused_whole_and_leaves_a_gap(store: Store, clock: FakeClock) -> None:
    told: list[str] = []
    stalled = Stalled(store)
    for number in range(1, 99):
        assert store.writer.submit(PutEvent(event(number)))
    began = clock.now()
    assert not store.writer.submit(*(PutEvent(event(n)) for n in (200, 201, 202)), on_commit=lambda: told.append("x"))
    clock.tick(3)
    assert store.writer.submit(PutEvent(event(99)))  # one row still fits
    assert not store.writer.submit(PutEvent(event(203)))
    with pytest.raises(EnvironmentFault):
        store.writer.call(lambda _: 1).result(0)
    stalled.go.set()
    assert store.writer.flush()
    assert store.writer.health().dropped == 4
    assert ids(store) == list(range(1, 100))
    assert told == []
    gap = Gap(at=began, until=began + 3, sense="store", reason="4 rows lost in the store (queue full)")
    assert store.reader.gaps_between(0, 2e12) == [gap]


def test_disk_full_keeps_the_rows_and_resumes(store: Store) -> None:
    def limit(pages: int) -> int:
        return int(store.writer.call(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]).result())

    limit(1)  # the pages there are, and no more
    store.writer.submit(*(PutEvent(event(number, "long " * 2_000)) for number in range(1, 21)))
    assert not store.writer.flush(0.2)
    health = store.writer.health()
    assert (health.queued, health.dropped) == (20, 0)
    assert "full" in health.last_error
    # The connection is busy with its retries: lift the limit from inside the next one.
    store.writer._db.execute("PRAGMA max_page_count = 100000").fetchall()
    assert store.writer.flush()
    assert ids(store) == list(range(1, 21))
    assert store.writer.health().last_error == ""


def test_a_lock_by_another_program_is_waited_for(store: Store) -> None:
    store.writer.call(lambda db: db.execute("PRAGMA busy_timeout = 0").fetchall()).result()
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.writer.submit(PutEvent(event(1)))
        assert not store.writer.flush(0.1)
        assert "locked" in store.writer.health().last_error
        other.execute("ROLLBACK")
    assert store.writer.flush()
    assert ids(store) == [1]


def test_a_row_that_can_never_be_stored_goes_alone(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    stalled = Stalled(store)
    store.writer.submit(PutEvent(event(1)))
    store.writer.submit(PutEvent(event(2)), PutEvent(event(2**70, "private words")))
    store.writer.submit(PutEvent(event(3)))
    stalled.go.set()
    assert store.writer.flush()
    assert ids(store) == [1, 3]  # the second submit is one transaction: all or nothing
    assert store.writer.health().dropped == 2
    assert "OverflowError" in caplog.text
    assert "private" not in caplog.text


def test_half_a_surrogate_pair_does_not_lose_the_row(store: Store) -> None:
    store.writer.submit(PutEvent(Event.model_construct(**event(1).model_dump() | {"title": "a\ud83db"})))
    assert store.writer.flush()
    assert store.reader.recent_events(1)[0].title == "a?b"


def test_listeners_hear_of_the_commit_after_it(store: Store) -> None:
    seen: list[list[int]] = []
    store.writer.submit(PutEvent(event(1)), on_commit=lambda: seen.append(ids(store)))
    assert store.writer.flush()
    assert seen == [[1]]


def test_a_failing_listener_stops_nothing(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.writer.submit(PutEvent(event(1)), on_commit=lambda: 1 // 0)  # type: ignore[arg-type]  # raises before it returns
    store.writer.submit(PutEvent(event(2)))
    assert store.writer.flush()
    assert ids(store) == [1, 2]
    assert "listener" in caplog.text


def test_a_failing_call_gives_its_error_to_the_caller_only(store: Store) -> None:
    def half(db: Database) -> None:
        db.execute("BEGIN")
        db.execute("DELETE FROM event")
        raise KeyError("half way")

    store.writer.submit(PutEvent(event(1)))
    with pytest.raises(KeyError):
        store.writer.call(half).result(5)
    store.writer.submit(PutEvent(event(2)))
    assert store.writer.flush()
    assert ids(store) == [1, 2]


def test_a_call_behind_rows_that_cannot_be_written_is_given_up_and_never_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.store.writer._PATIENCE_S", 0.05)
    ran: list[int] = []
    store.writer.call(lambda db: db.execute("PRAGMA max_page_count = 1").fetchall()).result()
    store.writer.submit(PutEvent(event(1, "long " * 2_000)))
    with pytest.raises(EnvironmentFault, match="full"):
        store.writer.run(lambda _: ran.append(1))
    store.writer._db.execute("PRAGMA max_page_count = 100000").fetchall()
    assert store.writer.flush()
    assert (ran, ids(store)) == ([], [1])


def test_outcomes_are_append_only(store: Store) -> None:
    store.writer.submit(PutOutcome(Outcome(suggestion_id=5, kind=OutcomeKind.IGNORED, at=1.0)))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        store.writer.call(lambda db: db.execute("UPDATE outcome SET kind = 'accepted'")).result(5)


def test_close_commits_what_is_queued_and_refuses_more(tmp_path: Path, clock: FakeClock) -> None:
    paths = under(tmp_path / "there")
    store = open_store(paths, clock, Storage(commit_s=1.0))
    store.writer.submit(PutEvent(event(1)))
    assert store.close()
    assert not store.writer.submit(PutEvent(event(2)))
    with closing(open_store(paths, clock, Storage())) as again:
        assert ids(again) == [1]


def test_close_does_not_wait_for_ever_for_a_full_disk(store: Store) -> None:
    store.writer.call(lambda db: db.execute("PRAGMA max_page_count = 1").fetchall()).result()
    store.writer.submit(PutEvent(event(1, "long " * 2_000)))
    assert not store.writer.close(0.2)
    assert store.writer.health().dropped == 1

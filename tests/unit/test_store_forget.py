"""Forgetting leaves no bytes behind, in any file of the data folder (CAPTURE.md, row 39); retention (row 38)."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault
from assistant.events import Decision, Event, Gap, Outcome, OutcomeKind, Suggestion, Task
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, open_store
from assistant.store.forget import ForgetReport
from assistant.store.writer import PutDecision, PutEvent, PutGap, PutMark, PutOutcome, PutSuggestion

SECRET = "xyzzy-plugh"
NOW = 1_700_000_000.0


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "here"), clock, Storage(commit_s=0.01, retention_days=90))) as opened:
        yield opened


def event(number: int, ago: float, text: str = "harmless", **more: object) -> Event:
    sentence = f"The user types '{text} {number}'."
    return Event(id=number, time=NOW - ago, sentence=sentence, type="typing", source="keyboard", **more)


def made_from(number: int, ago: float, *event_ids: int, text: str) -> tuple[PutDecision, PutSuggestion, PutOutcome]:
    """A decision, its suggestion and an outcome, each quoting ``text``."""
    return (
        PutDecision(
            Decision(
                id=number, time=NOW - ago, trigger="count", speak=True, reason=text, stage="shown", event_ids=event_ids
            )
        ),
        PutSuggestion(
            Suggestion(id=number + 1, decision_id=number, time=NOW - ago, task=Task(task=text), event_ids=event_ids)
        ),
        PutOutcome(Outcome(suggestion_id=number + 1, kind=OutcomeKind.REJECTED, at=NOW - ago, reason=text)),
    )


def grow(store: Store, number: int, ago: float, **more: object) -> None:
    """A burst that grew over several transactions: old versions lie in free cells and in the log."""
    for length in range(1, 40):
        store.writer.submit(PutEvent(event(number, ago, f"{SECRET} " * length, closed=False, **more)))
        if length % 4 == 0:
            assert store.writer.flush()
    assert store.writer.flush()


def tell_everything(store: Store) -> None:
    """Events 1-50 harmless and old, 60 and 61 secret and recent; decisions 100 (harmless), 110 (secret)."""
    for number in range(1, 51):
        store.writer.submit(PutEvent(event(number, 90_000 - number, app="Mousepad", title="a.md")))
    store.writer.submit(*made_from(100, 80_000, 1, 2, text="harmless"))
    grow(store, 60, 100, app=f"{SECRET} app", title=f"{SECRET} title", data={"app_id": f"{SECRET}-id"})
    store.writer.submit(PutEvent(event(61, 50, SECRET, app=f"{SECRET} app", title=f"{SECRET} two")))
    store.writer.submit(*made_from(110, 40, 50, 60, text=SECRET))
    store.writer.submit(PutMark("life", 4), PutGap(Gap(at=1.0, until=2.0, sense="window", reason="X server gone")))
    assert store.writer.flush()


def files_with(store: Store, text: str = SECRET) -> list[str]:
    return [one.name for one in store.file.parent.iterdir() if text.encode() in one.read_bytes()]


FORGET = {
    "last": lambda store: store.forget_last(900, NOW),
    "app": lambda store: store.forget_app(f"{SECRET} APP"),
    "all": lambda store: store.forget_all(),
}


@pytest.mark.parametrize("how", FORGET)
def test_no_byte_stays_in_any_file(store: Store, how: str) -> None:
    tell_everything(store)
    copy = store.file.with_name("assistant.db.corrupt-20230101T000000Z")
    copy.write_text(SECRET)  # what was set aside quotes it too
    assert set(files_with(store)) >= {"assistant.db-wal", copy.name}
    report = FORGET[how](store)
    assert files_with(store) == []
    kept = how != "all"
    assert bool(files_with(store, "harmless")) is kept
    assert report == ForgetReport(
        events=2 if kept else 52,
        decisions=1 if kept else 2,
        suggestions=1 if kept else 2,
        outcomes=1 if kept else 2,
        gaps=0 if kept else 1,
        files=1,
    )
    assert len(store.reader.recent_events(99)) == (50 if kept else 0)
    assert [item.suggestion.id for item in store.reader.history(9)] == ([101] if kept else [])
    assert store.reader.last_mark("life") == 4  # a batch already stored must not come again


def test_no_byte_stays_in_pages_that_were_split_and_filled_up_again(store: Store) -> None:
    # secure_delete zeroes deleted cells, but not what moving cells between pages leaves behind: only VACUUM does.
    dice = random.Random(0)
    numbers = list(range(1, 600))
    dice.shuffle(numbers)
    for _ in range(3):
        for number in numbers:
            app, word = ("Secrets", SECRET) if number % 3 == 0 else ("Mousepad", "harmless")
            text = f"{word} " * dice.randint(1, 40)
            store.writer.submit(PutEvent(event(number, 9, text, app=app, title=f"{word} {dice.random()}")))
        assert store.writer.flush()
    assert store.forget_app("secrets").events == 199
    assert files_with(store) == []


def test_no_byte_stays_of_one_event_and_of_what_was_made_from_it(store: Store) -> None:
    store.writer.submit(PutEvent(event(1, 10)))
    grow(store, 60, 5)
    store.writer.submit(*made_from(110, 4, 1, 60, text=SECRET))
    report = store.forget_event(60)
    assert report == ForgetReport(events=1, decisions=1, suggestions=1, outcomes=1)
    assert files_with(store) == []
    assert [e.id for e in store.reader.recent_events(9)] == [1]
    assert store.forget_event(60) == ForgetReport()


def test_forgetting_the_last_minutes_takes_what_reached_into_them_and_leaves_a_gap(store: Store) -> None:
    store.writer.submit(PutEvent(event(1, 2_000, duration=1_500)), PutEvent(event(2, 2_000, duration=10)))
    assert store.forget_last(900, NOW).events == 1
    assert [e.id for e in store.reader.recent_events(9)] == [2]
    assert store.reader.gaps_between(0, NOW) == [Gap(at=NOW - 900, until=NOW, sense="store", reason="deleted by you")]


@pytest.mark.parametrize("how", FORGET)
def test_what_still_grows_or_quotes_does_not_come_back(store: Store, how: str) -> None:
    tell_everything(store)
    FORGET[how](store)
    store.writer.submit(PutEvent(event(60, 100, f"{SECRET} grown")))
    late = made_from(120, 1, 60, text=SECRET)  # the model was still at it
    assert store.writer.submit(*late)
    known = Decision(id=110, time=NOW - 40, trigger="count", speak=True, reason=SECRET, stage="shown")
    store.writer.submit(PutDecision(known))  # told of again, without its events
    store.writer.submit(PutEvent(event(70, 0, "new")))
    assert store.writer.flush()
    assert files_with(store) == []
    assert 70 in {e.id for e in store.reader.recent_events(9)}


@pytest.mark.parametrize("name", ["mousepad", "org.xfce.Mousepad", "mousepad-bin"])
def test_an_application_is_known_by_name_class_or_process(store: Store, name: str) -> None:
    data = {"app_id": "org.xfce.mousepad", "process": "mousepad-bin"}
    store.writer.submit(PutEvent(event(1, 9, app="Mousepad", data=data)), PutEvent(event(2, 8, app="Mousepad 2")))
    assert store.forget_app(name).events == 1


def test_a_reader_in_the_way_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.store.erase._EMPTY_LOG_TRIES", 2)
    store.writer.call(lambda db: db.execute("PRAGMA busy_timeout = 0").fetchall()).result()
    grow(store, 60, 5)
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM event").fetchone()
        with pytest.raises(EnvironmentFault, match="still in the write-ahead log"):
            store.forget_all()
    store.forget_all()
    assert files_with(store) == []


def test_retention_deletes_what_is_old_and_gives_the_space_back(store: Store) -> None:
    old = 91 * 86_400.0
    store.writer.submit(*(PutEvent(event(n, old, "ancient " * 50, title=f"ancient {n}")) for n in range(1, 3_001)))
    store.writer.submit(
        *made_from(5_000, old, 1, text="ancient"), PutGap(Gap(at=1.0, until=2.0, sense="x", reason="y"))
    )
    store.writer.submit(PutEvent(event(9_000, 86_400, "kept", title="kept")), PutEvent(event(9_001, old, duration=old)))
    store.writer.submit(*made_from(9_100, 86_400, 9_000, text="kept"))
    assert store.writer.flush()
    store.writer.call(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()).result()
    before = store.file.stat().st_size

    report = store.retention(NOW)

    assert (report.events, report.decisions, report.suggestions, report.outcomes, report.gaps) == (3_000, 1, 1, 1, 1)
    assert [e.id for e in store.reader.recent_events(9)] == [9_001, 9_000]
    assert [item.suggestion.id for item in store.reader.history(9)] == [9_101]
    after = store.file.stat().st_size
    assert after < before / 10
    assert report.bytes == before - after
    assert files_with(store, "ancient") == []


def test_retention_keeps_what_is_young(store: Store) -> None:
    tell_everything(store)
    report = store.retention(NOW)
    assert (report.events, report.outcomes, report.gaps) == (0, 0, 1)
    assert len(store.reader.recent_events(99)) == 52

"""Opening: a new file, leftovers of a crash, a newer, a foreign, a broken one (CAPTURE.md, rows 11 and 36)."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Event
from assistant.paths import Paths, under
from assistant.settings import Storage
from assistant.store import open_reader, open_store
from assistant.store.ops import PutEvent


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path / "here").make()


def fill(paths: Paths, clock: FakeClock, count: int, *, closed: bool = True) -> None:
    store = open_store(paths, clock, Storage())
    for number in range(1, count + 1):
        sentence = f"The user types 'word {number}' " + "and on " * 10
        event = Event(id=number, time=1e9 + number, sentence=sentence, type="typing", source="keyboard", closed=closed)
        store.writer.submit(PutEvent(event.model_copy(update={"app": "Mousepad", "title": f"{number % 7}.md"})))
    assert store.close()


def modes(folder: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}


def test_files_are_private_and_pragmas_set(paths: Paths, clock: FakeClock) -> None:
    store = open_store(paths, clock, Storage())
    store.writer.submit(PutEvent(Event(id=1, time=1.0, sentence="s", type="typing", source="keyboard")))
    assert store.writer.flush()
    found = modes(paths.data)
    names = ("journal_mode", "synchronous", "secure_delete", "auto_vacuum", "foreign_keys", "temp_store")
    pragmas = store.writer.call(lambda db: {n: db.execute(f"PRAGMA {n}").fetchone()[0] for n in names}).result()
    store.close()
    assert found == {"assistant.db": 0o600, "assistant.db-wal": 0o600, "assistant.db-shm": 0o600}
    assert list(pragmas.values()) == ["wal", 1, 1, 2, 1, 2]
    assert [one.name for one in paths.data.iterdir()] == ["assistant.db"]  # a clean close leaves no log


def test_a_loose_file_is_tightened(paths: Paths, clock: FakeClock) -> None:
    fill(paths, clock, 1)
    paths.database.chmod(0o644)
    open_store(paths, clock, Storage()).close()
    assert modes(paths.data) == {"assistant.db": 0o600}


def test_events_left_open_by_a_crash_are_closed(paths: Paths, clock: FakeClock) -> None:
    fill(paths, clock, 3, closed=False)
    with closing(open_store(paths, clock, Storage())) as store:
        assert [event.closed for event in store.reader.recent_events(9)] == [True] * 3


def test_a_newer_database_is_refused_politely_and_untouched(paths: Paths, clock: FakeClock) -> None:
    fill(paths, clock, 3)
    with closing(sqlite3.connect(paths.database)) as db:
        db.execute("UPDATE meta SET value = '7.5' WHERE key = 'made_by'")
        db.execute("PRAGMA user_version = 99")
        db.commit()
    before = paths.database.read_bytes()
    with pytest.raises(SetupError, match=r"newer version \(version 7\.5, layout 99\)") as caught:
        open_store(paths, clock, Storage())
    assert caught.value.hint
    with pytest.raises(SetupError, match="newer version"):
        open_reader(paths.database)
    assert paths.database.read_bytes() == before
    assert [one.name for one in paths.data.iterdir() if ".corrupt" in one.name] == []


def test_another_programs_database_is_refused(paths: Paths, clock: FakeClock) -> None:
    with closing(sqlite3.connect(paths.database)) as db:
        db.execute("CREATE TABLE recipes (cake TEXT)")
    before = paths.database.read_bytes()
    with pytest.raises(SetupError, match="another program"):
        open_store(paths, clock, Storage())
    assert paths.database.read_bytes() == before


def test_an_older_database_is_not_read_before_its_upgrade(paths: Paths) -> None:
    with closing(sqlite3.connect(paths.database)) as db:
        db.executescript((Path(__file__).parent / "store_schemas" / "v1.sql").read_text(encoding="utf-8"))
    with pytest.raises(SetupError, match="older version") as caught:
        open_reader(paths.database)
    assert "assistant run" in caught.value.hint


def test_no_database_is_said_to_a_reader(paths: Paths) -> None:
    with pytest.raises(SetupError, match="Nothing is recorded yet"):
        open_reader(paths.database)


def garbage(_: bytes) -> bytes:
    return b"this is no database at all" * 400


def header_cut(whole: bytes) -> bytes:
    return whole[:50]


def cut_in_half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def page_overwritten(whole: bytes) -> bytes:
    middle = len(whole) // 4096 // 2 * 4096
    return whole[:middle] + b"\xaa" * 4096 + whole[middle + 4096 :]


@pytest.mark.parametrize(
    ("damage", "at_least"), [(garbage, 0), (header_cut, 0), (cut_in_half, 100), (page_overwritten, 700)]
)
def test_a_broken_database_is_set_aside_and_recovered(paths: Paths, clock: FakeClock, damage, at_least: int) -> None:
    fill(paths, clock, 1_000)
    whole = paths.database.read_bytes()
    broken = damage(whole)
    paths.database.write_bytes(broken)

    with closing(open_store(paths, clock, Storage())) as store:
        events = store.reader.recent_events(2_000)
        gaps = store.reader.gaps_between(0, 1e12)
        store.writer.submit(PutEvent(Event(id=9_999, time=2e9, sentence="new", type="typing", source="keyboard")))
        assert store.writer.flush()

    aside = [one for one in paths.data.iterdir() if ".corrupt-20231114T221320Z" in one.name]
    assert aside[0].read_bytes()[: len(broken)] == broken
    assert all(mode == 0o600 for mode in modes(paths.data).values())
    assert at_least <= len(events) < 1_000
    assert [(gap.sense, gap.until) for gap in gaps] == [("store", clock.now())]
    assert "set aside as assistant.db.corrupt-" in gaps[0].reason
    for event in events:
        assert event.sentence.startswith(f"The user types 'word {event.id}' ")


def test_missing_tables_count_as_broken(paths: Paths, clock: FakeClock) -> None:
    fill(paths, clock, 5)
    with closing(sqlite3.connect(paths.database)) as db:
        db.execute("DROP TABLE outcome")
    with closing(open_store(paths, clock, Storage())) as store:
        assert len(store.reader.recent_events(9)) == 5
        assert "tables are missing" in store.reader.gaps_between(0, 1e12)[0].reason
        assert {event.app for event in store.reader.recent_events(9)} == {"Mousepad"}


def test_a_file_that_cannot_be_opened_is_the_environments_fault(paths: Paths, clock: FakeClock) -> None:
    paths.database.mkdir()
    with pytest.raises(EnvironmentFault, match="cannot be opened"):
        open_store(paths, clock, Storage())

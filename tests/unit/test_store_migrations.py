"""Every old schema upgrades, after a backup; a failing step leaves what was there (CAPTURE.md, row 41)."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault
from assistant.paths import Paths, under
from assistant.settings import Storage
from assistant.store import open_store
from assistant.store.migrations import MIGRATIONS, Migration
from assistant.store.opening import open_for_writing
from assistant.store.transfer import write_lines

SCHEMAS = sorted((Path(__file__).parent / "store_schemas").glob("v*.sql"))


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path / "here").make()


def build(file: Path, schema: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.executescript(schema.read_text(encoding="utf-8"))


def layout(file: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(file)) as db:
        return db.execute(
            "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 2"
        ).fetchall()


def version(file: Path) -> int:
    with closing(sqlite3.connect(file)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def add_mood(db: Database) -> None:
    db.execute("ALTER TABLE event ADD COLUMN mood TEXT")


def fail_half_way(db: Database) -> None:
    db.execute("ALTER TABLE event ADD COLUMN weather TEXT")
    db.execute("INSERT INTO nowhere VALUES (1)")


NEXT = (*MIGRATIONS, Migration("mood", add_mood))


def test_every_layout_has_its_old_schema_here() -> None:
    assert [schema.stem for schema in SCHEMAS] == [f"v{n}" for n in range(1, len(MIGRATIONS) + 1)]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.stem)
def test_an_old_schema_becomes_the_newest_and_keeps_its_rows(paths: Paths, clock: FakeClock, schema: Path) -> None:
    build(paths.database, schema)
    with closing(open_store(paths, clock, Storage())) as store:
        reader = store.reader
        assert [(e.id, e.app, e.title, e.data, e.closed) for e in reader.recent_events(9)] == [
            (11, "Mousepad", "notes.md", {"chars": 3}, True),
            (12, "", "", {}, True),
        ]
        assert reader.decisions(9)[0].event_ids == (11, 12)
        assert [o.kind for o in reader.history(9)[0].outcomes] == ["rejected", "accepted"]
        assert reader.past_offers(9)[0].outcome == "accepted"
        assert [gap.reason for gap in reader.gaps_between(0, 2e9)] == ["X server gone"]
        assert reader.last_mark("life") == 7
        assert reader.meta("alive_at") == "1700000000.0"
    fresh = under(paths.data.parent / "fresh")
    open_store(fresh, clock, Storage()).close()
    assert layout(paths.database) == layout(fresh.database)


def test_a_backup_is_made_before_the_upgrade(paths: Paths, clock: FakeClock) -> None:
    build(paths.database, SCHEMAS[0])
    db = open_for_writing(paths.database, clock, NEXT)
    assert "mood" in db.table("event").columns_dict
    db.close()
    copy = paths.data / "assistant.db.before-upgrade-1"
    assert (version(paths.database), version(copy)) == (len(NEXT), 1)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT count(*) FROM event").fetchone() == (2,)
    open_for_writing(paths.database, clock, NEXT).close()
    assert sorted(one.name for one in paths.data.iterdir()) == ["assistant.db", copy.name]


def test_a_failing_step_changes_nothing_and_is_tried_again(paths: Paths, clock: FakeClock) -> None:
    build(paths.database, SCHEMAS[0])
    steps = (*NEXT, Migration("weather", fail_half_way))
    with pytest.raises(EnvironmentFault, match="nowhere"):
        open_for_writing(paths.database, clock, steps)
    assert version(paths.database) == len(NEXT)  # the step before it is kept
    assert "weather" not in str(layout(paths.database))
    open_for_writing(paths.database, clock, NEXT).close()


def test_an_upgrade_leaves_an_export_as_it_was(paths: Paths, clock: FakeClock, tmp_path: Path) -> None:
    build(paths.database, SCHEMAS[-1])
    for name in ("a", "b"):
        db = open_for_writing(paths.database, clock)
        with (tmp_path / name).open("w") as out:
            write_lines(db, out)
        db.close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

"""Numbered migrations: each change and the record of it (``user_version``) commit together, or neither does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from assistant import __version__
from assistant.errors import SetupError
from assistant.store.connection import connect, create_private, immediate, pragma
from assistant.store.schema import APPLICATION_ID, VERSION_1, VERSION_2, VERSION_3


@dataclass(frozen=True)
class Migration:
    """One step; its number is its place in the list, counted from 1."""

    what: str
    change: Callable[[Database], None]


def _first(db: Database) -> None:
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.executescript(VERSION_1)


def _labels(db: Database) -> None:
    for statement in VERSION_2:
        db.execute(statement)


def _annotation(db: Database) -> None:
    for statement in VERSION_3:
        db.execute(statement)


MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration("events, gaps, decisions, suggestions, outcomes", _first),
    Migration("labels: propensity, versions, missed moments, annotators' votes", _labels),
    Migration("traces to annotate, candidate tasks, annotations", _annotation),
)


def refuse_foreign(db: Database, file: Path, latest: int = len(MIGRATIONS)) -> None:
    """Let nothing happen to a database that a newer version, or another program, has made.

    :raises SetupError: says who made it; the file is left as it is.
    """
    version = pragma(db, "user_version")
    if version > latest:
        raise SetupError(
            f"{file.name} was made by a newer version ({_maker(db)}, layout {version}); "
            f"this is version {__version__}, which knows layouts up to {latest}.",
            hint=f"Install that version again, or move {file} away to start with an empty one.",
        )
    if version == 0 and db.table_names() and pragma(db, "application_id") != APPLICATION_ID:
        raise SetupError(
            f"{file} is a database of another program.",
            hint="Move it away, or point the assistant's data folder elsewhere.",
        )


def migrate(db: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring ``db`` to the newest layout, one transaction a step. A failing step leaves the step before it."""
    for number, migration in enumerate(migrations, start=1):
        if pragma(db, "user_version") >= number:
            continue
        with immediate(db):
            migration.change(db)
            db.execute(f"PRAGMA user_version = {number}")
            db.execute("INSERT OR REPLACE INTO meta VALUES ('made_by', ?)", [__version__])


def back_up(db: Database, file: Path) -> Path:
    """Copy the whole database beside itself before an upgrade: ``<name>.before-upgrade-<its layout>``, 0600."""
    copy = file.with_name(f"{file.name}.before-upgrade-{pragma(db, 'user_version')}")
    copy.unlink(missing_ok=True)
    create_private(copy)
    target = connect(copy)
    try:
        db.conn.backup(target.conn)
        target.execute("PRAGMA journal_mode = DELETE").fetchall()
    finally:
        target.close()
    return copy


def _maker(db: Database) -> str:
    try:
        row = db.execute("SELECT value FROM meta WHERE key = 'made_by'").fetchone()
    except sqlite3.DatabaseError:
        row = None
    return f"version {row[0]}" if row else "version unknown"

"""Deleting rows with everything that quotes them, and giving their space back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from assistant.errors import EnvironmentFault
from assistant.store.connection import beside, pragma
from assistant.store.idlist import unpack

# A reader may be in the middle of a query while the log is to be emptied; queries take milliseconds.
_EMPTY_LOG_TRIES: Final = 50
_EMPTY_LOG_PAUSE_S: Final = 0.02


def delete_ids(db: Database, table: str, ids: Iterable[int | str], key: str = "id") -> int:
    """Delete the rows whose ``key`` is in ``ids``; returns how many there were."""
    cursor = db.conn.executemany(f"DELETE FROM {table} WHERE {key} = ?", ((id_,) for id_ in ids))  # noqa: S608 - ours
    return max(0, cursor.rowcount)


def quoting(db: Database, events: set[int]) -> tuple[set[int], set[int]]:
    """Ids of the decisions and suggestions that were made from any of ``events``, or from such a decision."""
    if not events:
        return set(), set()
    decisions = {
        id_ for id_, used in db.execute("SELECT id, event_ids FROM decision") if not events.isdisjoint(unpack(used))
    }
    return with_suggestions(db, events, decisions)


def with_suggestions(db: Database, events: set[int], decisions: set[int]) -> tuple[set[int], set[int]]:
    """``decisions`` and the suggestions that belong to them or used ``events``, closed over both."""
    made = list(db.execute("SELECT id, decision_id, event_ids FROM suggestion"))
    direct = {id_ for id_, _, used in made if not events.isdisjoint(unpack(used))}
    decisions = decisions | {decision for id_, decision, _ in made if id_ in direct}
    return decisions, {id_ for id_, decision, _ in made if id_ in direct or decision in decisions}


def drop_unused_words(db: Database) -> None:
    """Delete application names and titles that no event uses any more."""
    for table in ("app", "title"):
        # One of two tables of ours.
        db.execute(
            f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM event WHERE {table}_id = {table}.id)"  # noqa: S608
        )


def empty_log(db: Database) -> None:
    """Move the write-ahead log into the database and cut it to nothing.

    :raises EnvironmentFault: somebody kept reading from it.
    """
    for _ in range(_EMPTY_LOG_TRIES):
        if not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return
        time.sleep(_EMPTY_LOG_PAUSE_S)
    raise EnvironmentFault(
        "What was deleted is still in the write-ahead log: another program is reading the database.",
        hint="Close it and forget again; the rows themselves are gone.",
    )


def rewrite(db: Database) -> None:
    """Write the file anew, the log emptied.

    ``secure_delete`` alone left 1 to 44 copies of a deleted word in 600 rows that grew three times: cells that
    move between pages leave themselves behind.
    """
    try:
        db.execute("VACUUM")
    finally:
        empty_log(db)  # also when the disk is too full for a second copy


def give_back(db: Database, pages: int) -> bool:
    """Return up to ``pages`` free pages to the disk; whether it is worth asking again."""
    before = pragma(db, "freelist_count")
    # Every returned row is one step: the cursor must be run to its end.
    db.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
    return 0 < pragma(db, "freelist_count") < before


def copies(file: Path) -> list[Path]:
    """Backups and set-aside broken databases beside ``file``, with their logs: they quote events too."""
    own = {file, *beside(file)}
    return sorted(one for one in file.parent.glob(f"{file.name}.*") if one not in own)


def remove(files: Iterable[Path]) -> int:
    """Delete files; returns how many."""
    number = 0
    for one in files:
        with contextlib.suppress(FileNotFoundError):
            one.unlink()
            number += 1
    return number

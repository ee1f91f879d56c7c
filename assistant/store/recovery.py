"""A broken database: set aside, and what can still be read of it copied into the new one (CAPTURE.md, row 11)."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from assistant.store.connection import beside, connect, immediate
from assistant.store.schema import TABLES

log = logging.getLogger(__name__)
# A page that was cut off in its middle reads as zeros to its end; no text that we store has such a character.
_HOLE: Final = "\0"


def set_aside(file: Path, now: float) -> Path:
    """Rename ``file`` and its write-ahead log to ``<name>.corrupt-<UTC time>``; returns the new path."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    aside = file.with_name(f"{file.name}.corrupt-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = file.with_name(f"{file.name}.corrupt-{stamp}-{number}")
    for old, new in zip((file, *beside(file)), (aside, *beside(aside)), strict=True):
        if old.exists():
            old.rename(new)
    return aside


def recover(db: Database, aside: Path, now: float, broken: str) -> int:
    """Copy every readable row of ``aside`` into the fresh ``db`` and write the gap. Returns the rows copied."""
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        with immediate(db):
            copied = _copy_all(db, aside)
            _drop_dangling(db)
            last = db.execute("SELECT min(max(time + duration), ?) FROM event", [now]).fetchone()[0]
            reason = f"database was broken ({broken}); {copied} rows recovered; set aside as {aside.name}"
            db.execute(
                "INSERT INTO gap (at, until, sense, reason) VALUES (?, ?, 'store', ?)",
                [now if last is None else last, now, reason],
            )
    finally:
        db.execute("PRAGMA foreign_keys = ON")
    log.warning("%s", reason)
    return copied


def _copy_all(db: Database, aside: Path) -> int:
    old = connect(aside)
    # Without this SQLite refuses a file that is shorter than its header says, though its front is readable.
    old.execute("PRAGMA writable_schema = ON")
    old.conn.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        return sum(_copy(old, db, table) for table in TABLES)
    finally:
        old.close()


def _columns(db: Database, table: str) -> list[str]:
    return [str(row[1]) for row in db.execute(f"PRAGMA table_info({table})").fetchall()]


def _copy(old: Database, new: Database, table: str) -> int:
    """From the front until the damage, then from the back until the damage."""
    try:
        readable = _columns(old, table)
    except sqlite3.DatabaseError:
        return 0
    shared = [column for column in _columns(new, table) if column in readable]
    if not shared:
        return 0
    copied, whole = _copy_ordered(old, new, table, shared, "ASC")
    return copied if whole else copied + _copy_ordered(old, new, table, shared, "DESC")[0]


def _copy_ordered(old: Database, new: Database, table: str, columns: list[str], order: str) -> tuple[int, bool]:
    names = ", ".join(f'"{column}"' for column in columns)
    # Names come from our own schema. The first column is every table's key: its order is the table's own.
    read = f'SELECT {names} FROM "{table}" ORDER BY "{columns[0]}" {order}'  # noqa: S608
    write = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'  # noqa: S608
    copied = 0
    damage: list[str] = []
    for row in _readable(old, read, damage):
        if any(isinstance(value, str) and "\0" in value for value in row):
            continue  # a page torn in the middle reads as zeros
        with contextlib.suppress(sqlite3.IntegrityError):  # a damaged value, of a type that the column refuses
            copied += new.execute(write, row).rowcount
    return copied, not damage


def _readable(old: Database, sql: str, damage: list[str]) -> Iterator[tuple[Any, ...]]:
    try:
        yield from (
            row for row in old.execute(sql) if not any(isinstance(value, str) and _HOLE in value for value in row)
        )
    except (sqlite3.DatabaseError, MemoryError) as error:
        damage.append(str(error))


def _drop_dangling(db: Database) -> None:
    db.execute("UPDATE event SET app_id = NULL WHERE app_id NOT IN (SELECT id FROM app)")
    db.execute("UPDATE event SET title_id = NULL WHERE title_id NOT IN (SELECT id FROM title)")
    db.execute("DELETE FROM vote WHERE moment NOT IN (SELECT key FROM moment)")

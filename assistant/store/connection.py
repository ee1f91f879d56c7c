"""Connections: how a database file is opened, with which PRAGMAs, and explicit transactions."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

# Waiting for another process's lock; a clean stop has three seconds in all (issue 2).
BUSY_S: Final = 1.0
PRIVATE: Final = 0o600
# A write-ahead log is cut back to this after a checkpoint, so that a day's 2 MB are not doubled for ever.
_WAL_BYTES: Final = 1 << 20


def connect(file: Path, *, read_only: bool = False) -> Database:
    """Open an existing file, usable from any thread, without implicit transactions.

    :raises sqlite3.OperationalError: there is no such file, or it may not be opened.
    """
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_S,
    )
    return Database(connection, execute_plugins=False)


def create_private(file: Path) -> None:
    """Make ``file`` (empty, 0600) before SQLite touches it, or tighten it; its -wal and -shm follow it."""
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, PRIVATE))
    for one in (file, *beside(file)):
        if one.exists() and one.stat().st_mode & 0o077:
            one.chmod(PRIVATE)


def beside(file: Path) -> tuple[Path, Path]:
    """The write-ahead log and its index that belong to ``file``."""
    return file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")


def prepare(db: Database) -> None:
    """Set what the writing connection needs. ``auto_vacuum`` counts only before the first table."""
    for pragma in (
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "secure_delete = ON",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        f"journal_size_limit = {_WAL_BYTES}",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()


@contextmanager
def immediate(db: Database) -> Iterator[Database]:
    """One write transaction: all of it or nothing, the lock taken at its beginning."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


@contextmanager
def snapshot(db: Database) -> Iterator[Database]:
    """One read transaction: every query inside sees the same moment."""
    db.execute("BEGIN")
    try:
        yield db
    finally:
        db.rollback()


def pragma(db: Database, name: str) -> int:
    """Value of a PRAGMA that is a number."""
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def rows(db: Database, sql: str, parameters: Any = ()) -> list[dict[str, Any]]:
    """All rows at once: an unfinished SELECT would hold up the checkpoint that forgetting needs."""
    cursor = db.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

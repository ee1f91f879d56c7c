"""Opening the database: a new one, an old one, a newer one, a broken one."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database

from assistant.clock import Clock
from assistant.errors import EnvironmentFault, SetupError
from assistant.store.connection import connect, create_private, immediate, pragma, prepare
from assistant.store.migrations import MIGRATIONS, Migration, back_up, migrate, refuse_foreign
from assistant.store.recovery import recover, set_aside
from assistant.store.schema import tables_of

log = logging.getLogger(__name__)


def open_for_writing(file: Path, clock: Clock, migrations: Sequence[Migration] = MIGRATIONS) -> Database:
    """The writing connection: checked, upgraded after a backup, nothing left open from a crash.

    A broken file is set aside as ``<name>.corrupt-<time>``, what can be read of it is copied, and a gap says so.

    :raises SetupError: the database is newer than this program, or another program's.
    :raises EnvironmentFault: it cannot be opened (locked, no permission, disk full).
    """
    try:
        create_private(file)
        broken = _examine(file, len(migrations))
        aside = set_aside(file, clock.now()) if broken else None
        create_private(file)
        return _open(file, clock, migrations, aside, broken)
    except (sqlite3.Error, OSError) as error:
        raise EnvironmentFault(
            f"The database {file} cannot be opened: {error}",
            hint="Check its permissions, free disk space, and whether another program has it open.",
        ) from error


def open_for_reading(file: Path) -> Database:
    """A read-only connection to a database that this version can read.

    :raises SetupError: there is none yet, or it is of another version.
    :raises EnvironmentFault: it cannot be read.
    """
    if not file.exists() or not file.stat().st_size:
        raise SetupError("Nothing is recorded yet: there is no database.", hint="Start `assistant run` once.")
    try:
        db = connect(file, read_only=True)
    except sqlite3.Error as error:
        raise EnvironmentFault(f"The database {file} cannot be read: {error}") from error
    try:
        refuse_foreign(db, file)
        _refuse_older(db, file)
    except sqlite3.Error as error:
        db.close()
        raise EnvironmentFault(
            f"The database {file} cannot be read: {error}", hint="`assistant run` sets a broken one aside."
        ) from error
    except SetupError:
        db.close()
        raise
    return db


def _refuse_older(db: Database, file: Path) -> None:
    """A reader cannot upgrade, and would find columns missing.

    :raises SetupError: the database was made by an older version and is not upgraded yet.
    """
    if 0 < (version := pragma(db, "user_version")) < len(MIGRATIONS):
        raise SetupError(
            f"{file.name} was made by an older version (layout {version} of {len(MIGRATIONS)}).",
            hint="Start `assistant run` once: it is upgraded, after a backup.",
        )


def _open(file: Path, clock: Clock, migrations: Sequence[Migration], aside: Path | None, broken: str) -> Database:
    db = connect(file)
    try:
        prepare(db)
        if 0 < pragma(db, "user_version") < len(migrations):
            log.info("database copied to %s before its upgrade", back_up(db, file).name)
        migrate(db, migrations)
        if aside is not None:
            recover(db, aside, clock.now(), broken)
        with immediate(db):
            db.execute("UPDATE event SET closed = 1 WHERE closed = 0")
    except BaseException:
        db.close()
        raise
    return db


def _examine(file: Path, latest: int) -> str:
    """What is broken about ``file``, '' when it is sound or empty.

    :raises SetupError: it is sound, but not for us.
    """
    if not file.stat().st_size:
        return ""
    # Not through the writing connection: a newer or foreign file must stay as it is, byte for byte.
    db = connect(file, read_only=True)
    try:
        refuse_foreign(db, file, latest)
        found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
        if found != "ok":
            return found
        if not tables_of(pragma(db, "user_version")) <= set(db.table_names()):
            return "tables are missing"
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        db.close()
    return ""

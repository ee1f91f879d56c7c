"""The store as one object: the writer, the reader, and what is done to the whole of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO, TypeVar

from sqlite_utils import Database

from assistant.clock import Clock
from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Frozen
from assistant.paths import Paths
from assistant.settings import Storage
from assistant.store import forget
from assistant.store.annotations import Kept, add
from assistant.store.forget import ForgetReport
from assistant.store.opening import open_for_writing
from assistant.store.queries import Reader
from assistant.store.retention import RetentionReport, retain
from assistant.store.transfer import ImportReport, export_file, import_from, put_models, write_lines
from assistant.store.writer import Writer
from assistant.traces import Additions
from assistant.votes import Moment, Vote

T = TypeVar("T")


class Store:
    """Made by :func:`open_store`. Every method that changes something goes through the one writer and blocks."""

    def __init__(self, file: Path, clock: Clock, options: Storage, writer: Writer, reader: Reader) -> None:
        self.file, self.writer, self.reader = file, writer, reader
        self._clock, self._options = clock, options

    def close(self) -> bool:
        """Commit what is queued and close; False when some rows had to be left behind (disk full)."""
        self.reader.close()  # first: the last connection to close removes the write-ahead log
        return self.writer.close()

    def retention(self, now: float | None = None) -> RetentionReport:
        """Delete what is older than ``retention_days``, and give its space back."""
        return retain(self.writer, self.file, self._now(now), self._options.retention_days)

    def forget_last(self, seconds: float, now: float | None = None) -> ForgetReport:
        """Forget the last ``seconds``; no byte of it stays in the data folder."""
        return self._do(forget.forget_last(self.file, self.writer.forgotten, seconds, self._now(now)))

    def forget_app(self, name: str) -> ForgetReport:
        """Forget an application, by its name, class or process."""
        return self._do(forget.forget_app(self.file, self.writer.forgotten, name))

    def forget_event(self, event_id: int) -> ForgetReport:
        """Forget one event."""
        return self._do(forget.forget_event(self.file, self.writer.forgotten, event_id))

    def forget_all(self) -> ForgetReport:
        """Forget everything recorded."""
        return self._do(forget.forget_all(self.file, self.writer.forgotten))

    def annotate(self, additions: Additions) -> Kept:
        """Store traces, candidates and annotations; what is about something erased is refused."""
        return self._do(lambda db: add(db, additions))

    def export(self, target: Path | TextIO) -> int:
        """Write everything as JSON Lines to a file (0600) or a stream; returns the number of objects.

        :raises EnvironmentFault: it cannot be written.
        """
        self.writer.flush()
        with self.reader.connection() as db:
            return export_file(db, target) if isinstance(target, Path) else write_lines(db, target)

    def import_(self, source: Path | TextIO) -> ImportReport:
        """Read what :meth:`export` wrote: all of it or nothing; what is here already stays as it is.

        :raises SetupError: the file is missing, or a line is broken.
        """
        if not isinstance(source, Path):
            return self._do(lambda db: import_from(db, source))
        try:
            with source.open(encoding="utf-8", newline="\n") as lines:
                return self._do(lambda db: import_from(db, lines))
        except OSError as error:
            raise SetupError(f"{source} cannot be read: {error.strerror}", hint="Give an exported file.") from error

    def put_votes(self, moments: Iterable[Moment], votes: Iterable[Vote]) -> ImportReport:
        """Store what annotators said; a moment that is known, and the very same vote, change nothing."""
        models: list[tuple[str, Frozen]] = [*(("moment", one) for one in moments), *(("vote", one) for one in votes)]
        return self._do(lambda db: put_models(db, models))

    def _do(self, job: Callable[[Database], T]) -> T:
        try:
            return self.writer.run(job)
        except sqlite3.Error as error:
            raise EnvironmentFault(
                f"The database {self.file} refused: {error}", hint="Free some disk space, then try again."
            ) from error

    def _now(self, now: float | None) -> float:
        return self._clock.now() if now is None else now


def open_store(paths: Paths, clock: Clock, options: Storage) -> Store:
    """Open (or make, upgrade, repair) the database and start its writer.

    :raises SetupError: it was made by a newer version or another program; it is left as it is.
    :raises EnvironmentFault: it cannot be opened.
    """
    paths.make()
    writer = Writer(open_for_writing(paths.database, clock), clock, options).start()
    try:
        reader = Reader(paths.database)
    except (SetupError, EnvironmentFault):
        writer.close()
        raise
    return Store(paths.database, clock, options, writer, reader)


def open_reader(file: Path) -> Reader:
    """Read a database beside a running engine, or without one.

    :raises SetupError: there is none yet, or it is of another version.
    """
    return Reader(file)


def export_to(database: Path, target: Path) -> int:
    """Write everything in ``database`` to ``target`` (JSON Lines, 0600); returns the number of objects.

    :raises SetupError: there is no database.
    :raises EnvironmentFault: ``target`` cannot be written.
    """
    with open_reader(database) as reader, reader.connection() as db:
        return export_file(db, target)

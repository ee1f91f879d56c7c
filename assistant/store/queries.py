"""Questions to the store: read-only connections of their own, answers as typed models."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from sqlite_utils import Database

from assistant.errors import EnvironmentFault
from assistant.events import Decision, Event, Frozen, Gap, Outcome, Suggestion
from assistant.ports import PastOffer
from assistant.store.connection import beside, rows, snapshot
from assistant.store.opening import open_for_reading
from assistant.store.rows import EVENT_SELECT, decision_of, event_of, gap_of, outcome_of, suggestion_of
from assistant.store.vote_rows import MOMENT_SELECT, VOTE_SELECT, moment_of, vote_of
from assistant.votes import Moment, Vote

_DAY_S: Final = 86_400.0
# Idle connections kept: the engine's two threads and the dashboard's; more are made and closed as needed.
_KEPT: Final = 3
# SQLITE_MAX_VARIABLE_NUMBER was 999 until 2020; Windows and macOS ship what they ship.
_VARIABLES: Final = 900

_LATEST_OUTCOME = """
SELECT suggestion.time, suggestion.task, coalesce(outcome.kind, '') AS outcome,
       coalesce(outcome.reason, '') AS reason, coalesce(outcome.at, 0.0) AS answered_at
FROM suggestion LEFT JOIN outcome ON outcome.id = (
    SELECT id FROM outcome WHERE suggestion_id = suggestion.id AND source <> 'shadow' ORDER BY at DESC, id DESC LIMIT 1)
WHERE suggestion.time >= ? ORDER BY suggestion.time DESC, suggestion.id DESC LIMIT ?
"""


class HistoryItem(Frozen):
    """A suggestion and everything that became of it, oldest verdict first."""

    suggestion: Suggestion
    outcomes: tuple[Outcome, ...] = ()


class Stats(Frozen):
    """Counts for ``assistant status``; "today" begins at local midnight."""

    events: int
    events_today: int
    decisions_today: int
    suggestions_today: int
    shown_today: int
    gaps_today: int
    outcomes: dict[str, int]
    outcomes_today: dict[str, int]
    bytes: int


class Reader:
    """Thread-safe. Sees what is committed. Lists are oldest first. A context manager: closes at the end.

    :raises EnvironmentFault: (every query) the database cannot be read.
    """

    def __init__(self, file: Path) -> None:
        """:raises SetupError: there is no database, or one of another version."""
        self._file = file
        self._lock = threading.Lock()
        self._idle: list[Database] = [open_for_reading(file)]
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; queries afterwards open one for themselves."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()

    @contextmanager
    def connection(self) -> Iterator[Database]:
        """A read-only connection of one's own, inside one read transaction."""
        with self._lock:
            db = self._idle.pop() if self._idle else None
        db = db or open_for_reading(self._file)
        try:
            with snapshot(db):
                yield db
        except sqlite3.Error as error:
            raise EnvironmentFault(f"The database {self._file} cannot be read: {error}") from error
        finally:
            with self._lock:
                keep = not self._closed and len(self._idle) < _KEPT
                if keep:
                    self._idle.append(db)
            if not keep:
                db.close()

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        with self.connection() as db:
            return rows(db, sql, parameters)

    # ------------------------------------------------------------------ events

    def recent_events(self, limit: int, since: float | None = None) -> list[Event]:
        """The newest ``limit`` events that ended after ``since``, oldest first."""
        found = self._rows(
            f"{EVENT_SELECT} WHERE time + duration >= ? ORDER BY time DESC, event.id DESC LIMIT ?",
            [since if since is not None else float("-inf"), limit],
        )
        return [event_of(row) for row in reversed(found)]

    def events_between(self, start: float, end: float) -> list[Event]:
        """Events that began in ``[start, end)``, oldest first."""
        found = self._rows(f"{EVENT_SELECT} WHERE time >= ? AND time < ? ORDER BY time, event.id", [start, end])
        return [event_of(row) for row in found]

    def event(self, event_id: int) -> Event | None:
        """The event of that id."""
        return next(iter(self.events_by_ids([event_id])), None)

    def events_by_ids(self, ids: Iterable[int]) -> list[Event]:
        """Those of ``ids`` that still exist, in the order asked for."""
        wanted = list(ids)
        found = {row["id"]: event_of(row) for row in self._by_ids(f"{EVENT_SELECT} WHERE event.id", wanted)}
        return [found[id_] for id_ in wanted if id_ in found]

    def _by_ids(self, select_where: str, ids: Iterable[int]) -> list[dict[str, Any]]:
        wanted = list(ids)
        found: list[dict[str, Any]] = []
        with self.connection() as db:
            for start in range(0, len(wanted), _VARIABLES):
                part = wanted[start : start + _VARIABLES]
                found += rows(db, f"{select_where} IN ({', '.join('?' * len(part))})", part)
        return found

    def gaps_between(self, start: float, end: float) -> list[Gap]:
        """Gaps that touch ``[start, end]``, oldest first."""
        sql = "SELECT at, until, sense, reason FROM gap WHERE at <= ? AND until >= ? ORDER BY at, id"
        return [gap_of(row) for row in self._rows(sql, [end, start])]

    # ------------------------------------------------------------------ decisions and suggestions

    def decisions(self, limit: int) -> list[Decision]:
        """The newest ``limit`` decisions, oldest first."""
        found = self._rows("SELECT * FROM decision ORDER BY time DESC, id DESC LIMIT ?", [limit])
        return [decision_of(row) for row in reversed(found)]

    def decisions_between(self, start: float, end: float) -> list[Decision]:
        """Decisions made in ``[start, end)``, oldest first."""
        found = self._rows("SELECT * FROM decision WHERE time >= ? AND time < ? ORDER BY time, id", [start, end])
        return [decision_of(row) for row in found]

    def decision(self, decision_id: int) -> Decision | None:
        """The decision of that id."""
        found = self._rows("SELECT * FROM decision WHERE id = ?", [decision_id])
        return decision_of(found[0]) if found else None

    def decisions_by_ids(self, ids: Iterable[int]) -> list[Decision]:
        """Those of ``ids`` that still exist."""
        return [decision_of(row) for row in self._by_ids("SELECT * FROM decision WHERE id", ids)]

    def suggestion(self, suggestion_id: int) -> Suggestion | None:
        """The suggestion of that id."""
        found = self._rows("SELECT * FROM suggestion WHERE id = ?", [suggestion_id])
        return suggestion_of(found[0]) if found else None

    def suggestions_since(self, since: float) -> list[Suggestion]:
        """Suggestions made at ``since`` or later, oldest first."""
        found = self._rows("SELECT * FROM suggestion WHERE time >= ? ORDER BY time, id", [since])
        return [suggestion_of(row) for row in found]

    def history(self, limit: int, before: float | None = None) -> list[HistoryItem]:
        """The newest ``limit`` suggestions (made before ``before``) with their outcomes, oldest first."""
        sql = "SELECT * FROM suggestion WHERE time < ? ORDER BY time DESC, id DESC LIMIT ?"
        with self.connection() as db:
            found = rows(db, sql, [before if before is not None else float("inf"), limit])
            return [
                HistoryItem(suggestion=suggestion_of(row), outcomes=_outcomes(db, row["id"])) for row in reversed(found)
            ]

    def outcomes(self, suggestion_id: int) -> list[Outcome]:
        """Every verdict on one suggestion, oldest first."""
        with self.connection() as db:
            return list(_outcomes(db, suggestion_id))

    def all_outcomes(self) -> list[Outcome]:
        """Every verdict there is, oldest first."""
        return [outcome_of(row) for row in self._rows("SELECT * FROM outcome ORDER BY at, id")]

    def moments(self) -> list[Moment]:
        """Moments that annotators judged (imported, or on the annotation screen), in the order they came in."""
        return [moment_of(row) for row in self._rows(f"{MOMENT_SELECT} ORDER BY id")]

    def votes(self) -> list[Vote]:
        """What the annotators said, in the order it came in."""
        return [vote_of(row) for row in self._rows(f"{VOTE_SELECT} ORDER BY id")]

    def past_offers(self, limit: int, since: float = 0.0) -> list[PastOffer]:
        """The newest suggestions with their latest outcome, as a context shows them, oldest first.

        What was judged in a review of shadow mode was never offered: it stays unseen here.
        """
        return [PastOffer(**row) for row in reversed(self._rows(_LATEST_OUTCOME, [since, limit]))]

    # ------------------------------------------------------------------ bookkeeping

    def last_mark(self, life: str) -> int:
        """Highest batch number of that life of a sender that is stored; -1 = none."""
        found = self._rows("SELECT seq FROM mark WHERE life = ?", [life])
        return int(found[0]["seq"]) if found else -1

    def meta(self, key: str) -> str | None:
        """What was remembered under ``key``."""
        found = self._rows("SELECT value FROM meta WHERE key = ?", [key])
        return str(found[0]["value"]) if found else None

    def stats(self, now: float, utc_offset_min: int | None = None) -> Stats:
        """Counts at ``now``. Without an offset from UTC, that of the newest event says when today began."""
        with self.connection() as db:
            offset = _offset(db) if utc_offset_min is None else utc_offset_min
            local = now + offset * 60
            midnight = local - local % _DAY_S - offset * 60
            return Stats(
                events=_count(db, "event", "1"),
                events_today=_count(db, "event", "time >= ?", midnight),
                decisions_today=_count(db, "decision", "time >= ?", midnight),
                suggestions_today=_count(db, "suggestion", "time >= ?", midnight),
                shown_today=_count(db, "suggestion", "time >= ? AND shown", midnight),
                gaps_today=_count(db, "gap", "until >= ?", midnight),
                outcomes=_by_kind(db, 0.0),
                outcomes_today=_by_kind(db, midnight),
                bytes=sum(one.stat().st_size for one in (self._file, beside(self._file)[0]) if one.exists()),
            )


def _outcomes(db: Database, suggestion_id: int) -> tuple[Outcome, ...]:
    sql = "SELECT * FROM outcome WHERE suggestion_id = ? ORDER BY at, id"
    return tuple(outcome_of(row) for row in rows(db, sql, [suggestion_id]))


def _count(db: Database, table: str, where: str, *parameters: float) -> int:
    return db.table(table).count_where(where, parameters)


def _by_kind(db: Database, since: float) -> dict[str, int]:
    found = rows(db, "SELECT kind, count(*) AS n FROM outcome WHERE at >= ? GROUP BY kind ORDER BY kind", [since])
    return {str(row["kind"]): int(row["n"]) for row in found}


def _offset(db: Database) -> int:
    row = db.execute("SELECT utc_offset_min FROM event ORDER BY time DESC LIMIT 1").fetchone()
    return int(row[0]) if row else 0

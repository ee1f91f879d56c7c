"""Retention: what is older than the owner wants is deleted in small steps, and its space given back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlite_utils import Database

from assistant.events import Frozen
from assistant.store.connection import immediate
from assistant.store.erase import copies, drop_unused_words, empty_log, give_back, remove
from assistant.store.writer import Writer

DAY_S: Final = 86_400.0
# Rows and pages a step: 10–30 ms each, so that new rows never wait long behind the clean-up.
_ROWS: Final = 2_000
_PAGES: Final = 1_000

_OLD: Final = {
    "events": "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE time < ? AND time + duration < ? LIMIT ?)",
    "outcomes": """
        DELETE FROM outcome WHERE id IN (
            SELECT outcome.id FROM outcome LEFT JOIN suggestion ON suggestion.id = suggestion_id
            LEFT JOIN decision ON decision.id = outcome.decision_id
            WHERE coalesce(suggestion.time, decision.time, at) < min(?, ?) LIMIT ?)""",
    "suggestions": "DELETE FROM suggestion WHERE id IN (SELECT id FROM suggestion WHERE time < ? AND time < ? LIMIT ?)",
    # Before the decisions that they are about.
    "annotations": """
        DELETE FROM annotation WHERE id IN (
            SELECT annotation.id FROM annotation JOIN decision ON decision.id = position
            WHERE trace_id = 0 AND time < ? AND time < ? LIMIT ?)""",
    "candidates": """
        DELETE FROM candidate WHERE id IN (
            SELECT candidate.id FROM candidate JOIN decision ON decision.id = position
            WHERE trace_id = 0 AND time < ? AND time < ? LIMIT ?)""",
    "decisions": "DELETE FROM decision WHERE id IN (SELECT id FROM decision WHERE time < ? AND time < ? LIMIT ?)",
    "gaps": "DELETE FROM gap WHERE id IN (SELECT id FROM gap WHERE at < ? AND until < ? LIMIT ?)",
    "marks": "DELETE FROM mark WHERE life IN (SELECT life FROM mark WHERE at < ? AND at < ? LIMIT ?)",
}


class RetentionReport(Frozen):
    """What was deleted, and by how many bytes the file shrank."""

    events: int = 0
    decisions: int = 0
    suggestions: int = 0
    outcomes: int = 0
    gaps: int = 0
    marks: int = 0
    annotations: int = 0
    candidates: int = 0
    files: int = 0
    bytes: int = 0


def retain(writer: Writer, file: Path, now: float, days: float) -> RetentionReport:
    """Delete what is older than ``days`` days before ``now``. Blocking; the writer works on in between.

    :raises EnvironmentFault: the store is closed, or cannot write.
    """
    before = file.stat().st_size
    cutoff = now - days * DAY_S
    gone = {name: _in_steps(writer, sql, cutoff) for name, sql in _OLD.items()}
    old = [one for one in copies(file) if one.stat().st_mtime < cutoff]
    if any(gone.values()):
        writer.run(_tidy)
    while writer.run(lambda db: give_back(db, _PAGES)):
        pass
    writer.run(empty_log)
    return RetentionReport(**gone, files=remove(old), bytes=max(0, before - file.stat().st_size))


def _in_steps(writer: Writer, sql: str, cutoff: float) -> int:
    def step(db: Database) -> int:
        with immediate(db):
            return max(0, db.execute(sql, [cutoff, cutoff, _ROWS]).rowcount)

    total = 0
    while True:
        deleted = writer.run(step)
        total += deleted
        if deleted < _ROWS:
            return total


def _tidy(db: Database) -> None:
    with immediate(db):
        drop_unused_words(db)

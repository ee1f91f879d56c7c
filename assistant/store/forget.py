"""Forgetting: events, what was made from them, and every byte of both (CAPTURE.md, row 39)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from assistant.events import Frozen, Gap
from assistant.store.annotations import erase as erase_annotations
from assistant.store.connection import immediate
from assistant.store.erase import copies, delete_ids, drop_unused_words, quoting, remove, rewrite, with_suggestions
from assistant.store.ops import Forgotten
from assistant.store.rows import put_gap
from assistant.store.vote_rows import forget_copies


class ForgetReport(Frozen):
    """What is gone. ``files``: backups and set-aside databases, deleted because they quote events too."""

    events: int = 0
    decisions: int = 0
    suggestions: int = 0
    outcomes: int = 0
    gaps: int = 0
    moments: int = 0
    votes: int = 0
    annotations: int = 0
    candidates: int = 0
    traces: int = 0
    files: int = 0


# In an order in which rows can be deleted with foreign keys on.
_RECORDED = ("annotation", "candidate", "trace", "outcome", "suggestion", "decision", "event", "gap", "vote", "moment")
# Everything here runs in the writer's thread (Writer.call), so that no row can slip in between.
Job = Callable[[Database], ForgetReport]


def forget_last(file: Path, forgotten: Forgotten, seconds: float, now: float) -> Job:
    """Everything that touched the last ``seconds``, also what began earlier and lasted; a gap remains."""

    def job(db: Database) -> ForgetReport:
        since = now - seconds
        events = _ids(db, "SELECT id FROM event WHERE time + duration >= ?", since)
        decisions, suggestions = quoting(db, events)
        decisions |= _ids(db, "SELECT id FROM decision WHERE time >= ?", since)
        decisions, more = with_suggestions(db, events, decisions)
        suggestions |= more | _ids(db, "SELECT id FROM suggestion WHERE time >= ?", since)
        gap = Gap(at=since, until=now, sense="store", reason="deleted by you")
        return _erase(db, file, forgotten, events, decisions, suggestions, gap)

    return job


def forget_app(file: Path, forgotten: Forgotten, name: str) -> Job:
    """Every event of an application, by its display name, class or process; case does not matter."""

    def job(db: Database) -> ForgetReport:
        wanted = name.casefold()
        sql = "SELECT event.id, app.name, data FROM event LEFT JOIN app ON app.id = app_id"
        events = {id_ for id_, app, data in db.execute(sql) if _is_app(wanted, app, data)}
        return _erase(db, file, forgotten, events, *quoting(db, events))

    return job


def forget_event(file: Path, forgotten: Forgotten, event_id: int) -> Job:
    """One event."""

    def job(db: Database) -> ForgetReport:
        events = _ids(db, "SELECT id FROM event WHERE id = ?", event_id)
        return _erase(db, file, forgotten, events, *quoting(db, events))

    return job


def forget_all(file: Path, forgotten: Forgotten) -> Job:
    """Everything recorded, imported or annotated. Batch marks stay: a stored batch must not be stored again."""

    def job(db: Database) -> ForgetReport:
        forgotten.events |= _ids(db, "SELECT id FROM event")
        forgotten.decisions |= _ids(db, "SELECT id FROM decision")
        forgotten.suggestions |= _ids(db, "SELECT id FROM suggestion")
        with immediate(db):
            gone = {
                f"{table}s": db.execute(f"DELETE FROM {table}").rowcount  # noqa: S608 - our own tables
                for table in _RECORDED
            }
            drop_unused_words(db)
        rewrite(db)
        return ForgetReport(**gone, files=remove(copies(file)))

    return job


def _erase(
    db: Database,
    file: Path,
    forgotten: Forgotten,
    events: set[int],
    decisions: set[int],
    suggestions: set[int],
    gap: Gap | None = None,
) -> ForgetReport:
    forgotten.events |= events
    forgotten.decisions |= decisions
    forgotten.suggestions |= suggestions
    with immediate(db):
        annotations, candidates, traces = erase_annotations(db, events, decisions)
        moments, votes = forget_copies(db, events)
        report = ForgetReport(
            annotations=annotations,
            candidates=candidates,
            traces=traces,
            moments=moments,
            votes=votes,
            outcomes=delete_ids(db, "outcome", suggestions, "suggestion_id")
            + delete_ids(db, "outcome", decisions, "decision_id"),
            suggestions=delete_ids(db, "suggestion", suggestions),
            decisions=delete_ids(db, "decision", decisions),
            events=delete_ids(db, "event", events),
        )
        drop_unused_words(db)
        if gap:
            put_gap(db, gap)
    rewrite(db)
    return report.model_copy(update={"files": remove(copies(file))})


def _ids(db: Database, sql: str, *parameters: float) -> set[int]:
    return {row[0] for row in db.execute(sql, parameters)}


def _is_app(wanted: str, app: str | None, data: str | None) -> bool:
    if app and app.casefold() == wanted:
        return True
    if not data or wanted not in data.casefold():
        return False
    details: dict[str, Any] = json.loads(data)
    return any(str(details.get(key, "")).casefold() == wanted for key in ("app", "app_id", "process"))

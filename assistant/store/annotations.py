"""Traces, candidates and annotations in the database: rows to models and back, adding, erasing, asking.

Verdicts on the owner's own record name decisions and suggestions by id; nothing that was captured is copied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database

from assistant.store.connection import connect, immediate, prepare, rows
from assistant.store.erase import delete_ids
from assistant.store.queries import Reader
from assistant.store.rows import text
from assistant.store.vote_rows import times_of
from assistant.traces import OWN, Additions, Annotation, Candidate, Trace, TraceEvent

_PUT_TRACE = "INSERT OR IGNORE INTO trace (id, name, source, at, events) VALUES (?, ?, ?, ?, ?)"
_PUT_CANDIDATE = """
INSERT OR IGNORE INTO candidate (id, trace_id, position, place, task, source, at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_PUT_ANNOTATION = """
INSERT OR IGNORE INTO annotation (answer, trace_id, position, annotator, at, said, candidate_id)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
ANNOTATION_SELECT = "SELECT answer, trace_id, position, annotator, at, said, candidate_id FROM annotation"


class Kept(NamedTuple):
    """What became of additions: rows stored, and rows about something that was erased meanwhile."""

    stored: int
    refused: int


def add(db: Database, additions: Additions) -> Kept:
    """Store all of them in one transaction; what is there already stays, what was erased does not come back."""
    stored = refused = 0
    with immediate(db):
        for trace in additions.traces:
            stored += put_trace(db, trace)
        extra: tuple[Candidate | Annotation, ...] = (*additions.candidates, *additions.annotations)
        for row in extra:
            if not _exists(db, row.trace_id, row.position):
                refused += 1
            elif isinstance(row, Candidate):
                stored += put_candidate(db, row)
            else:
                stored += put_annotation(db, row)
    return Kept(stored, refused)


def add_to(file: Path, additions: Additions) -> Kept:
    """The same, into a database that nobody else writes: no check of the whole file at each key."""
    db = connect(file)
    try:
        prepare(db)
        return add(db, additions)
    finally:
        db.close()


def _exists(db: Database, trace_id: int, position: int) -> bool:
    table, id_ = ("decision", position) if trace_id == OWN else ("trace", trace_id)
    found = db.execute(f"SELECT 1 FROM {table} WHERE id = ?", [id_])  # noqa: S608 - one of two tables of ours
    return found.fetchone() is not None


# --------------------------------------------------------------------------- rows


def put_trace(db: Database, trace: Trace) -> int:
    """Insert, once; how many rows that were."""
    events = json.dumps([[event.time, event.event] for event in trace.events], ensure_ascii=False)
    return db.execute(_PUT_TRACE, [trace.id, text(trace.name), text(trace.source), trace.at, text(events)]).rowcount


def trace_of(row: dict[str, Any]) -> Trace:
    """The trace of a row of ``SELECT *``."""
    events = tuple(TraceEvent(time=time, event=event) for time, event in json.loads(row["events"]))
    return Trace(**row | {"events": events})


def put_candidate(db: Database, candidate: Candidate) -> int:
    """Insert, once; how many rows that were."""
    row = candidate.model_dump() | {"task": text(candidate.task), "source": text(candidate.source)}
    return db.execute(_PUT_CANDIDATE, list(row.values())).rowcount


def candidate_of(row: dict[str, Any]) -> Candidate:
    """The candidate of a row of ``SELECT *``."""
    return Candidate(**row)


def put_annotation(db: Database, annotation: Annotation) -> int:
    """Append; the very same row sent again changes nothing."""
    row = annotation.model_dump() | {"annotator": text(annotation.annotator), "said": annotation.said.value}
    return db.execute(_PUT_ANNOTATION, list(row.values())).rowcount


def annotation_of(row: dict[str, Any]) -> Annotation:
    """The annotation of a row of :data:`ANNOTATION_SELECT`."""
    return Annotation(**row)


# --------------------------------------------------------------------------- forgetting


def erase(db: Database, events: Iterable[int], decisions: Iterable[int]) -> tuple[int, int, int]:
    """Delete annotations on the owner's decisions, tasks drafted for them, and imported copies of ``events``.

    :return: how many annotations, candidates and traces. To be called while the events are still there: a copy (the
        owner's own export, imported again) is known by their time.
    """
    positions = [(id_,) for id_ in decisions]
    annotations, candidates = _delete(db, "annotation", positions), _delete(db, "candidate", positions)
    times = times_of(db, events)
    found = db.execute("SELECT id, events FROM trace").fetchall() if times else []
    copied = [id_ for id_, told in found if not times.isdisjoint(time for time, _ in json.loads(told))]
    annotations += delete_ids(db, "annotation", copied, "trace_id")
    candidates += delete_ids(db, "candidate", copied, "trace_id")
    return annotations, candidates, delete_ids(db, "trace", copied)


def _delete(db: Database, table: str, positions: list[tuple[int]]) -> int:
    sql = f"DELETE FROM {table} WHERE trace_id = {OWN} AND position = ?"  # noqa: S608 - names of ours
    return max(0, db.conn.executemany(sql, positions).rowcount)


# --------------------------------------------------------------------------- questions


def all_traces(reader: Reader) -> list[Trace]:
    """Every imported trace, by name."""
    with reader.connection() as db:
        return [trace_of(row) for row in rows(db, "SELECT * FROM trace ORDER BY name, id")]


def all_candidates(reader: Reader, trace_id: int | None = None) -> list[Candidate]:
    """The candidates of one trace or of all, in the order of their points."""
    sql = "SELECT * FROM candidate WHERE ? IS NULL OR trace_id = ? ORDER BY trace_id, position, place, id"
    with reader.connection() as db:
        return [candidate_of(row) for row in rows(db, sql, [trace_id, trace_id])]


def all_annotations(reader: Reader, annotator: str | None = None) -> list[Annotation]:
    """Every row of one annotator or of all, in the order in which answers were given."""
    sql = f"{ANNOTATION_SELECT} WHERE ? IS NULL OR annotator = ? ORDER BY answer, id"
    with reader.connection() as db:
        return [annotation_of(row) for row in rows(db, sql, [annotator, annotator])]

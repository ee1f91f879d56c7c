"""Export and import: JSON Lines, one typed object a line, the same bytes again after a round trip.

The first line is ``{"type": "header", ...}`` with the format's version, the last ``{"type": "end", "lines": n}``
with the number of lines between them, so that a cut file is noticed. Batch marks and bookkeeping stay here:
they are about this installation, not about its owner.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO, TypeVar

from pydantic import ValidationError
from sqlite_utils import Database

from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Decision, Event, Frozen, Gap, Outcome, Suggestion
from assistant.store import annotations as a
from assistant.store import rows as r
from assistant.store import vote_rows as v
from assistant.store.connection import PRIVATE, immediate, rows
from assistant.traces import Annotation, Candidate, Trace
from assistant.votes import Moment, Vote

T = TypeVar("T")
FORMAT: Final = "proactive-assistant-export"
VERSION: Final = 2
# Older files lack fields that have a default.
_READABLE: Final = (1, 2)
_ANNOTATION_KEY = "trace_id = ? AND position = ? AND annotator = ? AND answer = ? AND said = ? AND candidate_id IS ?"
_OUTCOME_KEY = "suggestion_id = ? AND decision_id = ? AND kind = ? AND at = ? AND source = ? AND reason = ?"


@dataclass(frozen=True)
class _Kind:
    """How one type of line is read from and written to the store. ``same``: the stored twin of a model."""

    model: type[Frozen]
    sql: str
    of: Callable[[dict[str, Any]], Frozen]
    put: Callable[[Database, Any], object]
    where: str
    key: Callable[[Any], tuple[Any, ...]]
    order: str = "1"
    left_out: frozenset[str] = frozenset()

    def all(self, db: Database) -> Iterator[Frozen]:
        cursor = db.execute(f"{self.sql} ORDER BY {self.order}")
        names = [column[0] for column in cursor.description]
        return (self.of(dict(zip(names, row, strict=True))) for row in cursor)

    def same(self, db: Database, model: Frozen) -> Frozen | None:
        found = rows(db, f"{self.sql} WHERE {self.where}", self.key(model))
        return self.of(found[0]) if found else None


def _id(model: Any) -> tuple[int]:
    return (model.id,)


_KINDS: Final[dict[str, _Kind]] = {
    "event": _Kind(Event, r.EVENT_SELECT, r.event_of, r.put_event, "event.id = ?", _id),
    "gap": _Kind(
        Gap,
        "SELECT at, until, sense, reason FROM gap",
        r.gap_of,
        r.put_gap,
        "at = ? AND sense = ? AND until = ? AND reason = ?",
        lambda gap: (gap.at, r.text(gap.sense), gap.until, r.text(gap.reason)),
        "at, sense, until, reason",
        frozenset({"kind", "mono"}),
    ),
    "decision": _Kind(Decision, "SELECT * FROM decision", r.decision_of, r.put_decision, "id = ?", _id),
    "suggestion": _Kind(Suggestion, "SELECT * FROM suggestion", r.suggestion_of, r.put_suggestion, "id = ?", _id),
    "outcome": _Kind(
        Outcome,
        "SELECT * FROM outcome",
        r.outcome_of,
        r.put_outcome,
        _OUTCOME_KEY,
        lambda o: (o.suggestion_id, o.decision_id, o.kind.value, o.at, r.text(o.source), r.text(o.reason)),
        "suggestion_id, decision_id, at, id",
    ),
    "moment": _Kind(Moment, v.MOMENT_SELECT, v.moment_of, v.put_moment, "key = ?", lambda m: (m.key,), "id"),
    "vote": _Kind(
        Vote,
        v.VOTE_SELECT,
        v.vote_of,
        v.put_vote,
        "moment = ? AND task = ? AND annotator = ? AND at = ? AND source = ? AND accepted IS ?",
        lambda o: (o.moment, r.text(o.task), r.text(o.annotator), o.at, r.text(o.source), o.accepted),
        "id",
    ),
    "trace": _Kind(Trace, "SELECT * FROM trace", a.trace_of, a.put_trace, "id = ?", _id),
    "candidate": _Kind(Candidate, "SELECT * FROM candidate", a.candidate_of, a.put_candidate, "id = ?", _id),
    "annotation": _Kind(
        Annotation,
        a.ANNOTATION_SELECT,
        a.annotation_of,
        a.put_annotation,
        _ANNOTATION_KEY,
        lambda one: (one.trace_id, one.position, r.text(one.annotator), one.answer, one.said.value, one.candidate_id),
        "trace_id, position, annotator, answer, said, candidate_id",
    ),
}


class ImportReport(Frozen):
    """Lines added and lines that were there already; ``conflicts``: other contents under the same id, left alone."""

    added: dict[str, int]
    identical: int = 0
    conflicts: tuple[str, ...] = ()


def write_lines(db: Database, out: TextIO) -> int:
    """Write everything that ``db`` (inside one read transaction) holds; returns the lines between the ends."""
    lines = 0
    _line(out, {"type": "header", "format": FORMAT, "version": VERSION})
    for name, kind in _KINDS.items():
        for model in kind.all(db):
            # Nested, because an event has a "type" of its own.
            _line(out, {"type": name, "value": model.model_dump(mode="json", exclude=set(kind.left_out))})
            lines += 1
    _line(out, {"type": "end", "lines": lines})
    return lines


def export_file(db: Database, file: Path) -> int:
    """The same into a file (0600), complete or not at all.

    :raises EnvironmentFault: it cannot be written.
    """
    return write_private(file, lambda out: write_lines(db, out))


def write_private(file: Path, write: Callable[[TextIO], T]) -> T:
    """Have ``write`` fill ``file`` (0600), complete or not at all.

    :raises EnvironmentFault: it cannot be written.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8") as out:
            written = write(out)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EnvironmentFault(f"{file} cannot be written: {error.strerror}", hint="Choose another place.") from error
    return written


def import_from(db: Database, lines: Iterable[str]) -> ImportReport:
    """Store every line in one transaction.

    :raises SetupError: a line is broken (its number is in the message) or the file is cut; nothing was imported.
    """
    tally = _Tally()
    number = 0
    try:
        with immediate(db):
            for number, line in enumerate(lines, start=1):
                _take(db, tally, number, line)
            if not tally.ended:
                raise SetupError(f"The file ends too early, after line {number}.", hint="Export it again.")
    except (ValueError, TypeError, OverflowError, sqlite3.IntegrityError) as error:
        raise SetupError(
            f"Line {number} is not part of an export: {_what(error)}. Nothing was imported.",
            hint="Correct or remove that line, or export again.",
        ) from None  # the cause carries the line's text, which no log may see
    except (sqlite3.Error, OSError) as error:
        raise EnvironmentFault(f"The import stopped at line {number}: {error}. Nothing was imported.") from error
    return ImportReport(added=tally.added, identical=tally.identical, conflicts=tuple(tally.conflicts))


class _Tally:
    def __init__(self) -> None:
        self.added = dict.fromkeys(_KINDS, 0)
        self.identical = 0
        self.conflicts: list[str] = []
        self.lines = 0
        self.ended = False


def _take(db: Database, tally: _Tally, number: int, line: str) -> None:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    name = value.pop("type", None)
    if number == 1:
        _check_header(name, value)
    elif tally.ended:
        raise ValueError("something follows the end")
    elif name == "end":
        if value.get("lines") != tally.lines:
            raise ValueError(f"{tally.lines} lines of {value.get('lines')}: some are missing")
        tally.ended = True
    elif name in _KINDS:
        tally.lines += 1
        _add(db, tally, name, value.get("value"))
    else:
        raise ValueError(f"unknown type {str(name)[:40]!r}")


def _add(db: Database, tally: _Tally, name: str, value: object) -> None:
    kind = _KINDS[name]
    model = kind.model.model_validate(value)
    stored = kind.same(db, model)
    if stored is None:
        kind.put(db, model)
        tally.added[name] += 1
    elif stored == model:
        tally.identical += 1
    else:
        tally.conflicts.append(f"{name} {kind.key(model)[0]}")


def put_models(db: Database, models: Iterable[tuple[str, Frozen]]) -> ImportReport:
    """Store (type of line, object) pairs in one transaction, by the same rules as :func:`import_from`."""
    tally = _Tally()
    with immediate(db):
        for name, model in models:
            _add(db, tally, name, model)
    return ImportReport(added=tally.added, identical=tally.identical, conflicts=tuple(tally.conflicts))


def _check_header(name: object, value: dict[str, Any]) -> None:
    if name != "header" or value.get("format") != FORMAT:
        raise ValueError("the header of an export is missing")
    if value.get("version") not in _READABLE:
        raise ValueError(f"made by another version (format {value.get('version')}, this is {VERSION})")


def _what(error: Exception) -> str:
    """The error without the text of the line, which may be private."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _line(out: TextIO, value: dict[str, Any]) -> None:
    out.write(json.dumps(value, separators=(",", ":")) + "\n")

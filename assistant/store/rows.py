"""Models to rows and back: the only place that knows both."""

from __future__ import annotations

import json
from typing import Any

from sqlite_utils import Database

from assistant.events import Decision, Event, Gap, Outcome, Suggestion, Task
from assistant.store.idlist import pack, unpack

EVENT_SELECT = """
SELECT event.id, time, duration, utc_offset_min, type, source, coalesce(app.name, '') AS app,
       coalesce(title.name, '') AS title, sentence, data, closed
FROM event LEFT JOIN app ON app.id = app_id LEFT JOIN title ON title.id = title_id
"""

_PUT_EVENT = """
INSERT INTO event (id, time, duration, utc_offset_min, type, source, app_id, title_id, sentence, data, closed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET time = excluded.time, duration = excluded.duration,
    utc_offset_min = excluded.utc_offset_min, type = excluded.type, source = excluded.source,
    app_id = excluded.app_id, title_id = excluded.title_id, sentence = excluded.sentence,
    data = excluded.data, closed = excluded.closed
"""


def put_event(db: Database, event: Event) -> None:
    """Insert, or overwrite the row of the same id (a growing event)."""
    values = (
        event.id,
        event.time,
        event.duration,
        event.utc_offset_min,
        text(event.type),
        text(event.source),
        _word(db, "app", event.app),
        _word(db, "title", event.title),
        text(event.sentence),
        to_json(event.data),
        int(event.closed),
    )
    db.execute(_PUT_EVENT, values)


def event_of(row: dict[str, Any]) -> Event:
    """The event of a row of :data:`EVENT_SELECT`."""
    return Event(**row | {"data": from_json(row["data"]), "closed": bool(row["closed"])})


def put_gap(db: Database, gap: Gap) -> None:
    """Insert, once: the very same gap again changes nothing. ``mono`` means nothing later and is not kept."""
    db.execute(
        "INSERT OR IGNORE INTO gap (at, until, sense, reason) VALUES (?, ?, ?, ?)",
        (gap.at, gap.until, text(gap.sense), text(gap.reason)),
    )


def gap_of(row: dict[str, Any]) -> Gap:
    """The gap of a row of ``SELECT at, until, sense, reason``."""
    return Gap(at=row["at"], until=row["until"], sense=row["sense"], reason=row["reason"])


def put_decision(db: Database, decision: Decision) -> None:
    """Insert or overwrite by id."""
    row = decision.model_dump() | {
        "trigger": text(decision.trigger),
        "reason": text(decision.reason),
        "model": text(decision.model),
        "gate": text(decision.gate),
        "speak": int(decision.speak),
        "event_ids": pack(decision.event_ids),
        "features": to_json(decision.features),
    }
    _replace(db, "decision", row)


def decision_of(row: dict[str, Any]) -> Decision:
    """The decision of a row of ``SELECT *``."""
    return Decision(
        **row
        | {
            "speak": bool(row["speak"]),
            "event_ids": unpack(row["event_ids"]),
            "features": from_json(row["features"]),
        }
    )


def put_suggestion(db: Database, suggestion: Suggestion) -> None:
    """Insert or overwrite by id; what was shown stays shown."""
    shown = db.execute("SELECT shown FROM suggestion WHERE id = ?", [suggestion.id]).fetchone()
    row = {
        "id": suggestion.id,
        "decision_id": suggestion.decision_id,
        "time": suggestion.time,
        **{name: text(value) for name, value in suggestion.task.model_dump().items()},
        "why": text(suggestion.why),
        "event_ids": pack(suggestion.event_ids),
        "shown": int(suggestion.shown or bool(shown and shown[0])),
    }
    _replace(db, "suggestion", row)


def suggestion_of(row: dict[str, Any]) -> Suggestion:
    """The suggestion of a row of ``SELECT *``."""
    return Suggestion(
        id=row["id"],
        decision_id=row["decision_id"],
        time=row["time"],
        task=Task(**{name: row[name] for name in Task.model_fields}),
        why=row["why"],
        event_ids=unpack(row["event_ids"]),
        shown=bool(row["shown"]),
    )


_PUT_OUTCOME = """
INSERT OR IGNORE INTO outcome (suggestion_id, decision_id, kind, at, reaction_s, reason, source, model, propensity)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DECIDED = """
SELECT model, propensity FROM decision
WHERE id = coalesce((SELECT decision_id FROM suggestion WHERE suggestion.id = ?), ?)
"""


def attributed(db: Database, outcome: Outcome) -> Outcome:
    """The verdict with the model and the propensity of the decision that it is about, where it has none yet."""
    decided = db.execute(_DECIDED, [outcome.suggestion_id, outcome.decision_id]).fetchone()
    if decided is None:
        return outcome
    propensity = decided[1] if outcome.propensity is None else outcome.propensity
    return outcome.model_copy(update={"model": outcome.model or decided[0], "propensity": propensity})


def put_outcome(db: Database, outcome: Outcome) -> None:
    """Append; the very same outcome sent again changes nothing."""
    db.execute(
        _PUT_OUTCOME,
        (
            outcome.suggestion_id,
            outcome.decision_id,
            outcome.kind.value,
            outcome.at,
            outcome.reaction_s,
            text(outcome.reason),
            text(outcome.source),
            text(outcome.model),
            outcome.propensity,
        ),
    )


def outcome_of(row: dict[str, Any]) -> Outcome:
    """The outcome of a row of ``SELECT *``."""
    return Outcome(**{name: row[name] for name in Outcome.model_fields})


def to_json(value: dict[str, Any]) -> str | None:
    """Compact JSON, ``None`` for an empty one; halves of surrogate pairs are escaped, so that it always encodes."""
    if not value:
        return None
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return compact if text(compact) == compact else json.dumps(value, separators=(",", ":"))


def from_json(stored: str | None) -> dict[str, Any]:
    """What :func:`to_json` was given."""
    return dict(json.loads(stored)) if stored else {}


def text(value: str) -> str:
    """``value`` with whatever is not valid Unicode (half a surrogate pair in a title) as ``?``."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode(errors="replace").decode()
    return value


def _word(db: Database, table: str, name: str) -> int | None:
    """Number of ``name`` in the dictionary ``app`` or ``title``; ``None`` for ''."""
    if not name:
        return None
    word = text(name)
    find = f"SELECT id FROM {table} WHERE name = ?"  # noqa: S608 - one of our two tables
    found = db.execute(find, [word]).fetchone()
    if found is None:
        # A table of our own, not what somebody typed.
        found = db.execute(f"INSERT INTO {table} (name) VALUES (?) RETURNING id", [word]).fetchone()  # noqa: S608
    return int(found[0])


def _replace(db: Database, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    # Names are those of our own models.
    db.execute(f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values()))  # noqa: S608

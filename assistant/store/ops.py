"""What can be asked of the writer: small frozen operations, applied in order inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from assistant.events import Decision, Event, Gap, Outcome, Suggestion
from assistant.store import rows


@dataclass(frozen=True)
class PutEvent:
    """Store an event; the same id again overwrites it (a growing event)."""

    event: Event


@dataclass(frozen=True)
class PutGap:
    """Store a gap."""

    gap: Gap


@dataclass(frozen=True)
class PutDecision:
    """Store a decision; the same id again overwrites it."""

    decision: Decision


@dataclass(frozen=True)
class PutSuggestion:
    """Store a suggestion; the same id again overwrites it, but what was shown stays shown."""

    suggestion: Suggestion


@dataclass(frozen=True)
class MarkShown:
    """The suggestion was seen on the screen."""

    suggestion_id: int


@dataclass(frozen=True)
class PutOutcome:
    """Append an outcome. A changed mind is a further one."""

    outcome: Outcome


@dataclass(frozen=True)
class PutMark:
    """Everything up to ``seq`` of that ``life`` of a sender is in this transaction or an earlier one."""

    life: str
    seq: int


@dataclass(frozen=True)
class SetMeta:
    """Remember one small value under a name."""

    key: str
    value: str


@dataclass(frozen=True)
class Call:
    """Run ``fn`` on the writing connection, outside any transaction; its result or error goes to ``future``."""

    fn: Callable[[Database], Any]
    future: Future[Any]


_PUT_MARK = """
INSERT INTO mark (life, seq, at) VALUES (?, ?, ?)
ON CONFLICT (life) DO UPDATE SET seq = max(seq, excluded.seq), at = excluded.at
"""

Op = PutEvent | PutGap | PutDecision | PutSuggestion | MarkShown | PutOutcome | PutMark | SetMeta


def apply(db: Database, op: Op, now: float) -> None:
    """Carry out one operation inside the caller's transaction; ``now`` is wall time."""
    match op:
        case PutEvent(event):
            rows.put_event(db, event)
        case PutGap(gap):
            rows.put_gap(db, gap)
        case PutDecision(decision):
            rows.put_decision(db, decision)
        case PutSuggestion(suggestion):
            rows.put_suggestion(db, suggestion)
        case MarkShown(suggestion_id):
            db.execute("UPDATE suggestion SET shown = 1 WHERE id = ?", [suggestion_id])
        case PutOutcome(outcome):
            rows.put_outcome(db, rows.attributed(db, outcome))
        case PutMark(life, seq):
            db.execute(_PUT_MARK, [life, seq, now])
        case SetMeta(key, value):
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, value])


def coalesce(ops: Sequence[Op]) -> list[Op]:
    """Leave out the versions of a growing event that a later one in the same transaction overwrites."""
    last = {op.event.id: number for number, op in enumerate(ops) if isinstance(op, PutEvent)}
    return [op for number, op in enumerate(ops) if not isinstance(op, PutEvent) or last[op.event.id] == number]


@dataclass
class Forgotten:
    """Ids that were erased while we run: what still grows from them, or quotes them, must not come back."""

    events: set[int] = field(default_factory=set)
    decisions: set[int] = field(default_factory=set)
    suggestions: set[int] = field(default_factory=set)

    def hides(self, op: Op) -> bool:
        """Whether storing ``op`` would bring back something erased. A refused suggestion is erased itself."""
        match op:
            case PutEvent(event):
                return event.id in self.events
            case PutDecision(decision):
                return self._quotes(decision.id, decision.id, decision.event_ids, self.decisions)
            case PutSuggestion(suggestion):
                return self._quotes(suggestion.id, suggestion.decision_id, suggestion.event_ids, self.suggestions)
            case PutOutcome(outcome):
                return outcome.suggestion_id in self.suggestions or outcome.decision_id in self.decisions
        return False

    def _quotes(self, own: int, decision: int, used: Iterable[int], known: set[int]) -> bool:
        erased = own in known or decision in self.decisions or not self.events.isdisjoint(used)
        if erased:
            known.add(own)
        return erased

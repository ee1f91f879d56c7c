"""Rows of annotations → the answers that stand. Pure.

An answer is all rows with the same number; it stands unless a row says that it was undone, and for one person at one
point only the latest counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.traces import Annotation, Said

Key = tuple[int, int]
"""One point: (trace id, position)."""


@dataclass(frozen=True)
class Answer:
    """What one person said at one point. ``offered`` and ``accepted`` are candidate ids."""

    id: int
    trace_id: int
    position: int
    annotator: str
    at: float
    offered: frozenset[int]
    accepted: frozenset[int]
    skipped: bool

    @property
    def point(self) -> Key:
        return self.trace_id, self.position

    @property
    def none(self) -> bool:
        """'None of these': help was not wanted."""
        return not self.skipped and not self.accepted


def standing(rows: Iterable[Annotation]) -> list[Answer]:
    """The answers that count, in the order in which they were given."""
    grouped: dict[tuple[str, int, int, int], list[Annotation]] = {}
    for row in rows:
        grouped.setdefault((row.annotator, row.trace_id, row.position, row.answer), []).append(row)
    latest: dict[tuple[str, int, int], Answer] = {}
    for (annotator, trace_id, position, _), said in sorted(grouped.items(), key=lambda item: item[0][3]):
        if all(row.said is not Said.UNDONE for row in said):
            latest[annotator, trace_id, position] = _answer(said)
    return sorted(latest.values(), key=lambda answer: (answer.id, answer.annotator))


def _answer(rows: list[Annotation]) -> Answer:
    first = rows[0]
    judged = [row for row in rows if row.candidate_id is not None]
    return Answer(
        id=first.answer,
        trace_id=first.trace_id,
        position=first.position,
        annotator=first.annotator,
        at=first.at,
        offered=frozenset(row.candidate_id for row in judged if row.candidate_id is not None),
        accepted=frozenset(row.candidate_id for row in judged if row.said is Said.ACCEPTED and row.candidate_id),
        skipped=any(row.said is Said.SKIPPED for row in rows),
    )

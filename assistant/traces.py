"""Traces that people annotate, and what they say: imported traces, candidate tasks, verdicts.

The owner's own record is the trace number :data:`OWN`; its positions are decision ids and its candidates the stored
suggestions, so that nothing is copied from it. An imported trace is one object with all its events; its positions
count them from 0. Its ids are hashes of the contents: imported twice, or by two people, it is the same trace.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from pydantic import Field

from assistant.events import Frozen

OWN: Final = 0
OWN_NAME: Final = "own record"
# Ids made from the clock (assistant.clock.time_ids) reach this bit in the year 2109: the two never meet.
_HASHED: Final = 1 << 62


class TraceEvent(Frozen):
    """One event as the file has it; ``time`` is text there, a number of seconds or not."""

    time: str
    event: str


class Trace(Frozen):
    """An imported trace. It is never part of the owner's timeline."""

    id: int = Field(ge=_HASHED, lt=_HASHED * 2)
    name: str
    source: str = Field(description="proactivebench (events with candidate tasks) or reward (rows with votes)")
    at: float = Field(description="when it was imported, s since epoch")
    events: tuple[TraceEvent, ...]


class Candidate(Frozen):
    """A task that may be chosen at one point, beside the owner's stored suggestions."""

    id: int = Field(ge=_HASHED, lt=_HASHED * 2)
    trace_id: int
    position: int
    place: int = Field(description="order within the point, from 0")
    task: str = Field(min_length=1, max_length=2_000)
    source: str = Field(description="'trace', or 'draft: ' and the model that wrote it")
    at: float


class Said(StrEnum):
    """What one row of an answer says."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NONE = "none"
    SKIPPED = "skipped"
    UNDONE = "undone"


class Annotation(Frozen):
    """One row. Append-only: one answer is one row for each candidate that was offered, all with the same ``answer``.

    'None of these' and a skip are a row without a candidate; an undone answer gets a further row that says so.
    """

    answer: int = Field(description="id shared by the rows of one answer, later answers have larger ones")
    trace_id: int
    position: int
    annotator: str = Field(min_length=1, max_length=80)
    at: float
    said: Said
    candidate_id: int | None = None


class Additions(Frozen):
    """What is to be stored together."""

    traces: tuple[Trace, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    annotations: tuple[Annotation, ...] = ()


def make_trace(name: str, source: str, events: Sequence[TraceEvent], at: float) -> Trace:
    """A trace with the id that its name and events give."""
    contents = [[event.time, event.event] for event in events]
    return Trace(id=_hashed(name, contents), name=name, source=source, at=at, events=tuple(events))


def make_candidate(trace_id: int, position: int, place: int, task: str, *, source: str, at: float) -> Candidate:
    """A candidate with the id that its point and its words give."""
    id_ = _hashed(trace_id, position, task)
    return Candidate(id=id_, trace_id=trace_id, position=position, place=place, task=task, source=source, at=at)


def _hashed(*parts: object) -> int:
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return _HASHED | int.from_bytes(digest[:8]) >> 3

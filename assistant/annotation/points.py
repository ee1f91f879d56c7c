"""Where annotators stop: decisions of the owner's record, events of imported traces; what was known at each point."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from assistant.annotation.session import MAX_CHOICES, Choice, Stop
from assistant.events import Event
from assistant.label_store import contexts_of
from assistant.narrator.clean import one_line, shorten
from assistant.ports import Context
from assistant.published import as_event
from assistant.store.annotations import all_candidates, all_traces
from assistant.store.connection import rows
from assistant.store.queries import Reader
from assistant.traces import OWN, Candidate, Trace

# As many as a decision sees, and as somebody can still look over.
SHOWN_EVENTS: Final = 40
# A page shows sentences of a few hundred characters; longer ones (10 kB titles occur) say nothing more.
_SHOWN_CHARS: Final = 400
_DECISIONS = """
SELECT decision.id, decision.time, suggestion.id AS suggestion_id, suggestion.task
FROM decision LEFT JOIN suggestion ON suggestion.decision_id = decision.id
WHERE decision.time >= ? AND decision.time < ? ORDER BY decision.time, decision.id, suggestion.time, suggestion.id
"""


class Line(NamedTuple):
    """One event as the page shows it."""

    time: str
    text: str


class Points:
    """Reads stops and what belongs to them. Traces are held in memory, the owner's events are not."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.traces = {trace.id: trace for trace in all_traces(reader)}

    def own(self, start: float, end: float, *, silent: bool = False) -> list[Stop]:
        """Decisions made in ``[start, end)`` that have something to choose; with ``silent`` all of them."""
        drafted = _by_position(all_candidates(self._reader, OWN))
        found: dict[int, Stop] = {}
        with self._reader.connection() as db:
            for row in rows(db, _DECISIONS, [start, end]):
                stop = found.get(row["id"]) or Stop(OWN, row["id"], _day(row["time"]))
                if row["suggestion_id"] is not None:
                    stop = _with(stop, [Choice(row["suggestion_id"], _shown(row["task"]))])
                found[row["id"]] = stop
        stops = [_with(stop, as_choices(drafted.get(stop.position, ()))) for stop in found.values()]
        return [stop for stop in stops if stop.choices or silent]

    def imported(self, ids: Iterable[int], *, silent: bool = False) -> list[Stop]:
        """Events of those traces, one trace after the other, that have something to choose."""
        stops = []
        for id_ in ids:
            trace, drafted = self.traces[id_], _by_position(all_candidates(self._reader, id_))
            for position in range(len(trace.events)):
                choices = as_choices(drafted.get(position, ()))
                if choices or silent:
                    stops.append(_with(Stop(id_, position, _shown(trace.name)), choices))
        return stops

    def lines(self, stop: Stop) -> list[Line]:
        """The latest events before that point, oldest first, the one that it is about last."""
        if stop.trace_id == OWN:
            return [_own_line(event) for event in self._own_events(stop.position)[-SHOWN_EVENTS:]]
        events = self.traces[stop.trace_id].events[: stop.position + 1]
        return [Line(_clock(event.time), _shown(event.event)) for event in events[-SHOWN_EVENTS:]]

    def context(self, stop: Stop) -> Context | None:
        """What a decision knew at that point; None when it has been erased."""
        if stop.trace_id != OWN:
            trace = self.traces.get(stop.trace_id)
            return trace_context(trace, stop.position) if trace else None
        return contexts_of(self._reader, [stop.position]).get(stop.position)

    def _own_events(self, decision_id: int) -> list[Event]:
        decision = self._reader.decision(decision_id)
        return self._reader.events_by_ids(decision.event_ids) if decision else []


def trace_context(trace: Trace, position: int) -> Context:
    """The events of an imported trace up to and with ``position``."""
    events = tuple(as_event(number, row.model_dump()) for number, row in enumerate(trace.events[: position + 1]))
    return Context(events=events, now=events[-1].time if events else 0.0)


def _by_position(candidates: Iterable[Candidate]) -> dict[int, list[Candidate]]:
    found: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        found.setdefault(candidate.position, []).append(candidate)
    return found


def as_choices(candidates: Iterable[Candidate]) -> list[Choice]:
    """The candidates as the page shows them."""
    return [Choice(candidate.id, _shown(candidate.task)) for candidate in candidates]


def _with(stop: Stop, more: Sequence[Choice]) -> Stop:
    """The stop with further choices, no words twice, at most five."""
    known = {choice.task.casefold(): choice for choice in reversed((*stop.choices, *more))}
    kept = [choice for choice in (*stop.choices, *more) if known[choice.task.casefold()] is choice]
    return Stop(stop.trace_id, stop.position, stop.title, tuple(kept[:MAX_CHOICES]))


def _own_line(event: Event) -> Line:
    minutes = int(event.time // 60) + event.utc_offset_min
    return Line(f"{minutes // 60 % 24:02}:{minutes % 60:02}", _shown(event.sentence))


def _clock(moment: str) -> str:
    """The time of day of a number of seconds (UTC: whose clock it was is not in the file), else as it is."""
    try:
        return time.strftime("%H:%M:%S", time.gmtime(float(moment)))
    except (ValueError, OverflowError, OSError):
        return one_line(moment)[:24]


def _shown(text: str) -> str:
    """Captured text is hostile: one line, nothing that turns or hides other letters, bounded."""
    return shorten(one_line(text[: 4 * _SHOWN_CHARS]), _SHOWN_CHARS)


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(moment))

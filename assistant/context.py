"""Events and earlier offers → the bounded, ordered context of one decision, and its lines of text. Pure.

Lines are stable: a closed event, an offer and an outcome always give the same text, and new lines come at the
end. The model's KV cache lives on that (``docs/adr``: one new event costs one event).
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assistant.events import Event, OutcomeKind
from assistant.narrator.clean import quoted, safe_sentence
from assistant.ports import Context, PastOffer
from assistant.settings import DecisionOptions

STEADY_TYPES = frozenset({"switch", "title", "search", "idle", "lock", "private"})
"""Events whose sentence is final from the start: only their duration grows."""
_AGE_STEPS = 12
"""The oldest event leaves in steps of a twelfth of the age limit, not one by one: each leaving costs a prefill."""
_REASON_CAP = 80
_TASK_CAP = 160
_LAST_MINUTE = 253_402_214_400.0
"""The year 9999: no calendar goes further."""

_ANSWERS = {
    OutcomeKind.ACCEPTED: "the user accepted",
    OutcomeKind.REJECTED: "the user rejected",
    OutcomeKind.SNOOZED: "the user put off",
    OutcomeKind.IGNORED: "the user did not answer",
    OutcomeKind.UNSEEN: "the user did not see",
    OutcomeKind.MISSED: "the user had wanted help sooner than",
}


class _Line(NamedTuple):
    """One line and the moment that it is ordered by; at one moment events come before offers before outcomes."""

    last: bool
    moment: float
    rank: int
    id: int
    text: str


def _grows(event: Event) -> bool:
    return not event.closed and event.type not in STEADY_TYPES


def _order(event: Event) -> tuple[bool, float, int]:
    """Growing events last; others by when their sentence became final, so that closing one moves no line."""
    moment = event.time if event.type in STEADY_TYPES else event.time + event.duration
    return _grows(event), moment, event.id


def _latest(events: Iterable[Event]) -> list[Event]:
    """One event per id: the last one given, a closed one before an open one."""
    kept: dict[int, Event] = {}
    for event in events:
        known = kept.get(event.id)
        if known is None or event.closed or not known.closed:
            kept[event.id] = event
    return sorted(kept.values(), key=_order)


def _bounded(events: list[Event], count: int) -> list[Event]:
    """At most ``count`` of the last events, at least half as many, with a beginning that stays put.

    Dropping the oldest event at each new one would change the beginning of the prompt each time. So the beginning
    is the event with the smallest hash in the older half (winnowing): it moves about every ``count / 4`` events.
    """
    if len(events) < count:
        return events
    window = events[-count:]
    older = window[: max(1, count // 2)]
    start = min(range(len(older)), key=lambda index: zlib.crc32(str(older[index].id).encode()))
    return window[start:]


def _merged(offers: Iterable[PastOffer]) -> list[PastOffer]:
    """One offer per time and task: the one that has an answer."""
    kept: dict[tuple[float, str], PastOffer] = {}
    for offer in offers:
        known = kept.get((offer.time, offer.task))
        if known is None or offer.outcome:
            kept[offer.time, offer.task] = offer
    return sorted(kept.values(), key=lambda offer: (offer.time, offer.task))


def build_context(
    events: Sequence[Event], offers: Sequence[PastOffer], *, now: float, trigger: str, options: DecisionOptions
) -> Context:
    """The slice that a decision is made from: oldest first, events that still grow last, no id twice.

    :param events: in any order; of an id given twice the latest counts. Give a few more than
        ``options.context_events``, so that the beginning can stay put.
    :param now: wall time, s; nothing older than ``options.context_age_s`` comes in, nor anything from the future.
    :return: between half of ``options.context_events`` and all of them; at most ``options.context_offers`` offers.
    """
    step = options.context_age_s / _AGE_STEPS
    since = math.ceil((now - options.context_age_s) / step) * step
    recent = [event for event in _latest(events) if since <= event.time + event.duration and event.time <= now]
    past = [offer for offer in _merged(offers) if since <= offer.time <= now]
    kept = past[-options.context_offers :] if options.context_offers else []
    return Context(events=tuple(_bounded(recent, options.context_events)), offers=tuple(kept), now=now, trigger=trigger)


def _clock(moment: float, offset_min: int) -> str:
    """Local time of day as ``[14:05]``."""
    local = min(max(moment + 60 * offset_min, 0.0), _LAST_MINUTE)
    return time.strftime("[%H:%M]", time.gmtime(local))


def _offset(context: Context, moment: float) -> int:
    """The UTC offset of the last event at ``moment``, min: offers carry none."""
    offset = context.events[0].utc_offset_min if context.events else 0
    for event in context.events:
        if event.time <= moment:
            offset = event.utc_offset_min
    return offset


def _answer(context: Context, offer: PastOffer) -> str:
    """``the user rejected it: bad moment``; the task is named when another offer came in between."""
    between = any(offer.time < other.time <= offer.answered_at for other in context.offers)
    what = quoted(offer.task, _TASK_CAP) if between else "it"
    verb = _ANSWERS.get(OutcomeKind(offer.outcome)) if offer.outcome in set(OutcomeKind) else None
    said = f"{verb} {what}" if verb else f"{quoted(offer.outcome, _REASON_CAP)} came of {what}"
    return f"{said}: {quoted(offer.reason, _REASON_CAP)}" if offer.reason else said


def _offer_lines(context: Context) -> Iterable[_Line]:
    for number, offer in enumerate(context.offers):
        offset = _offset(context, offer.time)
        task = quoted(offer.task, _TASK_CAP)
        yield _Line(False, offer.time, 1, number, f"{_clock(offer.time, offset)} (the assistant offered: {task})")
        if offer.outcome:
            at = max(offer.time, offer.answered_at)
            yield _Line(False, at, 2, number, f"{_clock(at, offset)} ({_answer(context, offer)})")


def render_lines(context: Context) -> list[str]:
    """The context as chronological lines: ``[14:05] The user …``, ``[14:06] (the assistant offered: '…')``.

    What became of an offer is a line of its own, at the time of the answer: the offer's line never changes.
    Captured text in the lines is quoted, on one line, and capped.
    """
    lines = [
        _Line(
            *_order(event)[:2],
            0,
            event.id,
            f"{_clock(event.time, event.utc_offset_min)} {safe_sentence(event.sentence)}",
        )
        for event in context.events
    ]
    lines.extend(_offer_lines(context))
    return [line.text for line in sorted(lines)]

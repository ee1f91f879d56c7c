"""Events as published research files have them ({"time", "event"}) become our events. Pure."""

from __future__ import annotations

import math
import re

from assistant.events import Event

# Times that are no numbers ("Day 1, 11:00 PM") become minutes apart.
UNTIMED_S = 60.0

# ProactiveBench's sentences carry no type; the first verb that matches gives it.
_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("search", r"\bsearch(?:es|ed)\b(?! results)|google search box|\bsearch(?:ing)? for\b"),
        ("scroll", r"\bscroll"),
        ("paste", r"\bpast(?:es|ed)\b|cmd\+?v"),
        ("typing", r"\b(?:types|typed|typing|writes|wrote|inputs|updates|records|enters)\b"),
        ("click", r"\bclick"),
        ("switch", r"\b(?:switch|return|revert|resum)"),
        ("title", r"\b(?:opens|opened|visits|navigat|view|read|brows|explor|stayed|interact)"),
    )
)


def as_event(number: int, row: dict[str, str]) -> Event:
    """One ``{"time", "event"}`` of the data as an event, its type guessed from its verb."""
    sentence = row["event"]
    try:
        time = float(row["time"])
    except ValueError:
        time = math.nan
    if not math.isfinite(time):
        time = UNTIMED_S * number
    type_ = next((name for name, pattern in _TYPES if pattern.search(sentence)), "title")
    return Event(id=number + 1, time=time, sentence=sentence, type=type_, source="proactivebench")

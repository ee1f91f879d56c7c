"""T5: streams in which nobody wants anything, an hour each: how many suggestions per hour.

Written for this project, from seeds, in the narrator's sentences. Counted is the gate at every event, without the
delivery rules (cool-down, quiet hours) that hold back more at run time. The peers' models are not here to be asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from assistant.events import Event
from assistant.ports import Context
from models.bench.data import Moment
from models.bench.folds import OPEN
from models.bench.metrics import SEED, grouped, measured
from models.bench.models import TimingModel

HOUR_S = 3_600.0
# What the context builder keeps at most.
HISTORY = 40
# How often a new page or film, not a scroll or a pause.
PAGE_TURNS, NEXT_FILMS = 0.5, 0.6

PAGES = (
    "Sourdough for beginners, day nine", "Match report: a quiet draw in the rain", "The ten warmest Octobers",
    "Photos: market squares at dawn", "Cabin for two by the lake", "A short history of the zip", "Front page",
    "Old trams of the north", "Garden diary: frost again", "Crossword of the day", "Local news", "Weather this week",
)  # fmt: skip
FILMS = (
    "Rowing the canal, part 3", "Evening jazz, two hours", "How pencils are made", "Night train cab ride",
    "Cat against cucumber", "Full concert from the old mill", "Trailer: The Lighthouse Keeper's Son",
)  # fmt: skip
WINDOWS = (
    ("Files", "Downloads"), ("Firefox", "Front page"), ("Mousepad", "notes.txt"), ("Calendar", "November"),
    ("Terminal", "~"), ("Thunderbird", "Inbox"), ("Music", "Evening jazz, two hours"), ("Settings", "Display"),
)  # fmt: skip


class Step(NamedTuple):
    """What happens next, and the pause before it, s."""

    type: str
    sentence: str
    app: str
    title: str
    pause: float


def _browsing(draw: random.Random) -> Step:
    page = draw.choice(PAGES)
    if draw.random() < PAGE_TURNS:
        return Step("title", f"The user visits '{page}' in Firefox.", "Firefox", page, draw.uniform(10, 60))
    how = draw.choice(("down", "up", "down a little"))
    return Step("scroll", f"The user scrolls {how} in '{page}' in Firefox.", "Firefox", page, draw.uniform(5, 40))


def _clicking(draw: random.Random) -> Step:
    app, title = draw.choice(WINDOWS)
    times = draw.choice(("", " twice", " three times", " several times"))
    return Step("click", f"The user clicks{times} in '{title}' in {app}.", app, title, draw.uniform(4, 30))


def _switching(draw: random.Random) -> Step:
    app, title = draw.choice(WINDOWS)
    return Step("switch", f"The user switches to '{title}' in {app}.", app, title, draw.uniform(5, 45))


def _watching(draw: random.Random) -> Step:
    film = f"{draw.choice(FILMS)} - YouTube"
    if draw.random() < NEXT_FILMS:
        return Step("title", f"The user visits '{film}' in Firefox.", "Firefox", film, draw.uniform(60, 400))
    return Step("keys", f"The user presses space in '{film}' in Firefox.", "Firefox", film, draw.uniform(20, 120))


STREAMS: dict[str, Callable[[random.Random], Step]] = {
    "browsing": _browsing,
    "clicking": _clicking,
    "switching": _switching,
    "video": _watching,
}


def hour(kind: str, number: int) -> list[Event]:
    """One hour of noise, the same for the same ``number``."""
    draw = random.Random(f"{SEED} {kind} {number}")  # noqa: S311 - seeded, not cryptography
    events: list[Event] = []
    time = 0.0
    while True:
        step = STREAMS[kind](draw)
        time += step.pause
        if time >= HOUR_S:
            return events
        where = {"app": step.app, "title": step.title}
        events.append(
            Event(id=len(events) + 1, time=time, sentence=step.sentence, type=step.type, source="noise", **where)
        )


def t5(models: Sequence[TimingModel], moments: Sequence[Moment], hours: int, repeats: int) -> dict[str, Any]:
    """Suggestions per hour by kind and in all, each model fitted on all votes; whole hours are drawn again."""
    found = {}
    streams = {(kind, number): hour(kind, number) for kind in STREAMS for number in range(hours)}
    for model in models:
        model.fit(moments, OPEN)
        counts = [(f"{kind} {n}", (kind, _offers(model, events))) for (kind, n), events in streams.items()]
        found[model.name] = measured(_figures, grouped(counts), repeats)
    return found


def _offers(model: TimingModel, events: Sequence[Event]) -> int:
    spoken = 0
    for end in range(1, len(events) + 1):
        history = tuple(events[max(0, end - HISTORY) : end])
        answer = model.judge(Context(events=history, now=history[-1].time))
        spoken += answer is not None and answer.speak
    return spoken


def _figures(hours: Sequence[tuple[str, int]]) -> dict[str, float]:
    counts = [count for _, count in hours]
    by_kind = {kind: [count for name, count in hours if name == kind] for kind in STREAMS}
    return {
        "n": len(hours),
        "per_hour": sum(counts) / len(counts),
        "silent_hours": sum(not count for count in counts) / len(counts),
    } | {f"{kind}_per_hour": sum(some) / len(some) for kind, some in by_kind.items() if some}

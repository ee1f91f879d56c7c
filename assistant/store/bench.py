"""The store's figures: sustained rate, latency of hand-over while the disk stalls, size of a day."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from assistant.clock import SystemClock
from assistant.events import Decision, Event
from assistant.paths import Paths, under
from assistant.settings import Storage
from assistant.store.ops import PutDecision, PutEvent
from assistant.store.store import Store, open_store

_STALL_S: Final = 0.5  # row 5 of CAPTURE.md
_DAY: Final = 10_000  # raw observations of a day (issue 2)
# Rows are handed over in bursts this long, as keys arrive in runs.
_BURST_S: Final = 0.01


def run_store_bench(seconds: float, rate: int, folder: Path) -> dict[str, float]:
    """Run all three in ``folder`` (left behind); times in the keys' units.

    ``lost`` compares what was submitted with what a fresh connection reads. ``day_bytes`` takes the worst case:
    every one of 10,000 observations becomes an event of its own, and each fifth brings a decision over 40 events;
    ``day_merged_bytes`` has one event for four observations, as the narrator merges typing and steady windows.
    """
    return (
        _sustained(seconds, rate, under(folder / "rate"))
        | _stalled(under(folder / "stall"))
        | {
            "day_bytes": float(_day(under(folder / "day"), _DAY)),
            "day_merged_bytes": float(_day(under(folder / "merged"), _DAY // 4)),
        }
    )


def _sustained(seconds: float, rate: int, paths: Paths) -> dict[str, float]:
    store = open_store(paths, SystemClock(), Storage())
    total = int(seconds * rate)
    begun, sent = time.perf_counter(), 0
    while sent < total:
        due = min(total, int((time.perf_counter() - begun) * rate) + 1)
        for number in range(sent, due):
            store.writer.submit(PutEvent(_event(number)))
        sent = due
        time.sleep(_BURST_S)
    handed_over = time.perf_counter() - begun
    store.writer.flush(60.0)
    settled = time.perf_counter() - begun
    health = store.writer.health()
    stored = store.reader.stats(SystemClock().now(), 0).events
    store.close()
    return {
        "events": float(total),
        "rate_per_s": total / handed_over,
        "behind_s": settled - handed_over,
        "dropped": float(health.dropped),
        "lost": float(total - stored),
    }


def _stalled(paths: Paths) -> dict[str, float]:
    """Hand rows over while the writing connection does nothing for half a second."""
    store = open_store(paths, SystemClock(), Storage())
    stall = store.writer.call(lambda _: time.sleep(_STALL_S))
    took: list[float] = []
    number = 0
    while not stall.done():
        op = PutEvent(_event(number))
        begun = time.perf_counter()
        store.writer.submit(op)
        took.append(time.perf_counter() - begun)
        number += 1
        time.sleep(0.0005)
    store.writer.flush(60.0)
    lost = number - store.reader.stats(SystemClock().now(), 0).events
    store.close()
    took.sort()
    return {
        "stall_submits": float(number),
        "stall_lost": float(lost),
        "stall_p50_us": took[len(took) // 2] * 1e6,
        "stall_p99_us": took[len(took) * 99 // 100] * 1e6,
        "stall_max_us": took[-1] * 1e6,
    }


def _day(paths: Paths, events: int) -> int:
    store: Store = open_store(paths, SystemClock(), Storage())
    for number in range(events):
        store.writer.submit(PutEvent(_event(number)))
        if number % 5 == 0:
            store.writer.submit(PutDecision(_decision(number)))
    store.writer.flush(60.0)
    store.close()
    return paths.database.stat().st_size


def _event(number: int) -> Event:
    """Sentences of the length that a day has: half typing, half windows with a few hundred titles."""
    title = f"chapter-{number // 40}.md"
    typing = number % 2
    words = " ".join(("draft", "table", "query", "error", "tests")[(number + k) % 5] for k in range(4))
    return Event(
        id=_id(number),
        time=1_700_000_000.0 + number * 2.9,
        duration=2.5,
        utc_offset_min=60,
        sentence=f"The user types '{words} {number}' in '{title}' in Mousepad."
        if typing
        else f"The user switches to '{title}' in Mousepad.",
        type="typing" if typing else "switch",
        source="keyboard" if typing else "window",
        app="Mousepad",
        title=title,
        data={"chars": len(words)} if typing else {},
    )


def _decision(number: int) -> Decision:
    return Decision(
        id=_id(number) + 1,
        time=1_700_000_000.0 + number * 2.9,
        trigger="count",
        speak=False,
        reason="quiet: steady work in one window, no question, no error",
        stage="gate",
        p_help=0.12,
        threshold=0.5,
        event_ids=tuple(_id(k) for k in range(max(0, number - 39), number + 1)),
        features={"switches": 1.0, "errors": 0.0, "searches": 0.0, "idle": 0.0},
        model="rules",
    )


def _id(number: int) -> int:
    return int(1_700_000_000_000 + number * 2_900) << 20 | number & 0xFFF

"""The part of `assistant bench capture` that needs no desktop: the store, a sense's callback, the size of days."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from assistant.demo import fill_with_sample_days
from assistant.events import KeyText
from assistant.paths import under
from assistant.store import open_reader
from assistant.store.bench import run_store_bench
from collectors.inbox import Inbox

Figures = dict[str, Any]


def callbacks(count: int = 15_000) -> Figures:
    """What a sense's callback costs while everything behind it stands still."""
    emit = Inbox(20_000).emitter("keyboard")
    key, took = KeyText(at=0.0, text="x"), []
    for _ in range(count):
        began = time.perf_counter_ns()
        emit(key)
        took.append((time.perf_counter_ns() - began) / 1_000)
    took.sort()
    return {
        "callbacks while nothing is taken": count,
        "callback p50, µs": round(took[count // 2], 2),
        "callback p99, µs": round(took[count * 99 // 100], 2),
        "callback max, µs": round(took[-1], 1),
    }


def store(seconds: float = 60.0) -> Figures:
    """1,000 events/s into a real file; a stalled disk; the size of days."""
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
        figures = dict(run_store_bench(seconds, 1_000, Path(folder)))
    return figures | callbacks() | sample_days()


def sample_days(observations: int = 10_000) -> Figures:
    """Bytes that ``observations`` of the sample day's kind take, through narrator, gate and store as they are."""
    with tempfile.TemporaryDirectory(prefix="bench-day-") as folder:
        paths = under(Path(folder)).make()
        seen = fill_with_sample_days(paths, observations)
        with open_reader(paths.database) as reader:
            events, decisions = len(reader.events_between(0.0, 4e9)), len(reader.decisions(observations))
        return {
            "sample days: raw observations": seen,
            "sample days: events / decisions": f"{events} / {decisions}",
            "sample days: bytes": paths.database.stat().st_size,
        }

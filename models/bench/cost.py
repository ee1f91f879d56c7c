"""T7: what deciding costs here: gate time per event, memory, and (where asked for) a whole suggestion."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import psutil

from assistant.ports import Context
from models.bench.models import TimingModel
from models.bench.restraint import HISTORY, STREAMS, hour

# Enough for a 95th percentile.
EVENTS = 200


def t7(models: Sequence[TimingModel], suggestion: Callable[[], dict[str, Any]] | None) -> dict[str, Any]:
    """Gate latency per event in ms on one thread; ``suggestion`` measures the language model, None = left out."""
    found: dict[str, Any] = {model.name: _gate(model) for model in models}
    found["process"] = {"resident_mb": round(psutil.Process().memory_info().rss / 1e6, 1)}
    left_out = {"note": "not measured with --quick; see `assistant bench latency`"}
    return found | {"suggestion": suggestion() if suggestion else left_out}


def _gate(model: TimingModel) -> dict[str, float]:
    events = [event for kind in STREAMS for event in hour(kind, 0)][:EVENTS]
    times = []
    for end in range(1, len(events) + 1):
        context = Context(events=tuple(events[max(0, end - HISTORY) : end]), now=0.0)
        begun = time.perf_counter()
        model.judge(context)
        times.append(1e3 * (time.perf_counter() - begun))
    p50, p95 = np.percentile(times, (50, 95))
    return {"n": len(times), "p50_ms": round(float(p50), 3), "p95_ms": round(float(p95), 3)}

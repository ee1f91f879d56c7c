"""T7: what deciding costs here: gate time per event, memory, and (where asked for) a whole suggestion."""

from __future__ import annotations

import subprocess
import sys
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
    found["gate alone, in a process of its own"] = {"resident_mb": gate_memory()}
    found["process"] = {"resident_mb": round(psutil.Process().memory_info().rss / 1e6, 1)}
    left_out = {"note": "not measured with --quick; see `assistant bench latency`"}
    return found | {"suggestion": suggestion() if suggestion else left_out}


def gate_memory() -> float:
    """Resident memory of a process that has the shipped gate and judge loaded and has judged once, MB."""
    code = (
        "import psutil\n"
        "from assistant.events import Event\n"
        "from assistant.ports import Context\n"
        "from models.shipped import default_gate, judge\n"
        "event = Event(id=1, time=0.0, sentence='The user opens a page.', type='title', source='bench')\n"
        "gate, second = default_gate(), judge()\n"
        "gate.judge(Context(events=(event,), now=0.0))\n"
        "print(psutil.Process().memory_info().rss / 1e6)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return round(float(done.stdout), 1)


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

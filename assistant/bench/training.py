"""bench training: how long the owner's gate and judge take to train on this machine."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from assistant.clock import SystemClock
from assistant.ports import Context


def gate_and_judge(count: int) -> dict[str, Any]:
    """Train on ``count`` invented labels in a folder of its own; seconds, and what came of it."""
    from models.owner.simulated import labels
    from models.owner.training import Desk, train
    from models.registry import Registry

    def wants(context: Context, task: str) -> bool:
        """Likes to have things explained and compared, and nothing else."""
        return bool(context.events) and task.split(maxsplit=1)[0] in {"Explain", "Compare", "Show"}

    made = labels(count, wants)
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(Path(folder), SystemClock().now)
        began = time.perf_counter()
        ended = train(Desk(registry, made, lambda _said: None, no_lora="only gate and judge are timed"))
        seconds = time.perf_counter() - began
        about = registry.manifest(ended.version)
    figures = {
        f"{part} {name}": [round(about.metrics[part][side][name], 3) for side in ("current", "candidate")]
        for part in ("gate", "judge")
        if part in about.metrics
        for name in ("log_loss", "f1", "false_offers")
    }
    return {
        "labels": count,
        "seconds for gate and judge": round(seconds, 1),
        "share of the 600 s that 1,000 labels may take": round(seconds / 600, 3),
        "promoted": ended.promoted,
        **{f"{name}, shipped → new": f"{pair[0]} → {pair[1]}" for name, pair in figures.items()},
    }

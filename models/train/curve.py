"""The learning curve as a picture: loss of each step, loss and AUC on the held-out scenes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

# Losses of single steps jump with their scenes: shown with a running mean over this many.
SMOOTH = 10


def read_curve(file: Path) -> list[dict[str, float]]:
    """The lines that training wrote; an empty list where there is none."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def running_mean(values: Sequence[float], width: int = SMOOTH) -> list[float]:
    """The mean of each value and up to ``width - 1`` before it."""
    return [sum(part) / len(part) for end in range(1, len(values) + 1) for part in [values[max(0, end - width) : end]]]


def plot(stages: Sequence[tuple[str, Sequence[dict[str, float]]]], file: Path) -> bool:
    """Draw the stages one behind the other as PNG; False = matplotlib is not installed, or nothing was trained."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.add_subplot()
    right = axes.twinx()
    begin = 0
    for name, rows in stages:
        steps = [row for row in rows if "loss" in row]
        held = [row for row in rows if "held_loss" in row]
        if not steps:
            continue
        losses = running_mean([row["loss"] for row in steps])
        axes.plot([begin + row["step"] for row in steps], losses, label=f"{name}: loss, mean of {SMOOTH} steps")
        places = [begin + row["step"] for row in held]
        axes.plot(places, [row["held_loss"] for row in held], "o--", label=f"{name}: loss, held out")
        right.plot(places, [row["held_auc"] for row in held], "^:", color="grey")
        begin += int(steps[-1]["step"])
    if not begin:
        return False
    axes.set(xlabel="step", ylabel="loss")
    right.set_ylabel("AUC of the decision, held out (▲)")
    axes.legend(fontsize="small")
    figure.savefig(file, dpi=120)
    return True

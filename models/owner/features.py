"""What the owner's part of gate and judge looks at: the shipped features, and whose moment it is. Pure."""

from __future__ import annotations

import math

from assistant.ports import Context
from models.bench.features import Example, Named, gate_example, judge_example

LEVEL, SHIPPED = "owner.level", "owner.shipped"
"""The two features with a spread of their own: how often this owner wants help at all, and how far the shipped
model is to be believed."""
# A third of a day is too coarse for "mornings only", an hour too fine for a month of labels.
HOURS = 3
# As models.bench.features.MOMENT_SCALE: beside n-gram blocks of length 1.
SCALE = 0.5
# A model that is sure to the last digit would leave nothing to learn.
SURE = 1e-4
_DAY_S = 86_400


def log_odds(p: float) -> float:
    """Log-odds of a probability, at most ± 9.2."""
    kept = min(max(p, SURE), 1.0 - SURE)
    return math.log(kept / (1.0 - kept))


def _whose(context: Context, prior: float) -> Named:
    """Application, part of the day, weekend; the level, and the shipped model's own log-odds."""
    last = context.events[-1]
    local = int(last.time + 60 * last.utc_offset_min)
    # The epoch was a Thursday.
    weekend = (local // _DAY_S + 3) % 7 >= 5  # noqa: PLR2004 - Saturday
    part = local % _DAY_S // 3_600 // HOURS
    found = {f"owner.app={last.app.casefold()}": SCALE, f"owner.part={part}": SCALE, "owner.weekend": SCALE * weekend}
    return {**found, LEVEL: 1.0, SHIPPED: prior}


def gate_features(context: Context, prior: float) -> Example:
    """For the owner's gate.

    :param prior: the shipped gate's log-odds at this moment.
    """
    shipped = gate_example(context, characters=False)
    return Example(shipped.blocks, shipped.plain | _whose(context, prior))


def judge_features(context: Context, task: str, prior: float) -> Example:
    """For the owner's judge; see :func:`gate_features`."""
    shipped = judge_example(context, task)
    return Example(shipped.blocks, shipped.plain | _whose(context, prior))

"""The owner's gate and judge: the shipped ones plus what the owner's labels changed; kept as one file without pickle.

The file holds differences only, by hashed names: no word of the owner's, and no copy of the shipped weights.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from assistant.errors import SetupError
from assistant.ports import Context, Gate, Judge, Verdict
from models.bench.linear import Linear, read, save, sigmoid
from models.owner.features import gate_features, judge_features, log_odds
from models.owner.fit import difference

GATE, JUDGE = "gate", "judge"


class Part(NamedTuple):
    """One fitted difference and the threshold that goes with it."""

    linear: Linear
    threshold: float


class OwnerGate:
    """:class:`assistant.ports.Gate`."""

    def __init__(self, base: Gate, part: Part, version: str) -> None:
        self._base, self._part, self._version = base, part, version

    @property
    def name(self) -> str:
        return f"{self._base.name}+{self._version}"

    def judge(self, context: Context) -> Verdict:
        before = self._base.judge(context)
        prior = log_odds(before.p_help)
        own = difference(self._part.linear, gate_features(context, prior))
        p_help = sigmoid(prior + own)
        words = "Help may be wanted" if p_help >= self._part.threshold else "Quiet"
        return Verdict(
            p_help=p_help,
            threshold=self._part.threshold,
            reason=f"{words}: P(help) is {p_help:.2f} ({before.p_help:.2f} before your answers).",
            features={**before.features, "shipped": round(before.p_help, 4), "owner": round(own, 4)},
        )


class OwnerJudge:
    """:class:`assistant.ports.Judge`."""

    def __init__(self, base: Judge, part: Part) -> None:
        self._base, self._linear, self.threshold = base, part.linear, part.threshold

    def p_accept(self, context: Context, task: str) -> float:
        prior = log_odds(self._base.p_accept(context, task))
        return sigmoid(prior + difference(self._linear, judge_features(context, task, prior)))


class Parts(NamedTuple):
    """What one file holds; None = that part is as shipped."""

    gate: Part | None = None
    judge: Part | None = None


def save_parts(file: Path, parts: Parts) -> None:
    """Write what is there."""
    found = {name: part for name, part in ((GATE, parts.gate), (JUDGE, parts.judge)) if part is not None}
    linears = {name: part.linear for name, part in found.items()}
    save(file, linears, {"thresholds": {name: part.threshold for name, part in found.items()}})


def load_parts(file: Path) -> Parts:
    """Read what :func:`save_parts` wrote.

    :raises SetupError: it is missing or something else.
    """
    linears, about = read(file)
    try:
        levels = {name: float(about["thresholds"][name]) for name in linears}
    except (KeyError, TypeError, ValueError) as error:
        raise SetupError(f"{file} lacks a part: {error}", hint="Train it again: assistant train.") from error
    if not all(math.isfinite(level) and 0.0 <= level <= 1.0 for level in levels.values()):
        raise SetupError(f"{file} holds a threshold that is none.", hint="Train it again: assistant train.")
    found = {name: Part(linears[name], levels[name]) for name in linears}
    return Parts(found.get(GATE), found.get(JUDGE))

"""A belief about one owner's weights: Bayesian logistic regression, one label at a time, that forgets. numpy alone.

Each weight is a Gaussian around 0 that drifts back to its prior (Ornstein-Uhlenbeck) with the age of labels, and, for
the quick scale, with their number. A label is taken in by Laplace's approximation along its own direction:
O(d²) for d known facts, whatever the number of labels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from models.bench.linear import sigmoid

Floats = NDArray[np.float64]
# Facts beyond that are not learned: 400² doubles are 1.3 MB and 0.2 ms a label.
MOST = 400
_STEPS = 12
_CLOSE = 1e-6


class Belief:
    """``width``: prior standard deviation of a fact's weight, 0 = not used by this belief.

    ``half_life``: of the evidence, in labels (None = only time). ``half_life_s``: the same in seconds.
    """

    def __init__(self, width: Callable[[str], float], half_life_s: float, half_life: float | None = None) -> None:
        self._width, self._half_life_s, self._half_life = width, half_life_s, half_life
        self._columns: dict[str, int] = {}
        self._mean: Floats = np.zeros(0)
        self._covariance: Floats = np.zeros((0, 0))
        self._prior: Floats = np.zeros(0)
        self._centre: Floats = np.zeros(0)
        self._mass = 0.0
        self._at: float | None = None

    def shift(self, facts: Mapping[str, float], now: float) -> float:
        """What the owner's labels add to the log-odds, as believed at ``now``."""
        if self._at is None:
            return 0.0
        known = [(self._columns[name], value) for name, value in facts.items() if name in self._columns]
        return self._faded(now) * sum(float(self._mean[at]) * value for at, value in known)

    def level(self, without: str = "") -> float:
        """The shift of the average labelled moment, of all facts but one: how much more or less this owner wants."""
        if not self._mass:
            return 0.0
        total = float(self._mean @ self._centre)
        left_out = self._columns.get(without)
        if left_out is not None:
            total -= float(self._mean[left_out] * self._centre[left_out])
        return total / self._mass

    def weights(self) -> dict[str, float]:
        """What each fact adds, as of the last label."""
        return dict(zip(self._columns, self._mean.tolist(), strict=True))

    def learn(self, facts: Mapping[str, float], odds: float, target: bool, weight: float, at: float) -> None:
        """Take in one label. ``odds``: what the global model says, log-odds; ``weight`` in (0, 1]."""
        self._forget(at)
        chosen = self._places(facts)
        if not chosen:
            return
        columns = np.array([place for place, _ in chosen])
        values = np.array([value for _, value in chosen])
        along = self._covariance[:, columns] @ values
        variance = float(along[columns] @ values)
        before = float(self._mean[columns] @ values)
        after, curve = _mode(before, variance, odds, float(target), weight)
        self._mean += along * ((after - before) / variance)
        self._covariance -= np.outer(along, along * (curve / (1.0 + variance * curve)))
        self._centre[columns] += weight * values
        self._mass += weight

    def _faded(self, now: float) -> float:
        """What is left of the evidence at ``now``, by age alone."""
        assert self._at is not None  # noqa: S101 - the callers looked
        return float(2.0 ** (-max(0.0, now - self._at) / self._half_life_s))

    def _forget(self, at: float) -> None:
        """Let time, and one more label, pass."""
        keep = 1.0 if self._half_life is None else 2.0 ** (-1.0 / self._half_life)
        if self._at is not None:
            keep *= self._faded(at)
        self._at = at if self._at is None else max(at, self._at)
        if keep < 1.0:
            self._mean *= keep
            self._covariance *= keep * keep
            self._covariance[np.diag_indices_from(self._covariance)] += (1.0 - keep * keep) * self._prior
            self._centre *= keep
            self._mass *= keep

    def _places(self, facts: Mapping[str, float]) -> list[tuple[int, float]]:
        """Columns of the facts; new ones get the next while there are some."""
        used = {name: value for name, value in facts.items() if value and self._width(name) > 0}
        new = [name for name in used if name not in self._columns][: MOST - len(self._columns)]
        if new:
            before, after = len(self._columns), len(self._columns) + len(new)
            self._columns |= {name: before + place for place, name in enumerate(new)}
            prior = np.array([self._width(name) ** 2 for name in new])
            grown = np.zeros((after, after))
            grown[:before, :before] = self._covariance
            grown[range(before, after), range(before, after)] = prior
            self._covariance = grown
            self._mean, self._centre = (np.concatenate([old, np.zeros(len(new))]) for old in (self._mean, self._centre))
            self._prior = np.concatenate([self._prior, prior])
        return [(self._columns[name], value) for name, value in used.items() if name in self._columns]


def _mode(before: float, variance: float, odds: float, target: float, weight: float) -> tuple[float, float]:
    """(mode, curvature) of a Gaussian prior N(before, variance) times one weighted logistic answer, by Newton."""
    now = before
    for _ in range(_STEPS):
        p = sigmoid(odds + now)
        step = (now - before - variance * weight * (target - p)) / (1.0 + variance * weight * p * (1.0 - p))
        # A step of more than 4 jumps over the logistic's bend.
        now -= math.copysign(min(abs(step), 4.0), step)
        if abs(step) < _CLOSE:
            break
    p = sigmoid(odds + now)
    return now, weight * p * (1.0 - p)

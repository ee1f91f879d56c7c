"""The precision dial: "at most 1 offer in N wrong" as a threshold, from the owner's own answers. Pure; numpy alone.

At the default N the shipped threshold stays as it is. Another N moves it by the odds that it asks for: to be right as
often as N - 1 in N, log-odds have to be log(N - 1). With labels the lowest threshold is sought at which the offers
above it, calibrated on the owner's answers (Platt), keep the promise; the two are blended by count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from assistant.events import OutcomeKind
from assistant.labels import Label
from models.bench.linear import sigmoid
from models.bench.metrics import Floats, ratio

# At the shipped threshold about every second offer was wanted (T1: precision 0.57 on held-out traces).
DEFAULT = 2.0
LEAST = 1.01
# As many labels as the shipped threshold weighs.
PRIOR_LABELS = 50.0
# Newer labels only: taste and model change.
WINDOW = 300
# 95 %.
_Z = 1.96
# Ridge of the calibration: towards slope 1, offset 0 with the weight of a few labels.
_RIDGE = 4.0
_NEWTON = 20


class Answer(NamedTuple):
    """One shown offer: the log-odds before it was learned, whether it was wanted, what the answer is worth."""

    odds: float
    wanted: bool
    weight: float
    about: int | None = None


class Achieved(NamedTuple):
    """Share of wrong offers, with its 95 % interval (Wilson); ``wished`` = 1/N, ``n``: offers that were answered."""

    n: int
    wrong: float
    low: float
    high: float
    wished: float


def global_threshold(shipped: float, one_in: float) -> float:
    """The shipped threshold, moved by what another N asks for; as it is at the default."""
    if one_in == DEFAULT:
        return shipped
    odds = math.log(shipped / (1.0 - shipped)) + math.log((max(LEAST, one_in) - 1.0) / (DEFAULT - 1.0))
    return sigmoid(odds)


def calibrate(answers: list[Answer]) -> tuple[float, float]:
    """(slope, offset) from own log-odds to own probability; (1, 0) without labels. The slope stays above 0.1."""
    odds = np.array([answer.odds for answer in answers], dtype=float)
    wanted = np.array([answer.wanted for answer in answers], dtype=float)
    weight = np.array([answer.weight for answer in answers], dtype=float)
    design = np.stack([odds, np.ones_like(odds)], axis=1)
    prior = np.array([1.0, 0.0])
    now = prior.copy()
    for _ in range(_NEWTON):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ now, -30, 30)))
        gradient = design.T @ (weight * (wanted - p)) - _RIDGE * (now - prior)
        curve = (design * (weight * p * (1.0 - p))[:, None]).T @ design + _RIDGE * np.eye(2)
        now = now + np.clip(np.linalg.solve(curve, gradient), -2.0, 2.0)
    return max(0.1, float(now[0])), float(now[1])


def own_threshold(answers: list[Answer], one_in: float) -> float:
    """The lowest P at which the offers from there on keep the promise, by calibration; monotone in N."""
    slope, offset = calibrate(answers)
    odds: Floats = np.sort(np.array([answer.odds for answer in answers]))[::-1]
    p = 1.0 / (1.0 + np.exp(-np.clip(slope * odds + offset, -30, 30)))
    above = np.cumsum(p) / np.arange(1, len(p) + 1)
    kept = np.flatnonzero(above >= 1.0 - 1.0 / one_in)
    if kept.size:
        return sigmoid(float(odds[kept[-1]]))
    # Nothing shown so far keeps it: the P at which one offer alone would.
    return sigmoid(max(float(odds[0]), (math.log(max(LEAST, one_in) - 1.0) - offset) / slope))


class Dial:
    """``one_in``: at most 1 in so many offers may be wrong."""

    def __init__(self, one_in: float = DEFAULT) -> None:
        self.one_in = one_in
        self.answers: list[Answer] = []
        self._own: float | None = None

    def learn(self, odds: float, wanted: bool, weight: float, about: int | None = None) -> None:
        """One more answered offer; a later word on the same suggestion replaces the earlier."""
        kept = [answer for answer in self.answers if about is None or answer.about != about]
        self.answers = [*kept[-WINDOW + 1 :], Answer(odds, wanted, weight, about)]
        self._own = None

    def threshold(self, shipped: float) -> float:
        """Where to speak. The default asks for nothing; from there caution goes up only, and daring down only."""
        general = global_threshold(shipped, self.one_in)
        if self.one_in == DEFAULT or not self.answers or not 0.0 < shipped < 1.0:
            return general
        if self._own is None:
            self._own = own_threshold(self.answers, self.one_in)
        count = sum(answer.weight for answer in self.answers)
        share = count / (count + PRIOR_LABELS)
        odds = [math.log(p / (1.0 - p)) for p in (general, min(1 - 1e-6, max(1e-6, self._own)))]
        blended = sigmoid((1.0 - share) * odds[0] + share * odds[1])
        return max(shipped, blended) if self.one_in > DEFAULT else min(shipped, blended)

    def achieved(self, count: int = 100) -> Achieved:
        """Of the last ``count`` answered offers."""
        last = self.answers[-count:]
        return achieved([answer.wanted for answer in last], self.one_in)


def achieved(wanted: list[bool], one_in: float) -> Achieved:
    """The share of wrong offers beside the wished one."""
    n, wrong = len(wanted), sum(not one for one in wanted)
    if not n:
        return Achieved(0, 0.0, 0.0, 1.0, 1.0 / one_in)
    share = ratio(wrong, n)
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
    return Achieved(n, share, max(0.0, middle - half), min(1.0, middle + half), 1.0 / one_in)


def answered(labels: Iterable[Label]) -> list[bool]:
    """Of each offer that got a click, oldest first: was it wanted? Popups that ran out are no answers."""
    clicked = (OutcomeKind.ACCEPTED, OutcomeKind.REJECTED, OutcomeKind.SNOOZED)
    return [bool(label.wanted) for label in labels if label.task and label.kind in clicked]

"""Several beliefs side by side; each is believed as far as it foretold the owner's answers better than the others.

``none`` is the global model alone, ``level`` only knows whether this owner wants more or less, ``slow`` has all facts,
``quick`` has them and forgets within some dozens of labels: a taste that changes is taken over by it. Every label is
foretold before it is learned (progressive validation): facts that explain nothing, as with an owner who answers at
random, foretell worse than ``level`` and lose their say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.bench.linear import sigmoid
from models.personal.belief import Belief
from models.personal.words import WIDTHS

DAY_S = 86_400.0


@dataclass(frozen=True)
class Tuning:
    """Every number of the layer; chosen on the development split of ``assistant bench learning``."""

    scale: float = 0.7
    """Multiplies the prior widths."""
    quick: float = 30.0
    """Half-life of the quick belief, labels."""
    memory: float = 40.0
    """Half-life of what counts when beliefs are compared, labels."""
    level: float = 0.2
    """Share of a negative general level that is served: an owner who declines much still gets what is likeliest."""
    level_up: float = 1.0
    """The same of a positive one."""
    first: float = 1.0
    """Bound of the distance from the global log-odds at the first label."""
    growth: float = 0.6
    """And what each doubling of the evidence adds."""
    most: float = 4.0
    """And its end: odds of 55."""
    trust: tuple[float, float, float, float] = (0.25, 0.15, 0.4, 0.2)
    """Of none, level, slow, quick before anything was foretold."""


TUNING = Tuning()
SLOPE = "slope="
"""How much less the global log-odds mean to this owner. It explains answers in training, and is never served: an owner
who answers at random would else teach that all moments are alike."""
SLOPE_WIDTH = 0.7


def _width(name: str, scale: float) -> float:
    return SLOPE_WIDTH if name == SLOPE else scale * WIDTHS[name.partition("=")[0]]


NAMES = ("none", "level", "slow", "quick")


class Mixture:
    """The owner's shift of the log-odds."""

    def __init__(self, half_life_s: float, tuning: Tuning = TUNING) -> None:
        self._tuning, self._half_life_s = tuning, half_life_s
        general = ("always=", SLOPE)
        narrow = Belief(lambda name: _width(name, tuning.scale) if name in general else 0.0, half_life_s)
        slow = Belief(lambda name: _width(name, tuning.scale), half_life_s)
        quick = Belief(lambda name: _width(name, tuning.scale), half_life_s, tuning.quick)
        self._beliefs = (narrow, slow, quick)
        self._foretold = [0.0] * len(NAMES)
        self._evidence = 0.0
        self._last = 0.0
        self._weights: tuple[dict[str, float], float] | None = None

    @property
    def evidence(self) -> float:
        """Sum of the weights of the labels that were learned."""
        return self._evidence

    def trust(self) -> dict[str, float]:
        """How far each belief is believed; sums to 1."""
        logs = [math.log(prior) + told for prior, told in zip(self._tuning.trust, self._foretold, strict=True)]
        top = max(logs)
        raw = [math.exp(value - top) for value in logs]
        return {name: value / sum(raw) for name, value in zip(NAMES, raw, strict=True)}

    def bound(self, now: float) -> float:
        """How far from the global log-odds it may go: grows with the evidence, shrinks with its age."""
        tuning = self._tuning
        return self._age(now) * min(tuning.most, tuning.first + tuning.growth * math.log2(1.0 + self._evidence))

    def shift(self, facts: Mapping[str, float], now: float) -> float:
        """What to add to the global log-odds; within ± :meth:`bound`, 0 without labels."""
        if not self._evidence:
            return 0.0
        weights, level = self._believed()
        total = sum(weights[name] * value for name, value in facts.items() if name in weights)
        return self._within(self._age(now) * (total - self._kept_back(level)), now)

    def parts(self, facts: Mapping[str, float], now: float) -> dict[str, float]:
        """The shift by fact, without bound and level: for the reason."""
        weights, _ = self._believed()
        age = self._age(now)
        return {name: age * weights[name] * value for name, value in facts.items() if name in weights}

    def learn(self, facts: Mapping[str, float], odds: float, target: bool, weight: float, at: float) -> None:
        """Foretell one label, compare, then learn it."""
        keep = 2.0 ** (-1.0 / self._tuning.memory)
        facts = {**facts, SLOPE: odds}
        shifts = [0.0, *(self._within(belief.shift(facts, at), at) for belief in self._beliefs)]
        for place, shift in enumerate(shifts):
            p = sigmoid(odds + shift)
            gain = weight * math.log(max(1e-9, p if target else 1.0 - p))
            self._foretold[place] = keep * self._foretold[place] + gain
        for belief in self._beliefs:
            belief.learn(facts, odds, target, weight, at)
        self._weights = None
        self._evidence += weight
        self._last = max(self._last, at)

    def _believed(self) -> tuple[dict[str, float], float]:
        """(weight of each fact, general level), averaged by trust; worked out once after each label."""
        if self._weights is None:
            trust = self.trust()
            weights, level = dict[str, float](), 0.0
            for name, belief in zip(NAMES[1:], self._beliefs, strict=True):
                share = trust[name]
                level += share * belief.level(SLOPE)
                for fact, weight in belief.weights().items():
                    if fact == SLOPE:
                        continue
                    weights[fact] = weights.get(fact, 0.0) + share * weight
            self._weights = weights, level
        return self._weights

    def _age(self, now: float) -> float:
        """What is left of the evidence at ``now``."""
        return float(2.0 ** (-max(0.0, now - self._last) / self._half_life_s))

    def _kept_back(self, level: float) -> float:
        """What of the general level is not served."""
        return (1.0 - (self._tuning.level_up if level > 0 else self._tuning.level)) * level

    def _within(self, shift: float, now: float) -> float:
        bound = self.bound(now)
        return min(bound, max(-bound, shift))

"""What moments this owner has at all, so that a threshold can be judged by all of them and not by the offered ones.

They are read off the labels: the events before an offer were moments too, mostly silent ones. So nothing has to be
kept that a restart would lose.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from assistant.ports import Context
from models.bench.metrics import Floats
from models.personal.words import Facts

# Of each label the moment itself and so many before it, this many events apart: nearer ones say the same again.
EARLIER, APART = 2, 5
# Those of the newest eighty labels.
KEPT = 240
# Fewer say nothing about a share.
LEAST = 8


class Seen(NamedTuple):
    """A moment, and what the global gate says of it."""

    facts: Facts
    odds: float


class Moments:
    """The newest moments of the owner."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=KEPT)

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, facts: Facts, odds: float) -> None:
        """One more."""
        self._seen.append(Seen(facts, odds))

    def move(self, shift: Callable[[Facts], float], choose: Callable[[Floats], float]) -> float:
        """How far the threshold moves in log-odds when ``shift`` comes: chosen by the same rule with and without it."""
        if len(self._seen) < LEAST:
            return 0.0
        plain = np.array([one.odds for one in self._seen])
        moved = np.array([one.odds + shift(one.facts) for one in self._seen])
        return choose(moved) - choose(plain)


def earlier(context: Context) -> Iterator[Context]:
    """The same stretch, some events ago."""
    for back in range(APART, APART * EARLIER + 1, APART):
        events = context.events[:-back]
        if len(events) < 2:  # noqa: PLR2004 - a first event has no history
            return
        now = events[-1].time + events[-1].duration
        offers = tuple(offer for offer in context.offers if offer.time <= now)
        yield context.model_copy(update={"events": events, "offers": offers, "now": now})


def best_f(odds: Floats, beta: float) -> float:
    """The log-odds from which on speaking is expected to give the best F-beta, if the odds are right."""
    ordered = np.sort(odds)[::-1]
    p = 1.0 / (1.0 + np.exp(-ordered))
    hits, spoken = np.cumsum(p), np.arange(1, len(p) + 1)
    square = beta * beta
    place = int(np.argmax((1 + square) * hits / (square * p.sum() + spoken)))
    return float(ordered[place])


def as_often(odds: Floats, share: float) -> float:
    """The log-odds from which on it speaks ``share`` times as often as help is expected to be wanted."""
    p = 1.0 / (1.0 + np.exp(-odds))
    return float(np.quantile(odds, max(0.0, 1.0 - share * float(p.mean()))))

"""What gate and judge share: labels in, a shift of the log-odds out. Rebuilt at start, never pickled."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from assistant.events import OutcomeKind
from assistant.labels import Label
from models.bench.features import topics
from models.personal.mixture import DAY_S, TUNING, Mixture, Tuning
from models.personal.words import Facts, said
from models.signals import overlap

HALF_LIFE_DAYS = 60.0
# Labels that the layer is rebuilt from: older ones have faded anyway.
MOST_LABELS = 2_000
# Topics of so many last answers are compared with (0.1 ms); a topic of a month ago is rarely back.
REMEMBERED = 200
# Log-odds of a probability of 0 or 1: what a float of the global gate cannot mean.
_FAR = 8.0
# Answers that are assumed before any: silence under the first popups says little.
_FIRST_SILENT = 1.0


def log_odds(p: float) -> float:
    """Log-odds, within ± 8."""
    return min(_FAR, max(-_FAR, math.log(p / (1.0 - p)))) if 0.0 < p < 1.0 else math.copysign(_FAR, p - 0.5)


class Lesson(NamedTuple):
    """One answer as the layer takes it. ``about``: the suggestion, None = its own; a later word replaces an earlier."""

    facts: Facts
    odds: float
    target: bool
    weight: float
    at: float
    topic: str
    about: int | None = None


class Topics:
    """Topics of the last answers: so that a moment like a declined one shows."""

    def __init__(self) -> None:
        self._seen: dict[bool, deque[frozenset[str]]] = {target: deque(maxlen=REMEMBERED) for target in (False, True)}

    def facts(self, text: str) -> Facts:
        """Overlap with the nearest topic of each kind; nothing where nothing is shared."""
        mine = topics(text)
        near = {
            name: max((overlap(mine, one) for one in self._seen[target] if not mine.isdisjoint(one)), default=0.0)
            for name, target in (("like_no=", False), ("like_yes=", True))
        }
        return {name: value for name, value in near.items() if value}

    def add(self, text: str, target: bool) -> None:
        """Remember an answer's topic."""
        if mine := topics(text):
            self._seen[target].append(mine)


class Answering:
    """How far this owner's silence under a popup can be believed: as far as he usually answers.

    Who never answers at all may never look; his silence moves nothing.
    """

    def __init__(self) -> None:
        self._answered, self._silent = 0.0, _FIRST_SILENT

    def worth(self, label: Label) -> float:
        """Factor for the weights of ``label``, and count it."""
        if label.kind is not OutcomeKind.IGNORED:
            self._answered += label.kind is not OutcomeKind.MISSED
            return 1.0
        share = self._answered / (self._answered + self._silent)
        self._silent += 1.0
        return share


class Layer:
    """A :class:`Mixture` with what else is remembered of the labels."""

    def __init__(self, half_life_days: float = HALF_LIFE_DAYS, tuning: Tuning = TUNING) -> None:
        self._half_life_s, self._tuning = half_life_days * DAY_S, tuning
        self.mixture = Mixture(self._half_life_s, self._tuning)
        self.topics = Topics()
        self.answering = Answering()
        self._lessons: list[Lesson] = []

    @property
    def labels(self) -> int:
        """How many were learned."""
        return len(self._lessons)

    def learn(self, lesson: Lesson) -> None:
        """Take in one answer; a changed mind is learned instead of the first word."""
        left = [one for one in self._lessons if lesson.about is None or one.about != lesson.about]
        if len(left) < len(self._lessons):
            self._lessons, self.mixture = left, Mixture(self._half_life_s, self._tuning)
            for one in left:
                self.mixture.learn(one.facts, one.odds, one.target, one.weight, one.at)
        self.mixture.learn(lesson.facts, lesson.odds, lesson.target, lesson.weight, lesson.at)
        self.topics.add(lesson.topic, lesson.target)
        self._lessons.append(lesson)

    def strongest(self, facts: Mapping[str, float], now: float, count: int = 2) -> list[tuple[str, float]]:
        """The facts that moved the shift most, in the direction that it went."""
        shift = self.mixture.shift(facts, now)
        parts = self.mixture.parts(facts, now)
        same = [(name, value) for name, value in parts.items() if value * shift > 0 and name != "always="]
        return sorted(same, key=lambda part: (-abs(part[1]), part[0]))[:count]


# A shift that could not be read off a probability of two digits is not spoken of.
_WORTH_SAYING = 0.1


def in_words(shift: float, strongest: list[tuple[str, float]]) -> str:
    """``You usually decline offers in Firefox, in the evening: -0.8.``; '' for next to nothing."""
    if abs(shift) < _WORTH_SAYING:
        return ""
    verb = "accept" if shift > 0 else "decline"
    named = list(dict.fromkeys(said(name) for name, _ in strongest))
    where = f" {', '.join(named)}" if named else ""
    return f"You usually {verb} offers{where}: {shift:+.1f}."

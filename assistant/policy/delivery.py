"""The delivery policy: is this a good moment to show a suggestion? Pure; silence is the default.

Every refusal is a readable reason that is stored with its decision (DESIGN.md, rule 3).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from assistant.events import OutcomeKind
from assistant.ports import PastOffer
from assistant.settings import Delivery

# Words that say nothing about the topic: left out of the comparison of two tasks.
_STOP = frozenset(
    (  # noqa: SIM905 - a sentence of words reads better than a column of literals
        "a an and at by can do for from help how i in into is it me my of on or our provide some that the their "
        "them this to up use user using with you your der die das ein eine und oder mit für von zu el la los las "
        "un una y o de en con para por"
    ).split()
)
_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True)
class Surroundings:
    """What is known of the moment."""

    now: float
    utc_offset_min: int = 0
    away: bool = False
    locked: bool = False
    fullscreen: bool = False
    private: bool = False
    paused: bool = False
    showing: bool = False


def topic_words(task: str) -> frozenset[str]:
    """The words of a task that carry its topic, lower-case, crudely stemmed (plural and -ing off)."""
    words = (word.lower() for word in _WORD.findall(task))
    return frozenset(re.sub(r"(ing|es|s)$", "", word) if len(word) > 4 else word for word in words if word not in _STOP)  # noqa: PLR2004 - short words have no ending to spare


def similarity(one: str, other: str) -> float:
    """Jaccard overlap of two tasks' topic words, 0…1."""
    a, b = topic_words(one), topic_words(other)
    if not a or not b:
        return 1.0 if one.strip().lower() == other.strip().lower() else 0.0
    return len(a & b) / len(a | b)


class DeliveryPolicy:
    """Answers with the reason not to, or None.

    ``history`` is every earlier suggestion of the last days, oldest first, with its latest outcome.
    """

    def __init__(self, options: Delivery) -> None:
        self._options = options

    def why_not_now(self, around: Surroundings, history: Sequence[PastOffer]) -> str | None:
        """Why nothing may be shown at this moment, whatever it is; asked before the model is."""
        return self._state(around) or self._budget(around, history)

    def why_not_this(self, task: str, around: Surroundings, history: Sequence[PastOffer]) -> str | None:
        """Why this task may not be shown now."""
        return self.why_not_now(around, history) or self._repetition(task, around.now, history)

    def _state(self, around: Surroundings) -> str | None:
        if around.paused:
            return "paused"
        if around.private:
            return "a private window or excluded application has the focus"
        if around.locked:
            return "the screen is locked"
        if around.away:
            return "nobody is at the computer"
        if around.fullscreen and not self._options.fullscreen:
            return "a window is fullscreen"
        return "another suggestion is on the screen" if around.showing else None

    def _budget(self, around: Surroundings, history: Sequence[PastOffer]) -> str | None:
        # Offers of a future that a corrected clock took back cost nothing.
        shown = [o.time for o in history if o.outcome != OutcomeKind.UNSEEN and o.time <= around.now]
        if shown and (since := around.now - max(shown)) < self._options.cooldown_s:
            return f"the last suggestion was only {max(since, 0):.0f} s ago (cooldown {self._options.cooldown_s:.0f} s)"
        today = sum(time >= _midnight(around) for time in shown)
        if today >= self._options.per_day:
            return f"today's {self._options.per_day} suggestions are used up"
        return None

    def _repetition(self, task: str, now: float, history: Sequence[PastOffer]) -> str | None:
        options = self._options
        for distance, offer in enumerate(reversed(history)):
            if offer.outcome == OutcomeKind.UNSEEN or similarity(task, offer.task) < options.duplicate_similarity:
                continue
            age = now - offer.time
            if offer.outcome == OutcomeKind.REJECTED and age < options.rejected_for_s:
                return f"'{offer.task}' was rejected {age / 86_400:.1f} days ago"
            if offer.outcome == OutcomeKind.SNOOZED and age >= options.snooze_s:
                continue
            if distance < options.duplicate_window:
                return f"it repeats an earlier suggestion: '{offer.task}'"
        return None


def _midnight(around: Surroundings) -> float:
    """The last local midnight, as seconds since the epoch."""
    zone = timezone(timedelta(minutes=around.utc_offset_min))
    return (
        datetime.fromtimestamp(around.now, UTC)
        .astimezone(zone)
        .replace(hour=0, minute=0, second=0, microsecond=0)
        .timestamp()
    )

"""What becomes of one card: its clock, the pointer that stops it, and the one outcome. Pure: no window, no time.

``mono`` is monotonic seconds, ``at`` wall seconds; both come from the caller's Clock.
"""

from __future__ import annotations

from enum import StrEnum

from assistant.events import Outcome, OutcomeKind

# A pointer that was left on the card must not hold it for ever: ten minutes is longer than any reading.
HOVER_MAX_S = 600.0
# After "No", one click may say why; four seconds is enough for a glance and short enough not to be in the way.
REASONS_S = 4.0
# The answer stays until it is closed; without the pointer on it for two minutes nobody is reading.
READING_S = 120.0
# Nothing to read or copy: the thank-you leaves by itself.
NOTHING_TO_READ_S = 2.5

ANSWERS = {"accept": OutcomeKind.ACCEPTED, "later": OutcomeKind.SNOOZED, "no": OutcomeKind.REJECTED}
"""The page's buttons."""

REASONS = ("not useful", "wrong", "bad moment")
"""What may be given as the reason of a rejection."""


class Phase(StrEnum):
    """Where a card is in its short life."""

    WAITING = "waiting"
    OFFER = "offer"
    READING = "reading"
    REASONS = "reasons"
    OVER = "over"


class CardState:
    """One suggestion on the screen. Exactly one outcome comes out of it, whoever is first.

    A reason given after a rejection is a second, further row (outcomes are append-only).
    """

    def __init__(self, suggestion_id: int, popup_s: float, mono: float, *, source: str = "popup") -> None:
        self.suggestion_id, self.popup_s, self.source = suggestion_id, popup_s, source
        self.phase = Phase.WAITING
        self.painted_at: float | None = None
        self.answered: Outcome | None = None
        self._hovered_since: float | None = None
        self._deadline = mono + popup_s

    @property
    def over(self) -> bool:
        return self.phase is Phase.OVER

    @property
    def hovered(self) -> bool:
        return self._hovered_since is not None

    def paint(self, mono: float) -> bool:
        """The page says that it is on the screen: the clock starts now. False when it had started already."""
        if self.phase is not Phase.WAITING:
            return False
        self.phase, self.painted_at = Phase.OFFER, mono
        self._restart(self.popup_s, mono)
        return True

    def prolong(self, mono: float) -> None:
        """The owner asked to know more: the clock starts again."""
        self._restart(self.popup_s, mono)

    def hover(self, inside: bool, mono: float) -> None:
        """The pointer came or left: the clock stops while it is there."""
        if inside and not self.hovered:
            self._hovered_since = mono
        elif not inside and self._hovered_since is not None:
            self._deadline += mono - self._hovered_since
            self._hovered_since = None

    def remaining(self, mono: float) -> float:
        """Seconds left on the clock."""
        return max(0.0, self._deadline - (mono if self._hovered_since is None else self._hovered_since))

    def answer(self, kind: OutcomeKind, mono: float, at: float, *, response: bool = True) -> Outcome | None:
        """A button was pressed; None when an outcome is there already."""
        if self.phase is not Phase.OFFER:
            return None
        if kind is OutcomeKind.ACCEPTED:
            self._go_on(Phase.READING, READING_S if response else NOTHING_TO_READ_S, mono)
        elif kind is OutcomeKind.REJECTED:
            self._go_on(Phase.REASONS, REASONS_S, mono)
        else:
            self.phase = Phase.OVER
        return self._settle(kind, mono, at)

    def reason(self, reason: str, at: float) -> Outcome | None:
        """Why it was rejected: a further row with the same verdict."""
        if self.phase is not Phase.REASONS or reason not in REASONS or self.answered is None:
            return None
        self.phase = Phase.OVER
        return self.answered.model_copy(update={"at": at, "reason": reason})

    def tick(self, mono: float, at: float) -> Outcome | None:
        """Let time pass. When it is up the phase becomes OVER; an unanswered card was ignored, or never seen."""
        if self._hovered_since is not None and mono - self._hovered_since > HOVER_MAX_S:
            self.hover(inside=False, mono=mono)
        if self.phase is Phase.OVER or self.hovered or self.remaining(mono) > 0:
            return None
        painted, self.phase = self.painted_at is not None, Phase.OVER
        if painted:
            return self._settle(OutcomeKind.IGNORED, mono, at)
        return self._settle(OutcomeKind.UNSEEN, mono, at, reason="never painted")

    def end(self, reason: str, mono: float, at: float) -> Outcome | None:
        """Taken away before anybody answered: no verdict, so it counts as unseen, with the reason."""
        self.phase = Phase.OVER
        return self._settle(OutcomeKind.UNSEEN, mono, at, reason=reason)

    def close(self) -> bool:
        """Close pressed while reading, or reasons waved away; False where there is an offer to answer first."""
        if self.phase not in {Phase.READING, Phase.REASONS}:
            return False
        self.phase = Phase.OVER
        return True

    def _go_on(self, phase: Phase, seconds: float, mono: float) -> None:
        self.phase = phase
        self._restart(seconds, mono)

    def _restart(self, seconds: float, mono: float) -> None:
        self._deadline = mono + seconds
        if self.hovered:
            self._hovered_since = mono

    def _settle(self, kind: OutcomeKind, mono: float, at: float, *, reason: str = "") -> Outcome | None:
        if self.answered is not None:
            return None
        decided = self.painted_at is not None and kind not in {OutcomeKind.UNSEEN, OutcomeKind.IGNORED}
        self.answered = Outcome(
            suggestion_id=self.suggestion_id,
            kind=kind,
            at=at,
            reaction_s=max(0.0, mono - (self.painted_at or 0.0)) if decided else None,
            reason=reason,
            source=self.source,
        )
        return self.answered

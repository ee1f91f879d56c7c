"""A Notifier that keeps what it was shown, for tests and for the engine's fakes."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.clock import Clock, SystemClock
from assistant.events import Event, Outcome, OutcomeKind, Suggestion
from assistant.ports import OnOutcome
from ui.popup_state import CardState


class FakeNotifier:
    """``shown`` has every suggestion with its events; ``press`` answers the open one like a click.

    ``auto`` answers each suggestion at once.
    """

    name = "fake"

    def __init__(self, clock: Clock | None = None, *, popup_s: float = 12.0, auto: OutcomeKind | None = None) -> None:
        self.shown: list[tuple[Suggestion, tuple[Event, ...]]] = []
        self._clock, self._popup_s, self.auto = clock or SystemClock(), popup_s, auto
        self._open: tuple[CardState, OnOutcome] | None = None

    def show(self, suggestion: Suggestion, why_events: Sequence[Event], on_outcome: OnOutcome) -> None:
        self._end("replaced")
        self.shown.append((suggestion, tuple(why_events)))
        state = CardState(suggestion.id, self._popup_s, self._clock.mono(), source="fake")
        state.paint(self._clock.mono())
        self._open = state, on_outcome
        if self.auto is not None:
            self.press(self.auto)

    def withdraw(self, suggestion_id: int) -> None:
        if self._open is not None and self._open[0].suggestion_id == suggestion_id:
            self._end("withdrawn")

    def close(self) -> None:
        self._end("stopped")

    def press(self, kind: OutcomeKind) -> None:
        """Answer the suggestion that is up."""
        if self._open is not None:
            state, on_outcome = self._open
            _tell(on_outcome, state.answer(kind, self._clock.mono(), self._clock.now()))

    def time_up(self) -> None:
        """Let the clock run out (a FakeClock was moved on)."""
        if self._open is not None:
            state, on_outcome = self._open
            _tell(on_outcome, state.tick(self._clock.mono(), self._clock.now()))

    def _end(self, reason: str) -> None:
        if self._open is not None:
            (state, on_outcome), self._open = self._open, None
            _tell(on_outcome, state.end(reason, self._clock.mono(), self._clock.now()))


def _tell(on_outcome: OnOutcome, outcome: Outcome | None) -> None:
    if outcome is not None:
        on_outcome(outcome)

"""What is known of the user's whereabouts, folded from observations. Pure."""

from __future__ import annotations

from assistant.events import (
    IdleChanged,
    KeyNamed,
    KeysCounted,
    KeyText,
    LockChanged,
    Observation,
    PrivateChanged,
    WindowFocus,
)
from assistant.policy.delivery import Surroundings


class Presence:
    """Away, locked, fullscreen, private, paused, typing: the state that delivery asks for."""

    def __init__(self) -> None:
        self.away = self.locked = self.fullscreen = self.private = self.paused = False
        self.private_since = 0.0
        self.private_rule = ""
        self.last_key = float("-inf")

    def see(self, observation: Observation) -> None:
        """Fold one observation in."""
        match observation:
            case IdleChanged(idle=idle):
                self.away = idle
            case LockChanged(locked=locked):
                self.locked = locked
            case WindowFocus(fullscreen=fullscreen):
                self.fullscreen = fullscreen
            case PrivateChanged(private=private, rule=rule, at=at):
                if private and not self.private:
                    self.private_since = at
                self.private, self.private_rule = private, rule if private else self.private_rule
            case KeyText() | KeyNamed() | KeysCounted():
                self.last_key = observation.at
            case _:
                pass

    def collectors_gone(self) -> None:
        """Nothing is known any more: the states that a lost process can't take back are dropped."""
        self.away = self.locked = self.fullscreen = self.private = False

    def around(self, now: float, utc_offset_min: int, *, showing: bool) -> Surroundings:
        """The moment as the delivery policy wants it."""
        return Surroundings(
            now=now,
            utc_offset_min=utc_offset_min,
            away=self.away,
            locked=self.locked,
            fullscreen=self.fullscreen,
            private=self.private,
            paused=self.paused,
            showing=showing,
        )

    def word(self) -> str:
        """One word for `assistant status`."""
        states = ("paused", "locked", "private", "away", "fullscreen")
        return next((state for state in states if getattr(self, state)), "recording")

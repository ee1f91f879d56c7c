"""Suggestions in the terminal that `assistant run` was started in, where neither popup nor notification works."""

from __future__ import annotations

import os
from collections.abc import Callable

from assistant.clock import SystemClock
from assistant.events import Outcome
from assistant.ipc import Client
from assistant.messages import Answered, Hello, Message, Painted, Show, UiReady, Withdraw
from assistant.paths import Paths
from assistant.settings import Settings
from ui.terminal import TerminalNotifier


class TerminalUi:
    """A ui client like the popup's process, on this terminal. The engine prefers any other that is connected."""

    def __init__(self, paths: Paths, settings: Settings, notifier: TerminalNotifier | None = None) -> None:
        self._clock = SystemClock()
        self._notifier = notifier or TerminalNotifier(self._clock, popup_s=settings.delivery.popup_s)
        self._client = Client(paths.socket, Hello(role="ui", pid=os.getpid()), self._hear, on_up=self._up)

    def start(self) -> None:
        """Offer this terminal to the engine."""
        self._client.start()

    def close(self) -> None:
        """Take the offer back."""
        self._notifier.close()
        self._client.close()

    def _up(self) -> None:
        self._client.send(UiReady(notifier="terminal"))

    def _hear(self, message: Message) -> None:
        if isinstance(message, Withdraw):
            self._notifier.withdraw(message.suggestion_id)
        elif isinstance(message, Show):
            self._notifier.show(message.suggestion, message.why_events, self._answered)
            painted = Painted(suggestion_id=message.suggestion.id, at=self._clock.now(), took_ms=0.0)
            self._client.send(painted)

    def _answered(self, outcome: Outcome) -> None:
        self._client.send(Answered(outcome=outcome))


def offer_terminal(paths: Paths, settings: Settings) -> Callable[[], None]:
    """Start a :class:`TerminalUi`; gives the function that ends it."""
    ui = TerminalUi(paths, settings)
    ui.start()
    return ui.close

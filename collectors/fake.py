"""A sense without a machine: what all fakes share. They ship with the program: demos and tests use them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from assistant.clock import Clock
from assistant.errors import AssistantError
from assistant.events import Observation
from assistant.ports import Emit

log = logging.getLogger(__name__)


class FakeCollector:
    """Emits what it is told to see. ``broken`` makes ``start`` raise it; ``die`` is a thread that has ended."""

    name = "fake"
    backend = "fake"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.broken: AssistantError | None = None
        self._emit: Emit | None = None
        self._dead = False

    def start(self, emit: Emit) -> None:
        """Begin to emit.

        :raises AssistantError: whatever ``broken`` was set to.
        """
        if self.broken is not None:
            raise self.broken
        self._emit, self._dead = emit, False

    def stop(self) -> None:
        self._emit = None

    def alive(self) -> bool:
        return self._emit is not None and not self._dead

    def die(self) -> None:
        """Stop hearing without anyone having asked, as hooks do."""
        self._dead = True

    def see(self, observe: Callable[[float, float], Observation]) -> None:
        """Emit ``observe(at, mono)`` with the clock's times, if running; a raising ``emit`` loses it alone."""
        self.hand_on(observe(self.clock.now(), self.clock.mono()))

    def hand_on(self, observation: Observation) -> None:
        """Emit an observation that has its times already."""
        if self._emit is None or self._dead:
            return
        try:
            self._emit(observation)
        except Exception as error:
            log.warning("%s: one observation was lost: %s", self.name, type(error).__name__)

"""pynput's listeners as a sense, for macOS and Windows (X11 has readers of its own).

pynput's ``running`` stays true after its thread died, and one exception in a call-back ends the listener
[CAPTURE]; so the thread itself is looked at, and nothing is let out of a call-back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from assistant.clock import Clock
from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Observation
from assistant.ports import Emit

log = logging.getLogger(__name__)
# Contract: `stop` takes at most a second.
STOP_S = 0.9


class HookCollector:
    """One pynput listener. Back ends give ``listener`` (make it, unstarted)."""

    name = ""
    backend = "pynput"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._emit: Emit = lambda _observation: None
        self._listener: Any = None

    def listener(self) -> Any:
        """Make a listener.

        :raises ImportError: pynput cannot work here.
        """
        raise NotImplementedError

    def start(self, emit: Emit) -> None:
        """Begin to listen.

        :raises EnvironmentFault: pynput cannot work here.
        :raises SetupError: the system withholds the permission (macOS).
        """
        self.stop()
        self._emit = emit
        try:
            listener = self.listener()
        except ImportError as error:
            raise EnvironmentFault(f"{self.name}: pynput cannot work here: {error}") from error
        if getattr(listener, "IS_TRUSTED", True) is False:
            raise SetupError(
                f"{self.name} off: this program is not allowed to watch input.",
                hint="System Settings → Privacy & Security → Input Monitoring and Accessibility: allow it there.",
            )
        listener.daemon = True
        listener.start()
        self._listener = listener

    def stop(self) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        try:
            listener.stop()
            listener.join(STOP_S)
        except Exception as error:
            # join() hands on what killed the listener; it is being stopped anyway.
            log.debug("%s: %s", self.name, type(error).__name__)

    def alive(self) -> bool:
        return self._listener is not None and bool(self._listener.is_alive())

    def see(self, observe: Callable[[float, float], Observation | None]) -> None:
        """Emit ``observe(at, mono)`` unless None; whatever goes wrong, this one alone is lost."""
        try:
            observation = observe(self._clock.now(), self._clock.mono())
            if observation is not None:
                self._emit(observation)
        except Exception as error:
            log.warning("%s: one observation was lost: %s", self.name, type(error).__name__)

"""Idle time and screen saver on X11, by the MIT-SCREEN-SAVER extension."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from assistant.clock import Clock
from assistant.errors import EnvironmentFault
from collectors.idle.tracker import IdleTracker
from collectors.xserver import XCollector, close_display, need_extension, open_display

EXTENSION = "MIT-SCREEN-SAVER"
# One look costs 136 µs [FINDINGS]: once a second is 0.02 % of a core, and "away" is right to one second.
POLL_S = 1.0
_SAVER_ON = 1


class X11Idle(XCollector):
    """Emits IdleChanged, LockChanged (screen saver on) and a Gap of all senses after a suspend."""

    name = "idle"

    def __init__(self, display: str, clock: Clock, after_s: float, poll_s: float = POLL_S) -> None:
        super().__init__(display, clock)
        self._after_s, self._poll_s = after_s, poll_s
        self._tracker = IdleTracker(after_s)
        self._display: Any = None
        self._due = 0.0

    def connect(self) -> Sequence[Any]:
        self._display = open_display(self._display_name)
        need_extension(self._display, EXTENSION, "idle time")
        self._tracker = IdleTracker(self._after_s)
        self._due = 0.0
        return (self._display,)

    def patience(self) -> float | None:
        return max(0.0, self._due - time.monotonic())

    def serve(self) -> None:
        self._display.pending_events()
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._poll_s
        answer = self._display.screen().root.screensaver_query_info()
        locked = answer.state == _SAVER_ON
        for each in self._tracker.look(self._clock.now(), self._clock.mono(), answer.idle / 1000, locked=locked):
            self.emit(each)


class X11IdleClock:
    """The X server's count of seconds without input. May be asked from any thread; connects by itself."""

    def __init__(self, display: str) -> None:
        self._display_name = display
        self._display: Any = None
        self._lock = threading.Lock()

    def idle_s(self) -> float:
        """Seconds since the last key, click or movement.

        :raises EnvironmentFault: the X server does not answer; the next call connects anew.
        """
        from Xlib.error import ConnectionClosedError, XError

        with self._lock:
            if self._display is None:
                display = open_display(self._display_name)
                need_extension(display, EXTENSION, "idle time")
                self._display = display
            try:
                return float(self._display.screen().root.screensaver_query_info().idle) / 1000
            except (ConnectionClosedError, XError, OSError) as fault:
                self._forget()
                raise EnvironmentFault("The X server does not tell its idle time: it went away.") from fault

    def close(self) -> None:
        """Give the connection back; a later question opens a new one."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._display is not None:
            close_display(self._display)
            self._display = None

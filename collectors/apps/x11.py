"""Programs with a window on X11: _NET_CLIENT_LIST says which, psutil says whether they still run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.clock import Clock
from assistant.events import AppExited, AppStarted
from collectors.processes import ProcessNames
from collectors.window.ewmh import Ewmh
from collectors.window.x11 import AppNames
from collectors.xserver import XCollector, close_display, open_display

_PROPERTY_CHANGES, _PROPERTY_NOTIFY = 1 << 22, 28
Identity = tuple[int, float]


@dataclass(frozen=True)
class Program:
    """A running program as it is named in events."""

    app: str
    process: str


class X11Apps(XCollector):
    """Emits AppStarted and AppExited. What runs already at the start is known, not announced.

    The window list is read only after it changed, at most every ``every_s`` seconds; whether known programs
    still run is checked every ``every_s`` (a few system calls each).
    """

    name = "apps"

    def __init__(self, display: str, clock: Clock, environ: Mapping[str, str], every_s: float) -> None:
        super().__init__(display, clock)
        self._every_s = every_s
        self._app_name = AppNames(environ)
        self._processes = ProcessNames()
        self._ewmh: Any = None
        self._known: dict[Identity, Program] = {}
        self._pids: dict[int, int | None] = {}
        self._baseline = True
        self._changed = True
        self._due = 0.0

    def connect(self) -> Sequence[Any]:
        display = open_display(self._display_name)
        try:
            self._ewmh = Ewmh(display)
            self._ewmh.root.change_attributes(event_mask=_PROPERTY_CHANGES)
            display.flush()
        except Exception:
            close_display(display)
            raise
        self._known, self._pids = {}, {}
        self._baseline = self._changed = True
        self._due = 0.0
        return (display,)

    def patience(self) -> float | None:
        return max(0.0, self._due - time.monotonic())

    def serve(self) -> None:
        self._drain()
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._every_s
        self._exits()
        if self._changed:
            self._changed = False
            self._starts(self._ewmh.clients())
            self._drain()

    def _drain(self) -> None:
        display = self._ewmh.display
        client_list = self._ewmh.atom("_NET_CLIENT_LIST")
        while display.pending_events():
            event = display.next_event()
            self._changed = self._changed or (event.type == _PROPERTY_NOTIFY and event.atom == client_list)

    def _starts(self, windows: Sequence[int]) -> None:
        self._pids = {window: self._pid(window) for window in windows}
        for window, pid in self._pids.items():
            identity = self._processes.identity(pid) if pid else None
            if identity is None or identity in self._known:
                continue
            process = self._processes.name(pid)
            program = Program(self._app_name(self._ewmh.look(window).app_id, process), process)
            self._known[identity] = program
            if not self._baseline:
                at, mono = self._clock.now(), self._clock.mono()
                self.emit(AppStarted(at=at, mono=mono, app=program.app, pid=identity[0], process=process))
        self._baseline = False

    def _pid(self, window: int) -> int | None:
        return self._pids[window] if window in self._pids else self._ewmh.pid(self._ewmh.window(window))

    def _exits(self) -> None:
        gone = [identity for identity in self._known if self._processes.identity(identity[0]) != identity]
        for identity in gone:
            program = self._known.pop(identity)
            at, mono = self._clock.now(), self._clock.mono()
            self.emit(AppExited(at=at, mono=mono, app=program.app, pid=identity[0], process=program.process))

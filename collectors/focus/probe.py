"""One answer from all that is known: AT-SPI for programs with widgets, the pty for terminals."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

from assistant.clock import Clock, SystemClock
from assistant.events import WindowFocus
from assistant.ports import FieldFocus, FieldKind
from collectors.focus.atspi import AtspiWatch
from collectors.focus.history import History
from collectors.focus.terminal import TerminalProbe

# A program tells its focus a little before or after the window manager tells the new window (11 ms at most
# [FINDINGS]; start-up of a dialog is slower): such a signal belongs to the new window.
_SAME_MOMENT_S = 0.5
# Ptys are not looked at again within this time: at 1,000 keys/s that would cost a whole core.
_FRESH_S = 0.01
_PIDS_KEPT = 64


class DesktopProbe:
    """A FocusProbe with memory: ``since`` judges a key by when it was pressed. Unknown when in any doubt."""

    backend = "atspi+termios"

    def __init__(self, clock: Clock, bus_address: str) -> None:
        self._clock = clock
        self._history = History()
        self._lock = threading.Lock()
        self._terminals = TerminalProbe()
        self._in_terminal = False
        self._window: tuple[str, int | None] = ("", None)
        self._last: OrderedDict[int, tuple[float, FieldKind]] = OrderedDict()
        self._looked_at = -1.0
        self._watch = AtspiWatch(self._on_focus, clock, bus_address) if bus_address else None

    @property
    def reason(self) -> str:
        """Why fields of programs with widgets are unknown, '' when all is well."""
        if self._watch is None:
            return "There is no D-Bus session, so password fields cannot be told from others."
        return self._watch.reason

    def start(self) -> None:
        if self._watch is not None:
            self._watch.start()

    def stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()

    def window_changed(self, seen: WindowFocus) -> None:
        """Another window has the focus: unknown until its program tells what in it has."""
        with self._lock:
            window = (seen.window, seen.pid)
            if window == self._window:
                return
            self._window = window
            self._in_terminal = self._terminals.window_changed(seen)
            self._looked_at = -1.0
            now = self._clock.mono()
            told_at, kind = self._last.get(seen.pid or -1, (0.0, FieldKind.UNKNOWN))
            known = not self._in_terminal and now - told_at <= _SAME_MOMENT_S
            self._note(kind if known else FieldKind.UNKNOWN, seen.pid, now)

    def field(self) -> FieldFocus:
        """What has the focus now."""
        with self._lock:
            self._look_at_terminal()
        return self._history.now()

    def since(self, mono: float) -> FieldFocus:
        """What a key pressed at ``mono`` went into, in the strictest reading."""
        with self._lock:
            self._look_at_terminal()
        return self._history.since(mono)

    def _look_at_terminal(self) -> None:
        now = self._clock.mono()
        if self._in_terminal and now - self._looked_at >= _FRESH_S:
            self._looked_at = now
            self._history.note(self._terminals.field(), now)

    def _on_focus(self, pid: int, kind: FieldKind, mono: float) -> None:
        with self._lock:
            self._last[pid] = (mono, kind)
            self._last.move_to_end(pid)
            if len(self._last) > _PIDS_KEPT:
                self._last.popitem(last=False)
            if pid == self._window[1] and not self._in_terminal:
                self._note(kind, pid, mono)

    def _note(self, kind: FieldKind, pid: int | None, mono: float) -> None:
        self._history.note(
            FieldFocus(kind=kind, how="atspi" if kind is not FieldKind.UNKNOWN else "none", pid=pid), mono
        )


def make_probe(environ: Mapping[str, str], clock: Clock | None = None) -> DesktopProbe:
    """The probe for this system, not started. Without a session bus only terminals are known."""
    return DesktopProbe(clock or SystemClock(), environ.get("DBUS_SESSION_BUS_ADDRESS", ""))

"""A focus probe that is told what has the focus."""

from __future__ import annotations

from assistant.clock import Clock
from assistant.events import WindowFocus
from assistant.ports import FieldFocus, FieldKind
from collectors.focus.history import History


class FakeProbe:
    """``focus`` sets the field; a change of window makes it unknown, as with the real one."""

    backend = "fake"
    reason = ""

    def __init__(self, clock: Clock, kind: FieldKind = FieldKind.UNKNOWN) -> None:
        self._clock = clock
        self._history = History()
        self._window = ""
        self.focus(kind)

    def start(self) -> None:
        """Nothing to begin."""

    def stop(self) -> None:
        """Nothing to end."""

    def focus(self, kind: FieldKind) -> None:
        """From now on this kind of element has the focus."""
        self._history.note(FieldFocus(kind=kind, how="fake"), self._clock.mono())

    def field(self) -> FieldFocus:
        return self._history.now()

    def since(self, mono: float) -> FieldFocus:
        """See :meth:`collectors.focus.history.History.since`."""
        return self._history.since(mono)

    def window_changed(self, seen: WindowFocus) -> None:
        """Another window: unknown until ``focus`` says otherwise."""
        if seen.window != self._window:
            self._window = seen.window
            self.focus(FieldKind.UNKNOWN)

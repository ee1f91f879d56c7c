"""Clicks and wheel on X11, by RECORD of button presses alone.

Not pynput here: on X11 its listener records the event codes 4–8, so the server sends it every pointer
movement too (~10 % of a core with a 1000 Hz mouse [CAPTURE]), whether or not ``on_move`` is hooked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.clock import Clock
from assistant.events import Click, Scroll
from collectors.recorder import BUTTON_PRESS, Input, Remap, record
from collectors.xserver import XCollector, close_display, open_display

BUTTONS = {1: "left", 2: "middle", 3: "right"}
# X11 numbers the wheel as buttons: up, down, left, right.
WHEEL = {4: (0, 1), 5: (0, -1), 6: (-1, 0), 7: (1, 0)}


class X11Mouse(XCollector):
    """Emits one Click per button press and one Scroll per notch."""

    name = "mouse"

    def __init__(self, display: str, clock: Clock) -> None:
        super().__init__(display, clock)
        self._stream: Any = None

    def connect(self) -> Sequence[Any]:
        stream = open_display(self._display_name)
        try:
            record(stream, BUTTON_PRESS, self._see)
        except Exception:
            close_display(stream)
            raise
        self._stream = stream
        return (stream,)

    def serve(self) -> None:
        self._stream.pending_events()

    def _see(self, item: Input | Remap) -> None:
        if isinstance(item, Remap):
            return
        at, mono = self._clock.now(), self._clock.mono()
        if notch := WHEEL.get(item.code):
            self.emit(Scroll(at=at, mono=mono, dx=notch[0], dy=notch[1]))
        else:
            self.emit(Click(at=at, mono=mono, button=BUTTONS.get(item.code, "other")))

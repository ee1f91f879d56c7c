"""Clicks and wheel through pynput (macOS, Windows); movement is never asked for."""

from __future__ import annotations

from typing import Any

from assistant.events import Click, Observation, Scroll
from collectors.hook import HookCollector


class PynputMouse(HookCollector):
    """Emits what X11Mouse emits."""

    name = "mouse"

    def listener(self) -> Any:
        from pynput import mouse

        return mouse.Listener(on_click=self._click, on_scroll=self._scroll)

    def _click(self, _x: float, _y: float, button: Any, pressed: bool, *_more: Any) -> None:
        self.see(lambda at, mono: _clicked(button, at, mono) if pressed else None)

    def _scroll(self, _x: float, _y: float, dx: float, dy: float, *_more: Any) -> None:
        self.see(lambda at, mono: Scroll(at=at, mono=mono, dx=round(dx), dy=round(dy)))


def _clicked(button: Any, at: float, mono: float) -> Observation:
    name = getattr(button, "name", "")
    return Click(at=at, mono=mono, button=name if name in {"left", "middle", "right"} else "other")

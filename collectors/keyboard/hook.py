"""Keys through pynput, where the OS decodes them itself (macOS, Windows)."""

from __future__ import annotations

from typing import Any

from assistant.clock import Clock
from assistant.events import KeyNamed, KeyText, Observation
from collectors.hook import HookCollector

_MODS = {"ctrl": "Ctrl", "alt": "Alt", "cmd": "Super", "shift": "Shift"}
_ORDER = ("Ctrl", "Alt", "Super", "Shift")
_NAMES = {
    "enter": "Enter", "tab": "Tab", "backspace": "BackSpace", "delete": "Delete", "esc": "Escape",
    "left": "Left", "right": "Right", "up": "Up", "down": "Down", "home": "Home", "end": "End",
    "page_up": "PageUp", "page_down": "PageDown", "insert": "Insert",
} | {f"f{i}": f"F{i}" for i in range(1, 36)}  # fmt: skip
_FIRST_PRINTABLE = 0x20


class PynputKeyboard(HookCollector):
    """Emits what X11Keyboard emits; modifiers are followed by their own presses and releases."""

    name = "keyboard"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._held: set[str] = set()

    def listener(self) -> Any:
        from pynput import keyboard

        self._held = set()
        return keyboard.Listener(on_press=self._press, on_release=self._release)

    def _press(self, key: Any, *_more: Any) -> None:
        self.see(lambda at, mono: self._pressed(key, at, mono))

    def _pressed(self, key: Any, at: float, mono: float) -> Observation | None:
        name = getattr(key, "name", None)
        if name and name.split("_")[0] in _MODS and name != "alt_gr":
            self._held.add(_MODS[name.split("_")[0]])
            return None
        chord = tuple(each for each in _ORDER if each in self._held)
        real = [each for each in chord if each != "Shift"]
        if name in _NAMES:
            return KeyNamed(at=at, mono=mono, key=_NAMES[name], mods=chord)
        text = " " if name == "space" else _character(key, plain=bool(real))
        if not text:
            return None
        if real:
            return KeyNamed(at=at, mono=mono, key="Space" if text == " " else text.lower(), mods=chord)
        return KeyText(at=at, mono=mono, text=text)

    def _release(self, key: Any, *_more: Any) -> None:
        name = getattr(key, "name", None) or ""
        self._held.discard(_MODS.get(name.split("_")[0], ""))


def _character(key: Any, *, plain: bool) -> str:
    """The key's character; with Ctrl held the OS gives control characters, so the letter is taken instead."""
    text = getattr(key, "char", None) or ""
    if len(text) == 1 and ord(text) < _FIRST_PRINTABLE:
        return chr(ord(text) + 0x60) if plain and 1 <= ord(text) <= 26 else ""  # noqa: PLR2004 - Ctrl+A … Ctrl+Z
    return str(text)

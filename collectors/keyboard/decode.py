"""Key presses → typed characters and named keys. Pure: a keymap in, words of the contract out."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.keyboard import keysyms
from collectors.keyboard.compose import Composer
from collectors.keyboard.xkb import CONTROL, LOCK, SHIFT, Keymap

MODIFIERS = ("Ctrl", "Alt", "Super")


@dataclass(frozen=True)
class Masks:
    """Which state bits are Alt and Super here (Mod1 and Mod4 nearly everywhere)."""

    alt: int = 0x08
    super: int = 0x40


@dataclass(frozen=True)
class Typed:
    """Characters (a dead key that combines with nothing gives two)."""

    text: str


@dataclass(frozen=True)
class Named:
    """A named key or a chord; ``mods`` in the contract's order."""

    key: str
    mods: tuple[str, ...] = ()


class Decoder:
    """Turns presses into words. Keeps a sequence of dead keys that waits, nothing else."""

    def __init__(self, keymap: Keymap, masks: Masks | None = None) -> None:
        self.keymap = keymap
        self.masks = masks or Masks()
        self._composer = Composer()

    def press(self, keycode: int, state: int) -> Typed | Named | None:
        """What one press means; None for a modifier, a dead key that waits, or a key without meaning."""
        keysym, used = self.keymap.lookup(keycode, state)
        if keysym == 0 or keysyms.is_modifier(keysym):
            return None
        if mods := self._mods(state):
            return self._chord(keycode, state, mods)
        if name := keysyms.NAMES.get(keysym):
            return self._named(name, keysym, state)
        if self._composer.takes(keysym):
            return _typed(self._composer.dead(keysym))
        text = keysyms.character(keysym)
        if state & LOCK and not used & LOCK:
            text = _upper(text)
        return _typed(self._composer.text(text)) if text else None

    def _mods(self, state: int) -> tuple[str, ...]:
        bits = (CONTROL, self.masks.alt, self.masks.super)
        held = tuple(name for name, bit in zip(MODIFIERS, bits, strict=True) if state & bit)
        return (*held, "Shift") if held and state & SHIFT else held

    def _chord(self, keycode: int, state: int, mods: tuple[str, ...]) -> Named | None:
        """The key of a chord is its plain character; a non-Latin layout's chord goes by its Latin group."""
        plain = self.keymap.plain(keycode, state)
        chars = [keysyms.NAMES.get(each) or keysyms.character(each) for each in plain]
        found = next((each for each in chars if each and each.isascii()), chars[0] if chars else "")
        if not found:
            return None
        return Named("Space" if found == " " else found if len(found) > 1 else found.lower(), mods)

    def _named(self, name: str, keysym: int, state: int) -> Typed | Named | None:
        swallowed = self._composer.named(name)
        if swallowed is not None:
            return _typed(swallowed)
        shifted = state & SHIFT and keysym not in keysyms.KEYPAD
        return Named(name, ("Shift",) if shifted else ())


def _typed(text: str) -> Typed | None:
    return Typed(text) if text else None


def _upper(text: str) -> str:
    """CapsLock on a key whose type ignores it; never more than one character (``ß`` stays)."""
    return text.upper() if len(text.upper()) == 1 else text

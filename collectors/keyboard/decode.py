"""Key presses → typed characters and named keys. Pure: a keymap in, words of the contract out."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from collectors.keyboard import keysyms
from collectors.keyboard.xkb import CONTROL, LOCK, SHIFT, Keymap

# Dead keysyms from 0xFE50 on, as combining characters, in the order of keysymdef (X.Org, group "dead").
_COMBINING = dict(
    enumerate(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328\u0345\u3099\u309a"
        "\u0323\u0309\u031b\u0338\u0313\u0314\u0325\u0331\u032d\u0330\u032e\u0324\u0311\u0326",
        start=0xFE50,
    )
)
# What a dead key gives when it is typed by itself (before a space, or twice).
_ALONE = dict(zip(range(0xFE50, 0xFE60), "`´^~¯˘˙¨°˝ˇ¸˛ͅ゛゜", strict=True))
_STROKE, _CURRENCY, _GREEK = 0xFE63, 0xFE6F, 0xFE8C
# Pairs that Unicode does not compose by itself.
_SPECIAL = {
    _STROKE: dict(zip("bdhilotuzBDHILOTUZ", "ƀđħɨłøŧʉƶɃĐĦƗŁØŦɄƵ", strict=True)),
    _CURRENCY: dict(zip("eElLcCyYsS", "€€££¢₡¥¥$$", strict=True)),
    _GREEK: dict(zip("abgdmpwlstABGDMPWLST", "αβγδμπωλστΑΒΓΔΜΠΩΛΣΤ", strict=True)),
}
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
    """Turns presses into words. Keeps a pending dead key, nothing else."""

    def __init__(self, keymap: Keymap, masks: Masks | None = None) -> None:
        self.keymap = keymap
        self.masks = masks or Masks()
        self._dead = 0

    def press(self, keycode: int, state: int) -> Typed | Named | None:
        """What one press means; None for a modifier, a dead key that waits, or a key without meaning."""
        keysym, used = self.keymap.lookup(keycode, state)
        if keysym == 0 or keysyms.is_modifier(keysym):
            return None
        if mods := self._mods(state):
            self._dead = 0
            return self._chord(keycode, state, mods)
        if name := keysyms.NAMES.get(keysym):
            return self._named(name, keysym, state)
        if keysym in keysyms.DEAD_KEYS:
            return self._dead_key(keysym)
        text = keysyms.character(keysym)
        if state & LOCK and not used & LOCK:
            text = _upper(text)
        return self._compose(text)

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

    def _named(self, name: str, keysym: int, state: int) -> Named | None:
        waiting, self._dead = self._dead, 0
        if waiting and name == "BackSpace":
            return None  # toolkits take back the dead key, not a character
        shifted = state & SHIFT and keysym not in keysyms.KEYPAD
        return Named(name, ("Shift",) if shifted else ())

    def _dead_key(self, keysym: int) -> Typed | None:
        waiting, self._dead = self._dead, keysym
        if not waiting:
            return None
        if waiting == keysym:
            self._dead = 0
        return _typed(_ALONE.get(waiting, ""))

    def _compose(self, text: str) -> Typed | None:
        waiting, self._dead = self._dead, 0
        if not waiting or not text:
            return _typed(text)
        if text == " ":
            return _typed(_ALONE.get(waiting, ""))
        if special := _SPECIAL.get(waiting, {}).get(text):
            return _typed(special)
        combined = unicodedata.normalize("NFC", text + _COMBINING.get(waiting, ""))
        return _typed(combined if len(combined) == 1 else "")


def _typed(text: str) -> Typed | None:
    return Typed(text) if text else None


def _upper(text: str) -> str:
    """CapsLock on a key whose type ignores it; never more than one character (``ß`` stays)."""
    return text.upper() if len(text.upper()) == 1 else text

"""X keysyms → characters and key names, as the X protocol's appendix A arranges them.

The legacy blocks follow national encodings that Python knows, so most need no table of their own.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Keysyms of modifiers and layout switches: they change what follows and are not keys of their own.
_MODIFIERS = (range(0xFFE1, 0xFFEF), range(0xFE01, 0xFE10), (0xFF7E, 0xFF7F, 0xFF14, 0xFFFFFF, 0xFE11, 0xFE12, 0xFE13))

MULTI_KEY = 0xFF20
DEAD_KEYS = range(0xFE50, 0xFE94)
KEYPAD = range(0xFF80, 0xFFBA)

NAMES = {
    0xFF08: "BackSpace", 0xFF09: "Tab", 0xFE20: "Tab", 0xFF0D: "Enter", 0xFF8D: "Enter", 0xFF1B: "Escape",
    0xFFFF: "Delete", 0xFF9F: "Delete", 0xFF63: "Insert", 0xFF9E: "Insert", 0xFF89: "Tab",
    0xFF50: "Home", 0xFF51: "Left", 0xFF52: "Up", 0xFF53: "Right", 0xFF54: "Down", 0xFF55: "PageUp",
    0xFF56: "PageDown", 0xFF57: "End", 0xFF58: "Home",
    0xFF95: "Home", 0xFF96: "Left", 0xFF97: "Up", 0xFF98: "Right", 0xFF99: "Down", 0xFF9A: "PageUp",
    0xFF9B: "PageDown", 0xFF9C: "End", 0xFF61: "Print", 0xFF67: "Menu", 0xFF13: "Pause",
} | {0xFFBE + i: f"F{i + 1}" for i in range(35)} | {0xFF91 + i: f"F{i + 1}" for i in range(4)}  # fmt: skip

# First keysym of a block → the encoding whose bytes it repeats; only bytes from 0xA1 on are used.
_ENCODED = {
    0x100: "iso8859-2",
    0x200: "iso8859-3",
    0x300: "iso8859-4",
    0x500: "iso8859-6",
    0xC00: "iso8859-8",
    0xD00: "iso8859-11",
}
_FIRST_ENCODED = 0xA1
_LATIN_1, _KATAKANA = range(0x20, 0x100), range(0x4A1, 0x4E0)
_KOI8_LETTERS = range(0x6C0, 0x700)
_BLOCKS = {
    0x6A1: "ђѓёєѕіїјљњћќґўџ№ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏ",
    0x7A1: "ΆΈΉΊΪ\0ΌΎΫ\0Ώ\0\0΅―\0άέήίϊΐόύϋΰώ",
    0x7C1: "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣ\0ΤΥΦΧΨΩ",
    0x7E1: "αβγδεζηθικλμνξοπρσςτυφχψω",
    0x13BC: "ŒœŸ",
    0x3BD: "Ŋ\0ŋ",
    0xAA1: "\u2003\u2002\u2004\u2005\u2007\u2008\u2009\u200a—–",
    0xAB0: "⅓⅔⅕⅖⅗⅘⅙⅚℅",
    0xAC3: "⅛⅜⅝⅞",
    0xAD0: "‘’“”℞‰′″",
    0xAEC: "♣♦♥",
    0xAF3: "✓✗♯♭♂♀",
    0x4DE: "゛゜",
    0xAC9: "™",
    0xAAE: "…",
    0xAFD: "‚„",
    0xAE6: "•",
    0xAF1: "†‡",
    0x8FB: "←↑→↓",
    0x8BC: "≤≠≥∫",
    0x8C2: "∞",
    0x8D6: "√",
    0x20A0: "₠₡₢₣₤₥₦₧₨₩₪₫€",
    0xFFAA: "*+,-./0123456789",
    0xFFBD: "=",
    0xFF80: " ",
}
_LISTED = {first + i: each for first, chars in _BLOCKS.items() for i, each in enumerate(chars) if each != "\0"}
# Blocks whose letters an X server knows both cases of (tried on Xvfb 21.1: Latin-1 to -4, Cyrillic, Greek).
_WITH_CASES = {0, 1, 2, 3, 6, 7}
_UNICODE, _LAST_UNICODE = 0x0100_0000, 0x0110_FFFF


@lru_cache(maxsize=2048)
def character(keysym: int) -> str:
    """The character of a keysym, '' where it has none."""
    if _UNICODE <= keysym <= _LAST_UNICODE:
        found = chr(keysym - _UNICODE)
    elif keysym in _LATIN_1:
        found = chr(keysym)
    else:
        found = _LISTED.get(keysym) or _legacy(keysym)
    return found if found and unicodedata.category(found) not in {"Cc", "Cs"} else ""


def _legacy(keysym: int) -> str:
    block, low = keysym & ~0xFF, keysym & 0xFF
    if keysym in _KOI8_LETTERS:
        return bytes([low]).decode("koi8-r")
    if keysym in _KATAKANA:
        return unicodedata.normalize("NFKC", chr(0xFF61 + keysym - _KATAKANA.start))
    if block in _ENCODED and low >= _FIRST_ENCODED:
        return bytes([low]).decode(_ENCODED[block], errors="ignore")
    return ""


def is_modifier(keysym: int) -> bool:
    """Whether the key only changes others (Shift, AltGr, CapsLock, a layout switch)."""
    return any(keysym in each for each in _MODIFIERS)


def both_cases(keysym: int) -> tuple[int, int]:
    """The keysyms of a letter's small and capital form, as X servers pair them; twice the same if it has no two."""
    text = character(keysym)
    lower, upper = text.lower(), text.upper()
    if keysym >> 8 not in _WITH_CASES or not text or lower == upper or upper.lower() != lower:
        return keysym, keysym
    other = upper if text == lower else lower
    if len(other) != 1 or (keysym in _LATIN_1 and ord(other) not in _LATIN_1):
        return keysym, keysym
    found = ord(other) if ord(other) in _LATIN_1 else _UNICODE + ord(other)
    return (keysym, found) if text == lower else (found, keysym)

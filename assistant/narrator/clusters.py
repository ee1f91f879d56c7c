"""Where a cursor can stand in a text: between user-perceived characters and between words."""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_MODIFIERS = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)


def _extends(char: str) -> bool:
    """Combining marks, variation selectors, joiner, skin tones, tags: they belong to the character before."""
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or char == _JOINER
        or ord(char) in _MODIFIERS
        or ord(char) in _TAGS
    )


def _joined(text: str, at: int) -> bool:
    """Whether ``text[at]`` belongs to one character with what is before it (an approximation of UAX 29)."""
    if text[at].isascii():
        return False
    if _extends(text[at]):
        return True
    if text[at - 1] == _JOINER:
        return True
    if ord(text[at]) not in _FLAGS:
        return False
    flags = 0  # two regional indicators make a flag: joined when an odd number stands before
    while flags < at and ord(text[at - 1 - flags]) in _FLAGS:
        flags += 1
    return flags % 2 == 1


def before(text: str, at: int) -> int:
    """The cursor position one character to the left of ``at`` (> 0)."""
    at -= 1
    while at > 0 and _joined(text, at):
        at -= 1
    return at


def after(text: str, at: int) -> int:
    """The cursor position one character to the right of ``at`` (< len(text))."""
    at += 1
    while at < len(text) and _joined(text, at):
        at += 1
    return at


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_" or (not char.isascii() and _extends(char))


def word_before(text: str, at: int) -> int:
    """Where Ctrl+Left goes from ``at``: over blanks, then to the beginning of the word (or of the signs)."""
    while at > 0 and text[at - 1] in " \t":
        at -= 1
    if at > 0 and text[at - 1] == "\n":
        return at - 1
    kind = at > 0 and _in_word(text[at - 1])
    while at > 0 and not text[at - 1].isspace() and _in_word(text[at - 1]) == kind:
        at -= 1
    return at


def word_after(text: str, at: int) -> int:
    """Where Ctrl+Right goes from ``at``: over blanks, then to the end of the word, as GTK, Chromium and VS Code do."""
    while at < len(text) and text[at] in " \t":
        at += 1
    if at < len(text) and text[at] == "\n":
        return at + 1
    kind = at < len(text) and _in_word(text[at])
    while at < len(text) and not text[at].isspace() and _in_word(text[at]) == kind:
        at += 1
    return at

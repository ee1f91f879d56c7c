"""Captured text is hostile (DESIGN.md, rule 6): before it stands in a sentence it is cleaned, quoted and capped."""

from __future__ import annotations

import re
import unicodedata

TITLE_CAP = 120
"""Characters of a title in a sentence: the longest that a title bar usually shows."""
TEXT_CAP = 200
"""Characters of typed text in a sentence: about 50 tokens; the whole is in ``data``."""
APP_CAP = 48
"""Characters of an application's name: longer ones are not names."""
RAW_CAP = 500
"""Characters of a title that are looked at (CAPTURE.md row 24: 10 kB titles occur)."""

# Characters that change how the text around them is shown: bidirectional controls, zero-width ones, BOM.
# The joiners U+200C/U+200D stay: scripts and emoji need them.
_INVISIBLE = dict.fromkeys(
    [0x061C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC)]
)
# Quotes would end ours; "<|" opens the control words of chat templates.
_QUOTES = str.maketrans({"'": "’", '"': "”"})
_SPACES = re.compile(r"\s+")


def _printable(text: str) -> str:
    """``text`` without control characters, lone surrogates and unassigned code points; white space becomes a blank."""
    if text.isprintable():
        return text
    return "".join(" " if char.isspace() else char for char in text if char.isspace() or _shown(char))


def _shown(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cs", "Cn", "Co"}


def shorten(text: str, cap: int) -> str:
    """At most ``cap`` characters; what is left out of the middle is an ellipsis."""
    if len(text) <= cap:
        return text
    head = (cap - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (cap - 1 - head) :]}"


def one_line(text: str) -> str:
    """Visible characters of ``text`` on one line, blanks collapsed."""
    return _SPACES.sub(" ", _printable(text.translate(_INVISIBLE))).strip()


def clean_title(title: str) -> str:
    """A window title as one line of at most ``RAW_CAP`` characters."""
    return one_line(title[: RAW_CAP * 2])[:RAW_CAP]


def clean_app(app: str) -> str:
    """An application's name, safe to stand in a sentence without quotes."""
    name = one_line(app[: APP_CAP * 4]).translate({ord(char): None for char in "'\"<>{}[]|"})
    return shorten(name.replace(". ", " ").strip(" ."), APP_CAP)


def clean_typed(text: str) -> str:
    """Typed text as it may be stored: lines and tabs stay, other control characters and lone surrogates go."""
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})


def quoted(text: str, cap: int = TITLE_CAP) -> str:
    """``text`` in single quotes, unable to end them, on one line, at most ``cap`` characters."""
    inner = one_line(text).translate(_QUOTES).replace("<|", "< |")
    return f"'{shorten(inner, cap)}'"


def quoted_typed(text: str, cap: int = TEXT_CAP) -> str:
    """Like :func:`quoted`, with Enter and Tab made visible."""
    if len(text) > 4 * cap:  # the middle is left out anyway: do not clean thousands of characters per key
        text = shorten(text, 4 * cap)
    return quoted(text.replace("\n", "⏎").replace("\t", "⇥"), cap)


def safe_sentence(sentence: str, cap: int = 480) -> str:
    """A stored or imported sentence as one line for the model: nothing invisible, no template words, capped."""
    return shorten(one_line(sentence[: cap * 4]).replace("<|", "< |"), cap)

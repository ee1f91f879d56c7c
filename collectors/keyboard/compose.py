"""Dead keys and the Compose key: several presses that make one character. Pure but for one table read once.

Where a sequence makes nothing, this does what GTK was seen to do: accents come out by themselves, a named key
after an accent is swallowed, a chord leaves the accent waiting.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import permutations
from pathlib import Path

from collectors.keyboard.keysyms import DEAD_KEYS, MULTI_KEY

# Dead keysyms from 0xFE50 on, as combining characters, in the order of keysymdef (X.Org, group "dead").
_COMBINING = dict(
    enumerate(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328\u0345\u3099\u309a"
        "\u0323\u0309\u031b\u0338\u0313\u0314\u0325\u0331\u032d\u0330\u032e\u0324\u0311\u0326",
        start=0xFE50,
    )
)
_ACUTE, _DIAERESIS, _STROKE, _CURRENCY, _GREEK = 0xFE51, 0xFE57, 0xFE63, 0xFE6F, 0xFE8C
# What a dead key gives by itself, and the two that give something else before a space.
_ALONE = dict(zip(range(0xFE50, 0xFE60), "`´^~¯˘˙¨°˝ˇ¸˛ͅ゛゜", strict=True)) | {_GREEK: "µ"}
_BEFORE_SPACE = {_ACUTE: "'", _DIAERESIS: '"'}
# Pairs that Unicode does not compose by itself.
_SPECIAL = {
    _STROKE: dict(zip("bdhilotuzBDHILOTUZ", "ƀđħɨłøŧʉƶɃĐĦƗŁØŦɄƵ", strict=True)),
    _CURRENCY: dict(zip("eElLcCyYsS", "€€££¢₡¥¥$$", strict=True)),
    _GREEK: dict(zip("abgdmpwlstABGDMPWLST", "αβγδμπωλστΑΒΓΔΜΠΩΛΣΤ", strict=True)),
}
# The table that nearly every UTF-8 locale uses; somebody's own ~/.XCompose is not read.
_TABLE = Path("/usr/share/X11/locale/en_US.UTF-8/Compose")
_LINE = re.compile(r'^<Multi_key>((?:\s*<\w+>)+)\s*:\s*"((?:[^"\\]|\\.)+)"', re.MULTILINE)


class Composer:
    """Takes the presses that may belong to a sequence; gives the text that they make, '' while waiting."""

    def __init__(self, table: Path = _TABLE) -> None:
        self._table = table
        self._dead: list[int] = []
        self._sequence: str | None = None

    def takes(self, keysym: int) -> bool:
        """Whether this key starts or continues a sequence rather than standing for itself."""
        return keysym == MULTI_KEY or keysym in DEAD_KEYS

    def dead(self, keysym: int) -> str:
        """A dead key or Compose."""
        if keysym == MULTI_KEY:
            self._dead, self._sequence = [], ""
            return ""
        if keysym in self._dead:
            return self._give_up()
        self._dead.append(keysym)
        return ""

    def text(self, character: str) -> str:
        """A character, with whatever was waiting for it."""
        if self._sequence is not None:
            return self._composed(character)
        dead, self._dead = self._dead, []
        if not dead:
            return character
        if character == " ":
            return "".join(_BEFORE_SPACE.get(each) or _ALONE.get(each, "") for each in dead)
        if special := _SPECIAL.get(dead[-1], {}).get(character):
            return special
        for order in permutations(dead):
            marks = [_COMBINING.get(each, "\0") for each in order]
            found = unicodedata.normalize("NFC", character + "".join(marks))
            if len(found) == 1:
                return found
        return "".join(_ALONE.get(each, "") for each in dead) + character

    def named(self, key: str) -> str | None:
        """A named key; None if nothing waits for it, else it is swallowed and this text comes out."""
        if self._sequence is not None:
            self._sequence = None
            return ""
        if not self._dead:
            return None
        if key == "BackSpace":
            self._dead.pop()
            return ""
        return self._give_up()

    def _give_up(self) -> str:
        dead, self._dead = self._dead, []
        return "".join(_ALONE.get(each, "") for each in dead)

    def _composed(self, character: str) -> str:
        finished, beginnings = compose_table(self._table)
        sequence = f"{self._sequence}{character}"
        self._sequence = sequence if sequence in beginnings else None
        return "" if self._sequence else finished.get(sequence, "")


@lru_cache(maxsize=2)
def compose_table(file: Path) -> tuple[dict[str, str], frozenset[str]]:
    """Finished Compose sequences and all their beginnings; empty when there is no table. ~20 ms, once."""
    from Xlib import XK

    from collectors.keyboard.keysyms import character

    def key(name: str) -> str:
        if re.fullmatch(r"U[0-9A-Fa-f]{4,6}", name):
            return chr(int(name[1:], 16))
        return character(XK.string_to_keysym(name))

    try:
        listed = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}, frozenset()
    finished = {}
    for match in _LINE.finditer(listed):
        keys = [key(name) for name in re.findall(r"<(\w+)>", match[1])]
        if all(keys):
            finished["".join(keys)] = re.sub(r"\\(.)", r"\1", match[2])
    return finished, frozenset(each[:i] for each in finished for i in range(1, len(each)))

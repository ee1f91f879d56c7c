"""What a run of keys left behind in the text field: a buffer with a cursor, as far as it can be followed.

The buffer knows only its own characters, not what stands before and after it in the document. While it is followed,
``document == before[:-erased] + text + behind[erased_behind:]`` holds, and with ``replaces`` ``document == text``.
"""

from __future__ import annotations

from assistant.narrator import clusters
from assistant.narrator.clean import clean_typed

_SHIFT, _CTRL = "Shift", "Ctrl"
_WRAP = 60
"""A line longer than this may be wrapped on the screen: Home and End then stop at places that we can't see."""


class Splice:
    """One burst's text with its cursor and selection. ``press`` says whether the key could be followed."""

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.anchor: int | None = None
        self.all_selected = False
        self.replaces = False
        """Everything that was in the document before has been replaced (Ctrl+A, then a key)."""
        self.erased = 0
        """Characters deleted before the beginning of the text."""
        self.erased_behind = 0
        """Characters deleted after the end of the text."""
        self.inexact = False
        """A word-wise deletion went on into text that we don't know."""

    def insert(self, text: str) -> None:
        """Characters were typed: they replace the selection and move the cursor."""
        self._replace_selected(clean_typed(text))

    def press(self, key: str, mods: tuple[str, ...] = ()) -> bool:
        """Follow one press of a named key. False: its effect or the cursor's new place can't be known."""
        held = set(mods)
        if held - {_SHIFT, _CTRL}:
            return False
        if key in {"Enter", "Tab"}:
            return self._typed_key(key, held)
        if key == "a" and held == {_CTRL}:
            self.all_selected = True
            return True
        if key in {"BackSpace", "Delete"}:
            return self._delete(key, word=_CTRL in held, shift=_SHIFT in held)
        if key in {"Left", "Right", "Home", "End"}:
            return self._move(key, word=_CTRL in held, select=_SHIFT in held)
        return False

    # ------------------------------------------------------------------ inside

    def _typed_key(self, key: str, held: set[str]) -> bool:
        if _CTRL in held or (key == "Tab" and (held or self._selection() is not None or self.all_selected)):
            return False  # Shift+Tab goes back; Tab over a selection indents it
        self._replace_selected("\n" if key == "Enter" else "\t")
        return True

    def _selection(self) -> tuple[int, int] | None:
        if self.anchor is None or self.anchor == self.at:
            return None
        return min(self.anchor, self.at), max(self.anchor, self.at)

    def _replace_selected(self, new: str) -> None:
        if self.all_selected:
            self._replace_all(new)
            return
        start, end = self._selection() or (self.at, self.at)
        self._put(start, end, new)

    def _replace_all(self, new: str) -> None:
        self.text, self.at, self.anchor = new, len(new), None
        self.all_selected, self.replaces, self.inexact = False, True, False
        self.erased = self.erased_behind = 0

    def _put(self, start: int, end: int, new: str) -> None:
        self.text = self.text[:start] + new + self.text[end:]
        self.at, self.anchor = start + len(new), None

    def _delete(self, key: str, *, word: bool, shift: bool) -> bool:
        if key == "Delete" and shift:
            return False  # cuts, or deletes the line
        if self.all_selected or self._selection() is not None:
            self._replace_selected("")
            return True
        self.anchor = None
        return self._delete_before(word=word) if key == "BackSpace" else self._delete_behind(word=word)

    def _delete_before(self, *, word: bool) -> bool:
        if self.at == 0:
            if not self.replaces:
                self.erased += 0 if word else 1
                self.inexact |= word
            return True
        start = clusters.word_before(self.text, self.at) if word else clusters.before(self.text, self.at)
        if word and start == 0 and not self.replaces:
            self.inexact = True  # the word may have begun before the burst
        self._put(start, self.at, "")
        return True

    def _delete_behind(self, *, word: bool) -> bool:
        if self.at == len(self.text):
            if not self.replaces:
                self.erased_behind += 0 if word else 1
                self.inexact |= word
            return True
        end = clusters.word_after(self.text, self.at) if word else clusters.after(self.text, self.at)
        if word and end == len(self.text) and not self.replaces:
            self.inexact = True
        kept = self.at
        self._put(kept, end, "")
        return True

    def _move(self, key: str, *, word: bool, select: bool) -> bool:
        if self.all_selected:
            return self._leave_all(key, select=select)
        selection = self._selection()
        if selection is not None and not select and not word and key in {"Left", "Right"}:
            self.at, self.anchor = selection[key == "Right"], None
            return True
        target = self._target(key, word=word)
        if target is None:
            return False
        self.anchor = (self.at if self.anchor is None else self.anchor) if select else None
        self.at = target
        return True

    def _leave_all(self, key: str, *, select: bool) -> bool:
        """A cursor key after Ctrl+A: the ends of the document are known only when all of it is ours."""
        if select or not self.replaces or key in {"Home", "End"}:
            return False
        self.all_selected, self.anchor = False, None
        self.at = 0 if key == "Left" else len(self.text)
        return True

    def _target(self, key: str, *, word: bool) -> int | None:
        """Where the cursor goes, or None when that is outside of what we know."""
        if key in {"Home", "End"}:
            return None if word else self._line_end(key)
        if key == "Left":
            if self.at == 0:
                return 0 if self.replaces else None
            start = clusters.word_before(self.text, self.at) if word else clusters.before(self.text, self.at)
            return None if word and start == 0 and not self.replaces else start
        if self.at == len(self.text):
            return self.at if self.replaces else None
        end = clusters.word_after(self.text, self.at) if word else clusters.after(self.text, self.at)
        return None if word and end == len(self.text) and not self.replaces else end

    def _line_end(self, key: str) -> int | None:
        """Home and End of a short line with both ends in the buffer; editors with a clever Home differ on blanks."""
        start = self.text.rfind("\n", 0, self.at) + 1
        end = self.text.find("\n", self.at)
        if (start == 0 and not self.replaces) or (end < 0 and key == "End" and not self.replaces):
            return None
        end = len(self.text) if end < 0 else end
        if end - start > _WRAP or self.text[start : start + 1].isspace():
            return None
        return start if key == "Home" else end

    # ------------------------------------------------------------------ cutting a long burst

    def cut_point(self, most: int) -> int:
        """Where the first part of a text longer than ``most`` may end: after a blank if there is one in its second
        quarter or later, never behind the cursor, and with a quarter left for corrections. 0 = nowhere.
        """
        end = min(most - most // 4, self.at, self.at if self.anchor is None else self.anchor)
        if self.all_selected or end <= 0:
            return 0
        blank = max(self.text.rfind(" ", most // 4, end), self.text.rfind("\n", most // 4, end))
        return blank + 1 if blank >= 0 else end

    def cut(self, at: int) -> None:
        """Forget the first ``at`` characters: they are in an event of their own now."""
        self.text, self.at = self.text[at:], self.at - at
        self.anchor = None if self.anchor is None else self.anchor - at
        self.erased = self.erased_behind = 0
        self.replaces = self.inexact = False

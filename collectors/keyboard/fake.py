"""A keyboard without keys."""

from __future__ import annotations

from assistant.events import KeyNamed, KeyText
from collectors.fake import FakeCollector


class FakeKeyboard(FakeCollector):
    """``type`` emits characters one by one, ``press`` a named key or chord."""

    name = "keyboard"

    def type(self, text: str) -> None:
        for each in text:
            self._character(each)

    def _character(self, text: str) -> None:
        self.see(lambda at, mono: KeyText(at=at, mono=mono, text=text))

    def press(self, key: str, *mods: str) -> None:
        self.see(lambda at, mono: KeyNamed(at=at, mono=mono, key=key, mods=mods))

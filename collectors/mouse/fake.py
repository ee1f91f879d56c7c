"""A mouse without a hand."""

from __future__ import annotations

from assistant.events import Click, Scroll
from collectors.fake import FakeCollector


class FakeMouse(FakeCollector):
    """``click`` and ``scroll`` emit what they say."""

    name = "mouse"

    def click(self, button: str = "left") -> None:
        self.see(lambda at, mono: Click(at=at, mono=mono, button=button))

    def scroll(self, dy: int = -1, dx: int = 0) -> None:
        self.see(lambda at, mono: Scroll(at=at, mono=mono, dx=dx, dy=dy))

"""An active window without a desktop."""

from __future__ import annotations

from typing import Any

from assistant.events import WindowFocus
from collectors.fake import FakeCollector
from collectors.window.titles import clean, pretty


class FakeWindow(FakeCollector):
    """``focus`` emits WindowFocus, but only when something changed."""

    name = "window"
    _shown: dict[str, Any] | None = None

    def focus(self, app_id: str = "", title: bytes | str = "", pid: int | None = None, **more: Any) -> None:
        """``more``: further fields of WindowFocus."""
        fields = {"app": pretty(app_id), "app_id": app_id, "title": clean(title), "pid": pid} | more
        if fields != self._shown and self.alive():
            self._shown = fields
            self.see(lambda at, mono: WindowFocus(at=at, mono=mono, **fields))

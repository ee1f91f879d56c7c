"""The popup's window through pywebview alone (Qt on Linux; Edge on Windows, Cocoa on macOS): no GTK needed.

Less is known about the desktop here: the first screen's size stands for its work area, and the clipboard is filled
with the system's own tool.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from assistant.errors import EnvironmentFault, SetupError
from ui.clipboard import copy_text
from ui.page import build_page
from ui.placement import WIDTH, Box, lower_right
from ui.surface import OnCrash, OnMessage

log = logging.getLogger(__name__)

# Room for a panel at the bottom, which this surface cannot ask about.
PANEL = 48


class _Api:
    """What the page may call: one function that takes one string."""

    def __init__(self, on_message: OnMessage) -> None:
        self._on_message = on_message

    def receive(self, text: str) -> None:
        """Take a message from the page."""
        self._on_message(text)


class PlainSurface:
    """See :class:`ui.surface.Surface`. Calls go through one worker thread, since pywebview's block."""

    note, glass, room = "", False, 320

    def __init__(self, gui: str | None = None) -> None:
        self._gui = gui
        self.name = gui or sys.platform
        self._window: Any = None
        self._work: queue.Queue[Callable[[], Any] | None] = queue.Queue()

    def dark(self) -> bool:
        return False

    def run(self, on_message: OnMessage, on_crash: OnCrash) -> None:  # noqa: ARG002 - no such signal here
        if self._gui == "qt" and hasattr(os, "geteuid") and os.geteuid() == 0:
            os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--no-sandbox --disable-gpu")  # [FINDINGS]
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise EnvironmentFault("There is no display for a popup.")
        try:
            import webview

            if self._gui == "qt":
                import webview.platforms.qt
        except ImportError as error:
            raise SetupError(
                f"pywebview's back end is not complete: {error}", hint="pip install pywebview[qt]"
            ) from error
        self._window = webview.create_window(
            "Suggestion",
            html=build_page(bridge=True),
            js_api=_Api(on_message),
            width=WIDTH,
            height=200,
            min_size=(1, 1),
            hidden=True,
            frameless=True,
            easy_drag=False,
            on_top=True,
            focus=False,
            text_select=True,
        )
        threading.Thread(target=self._serve, name="popup-window", daemon=True).start()
        try:
            webview.start(gui=self._gui, private_mode=True)
        except webview.errors.WebViewException as error:
            raise SetupError(f"pywebview cannot start: {error}") from error
        finally:
            self._work.put(None)

    def script(self, code: str) -> None:
        self._work.put(lambda: self._window.run_js(code))

    def place(self, height: int) -> None:
        self._work.put(lambda: self._place(height))

    def hide(self) -> None:
        self._work.put(lambda: self._window.hide())  # noqa: PLW0108 - no window yet at this moment

    def copy(self, text: str) -> bool:
        return copy_text(text)

    def reload(self) -> None:
        self._work.put(lambda: self._window.load_html(build_page(bridge=True)))

    def close(self) -> None:
        self._work.put(lambda: self._window.destroy())  # noqa: PLW0108 - the same

    def _serve(self) -> None:
        while (task := self._work.get()) is not None:
            with contextlib.suppress(Exception):  # the window may be gone already
                task()

    def _place(self, height: int) -> None:
        import webview

        screen = webview.screens[0]
        work = Box(screen.x, screen.y, screen.width, screen.height - PANEL)
        box = lower_right(work, WIDTH, height)
        self._window.resize(box.width, box.height)
        self._window.move(box.x, box.y)
        self._window.hidden = False  # or GTK-like back ends never show it [FINDINGS]
        self._window.show()

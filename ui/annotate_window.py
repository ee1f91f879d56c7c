"""The annotation screen's window: an ordinary one, with one page. GTK on Linux, pywebview alone elsewhere; and a fake.

``run`` belongs to the main thread and ends with the window; the rest may be called from any thread.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

from assistant.errors import SetupError
from ui.gtk_page import SIGNALS_MS, connect_page, load_gtk
from ui.page import build_page
from ui.surface import OnCrash, OnMessage

TITLE: Final = "Annotation"
# Two columns of text side by side; on a smaller screen they lie one above the other.
_SIZE: Final = {"width": 1120, "height": 740, "min_size": (360, 320)}


class AnnotateWindow(Protocol):
    """One window with the annotation page."""

    def run(self, on_message: OnMessage, on_crash: OnCrash) -> None:
        """Open it and serve it until it is closed.

        :raises SetupError: a package is missing.
        :raises EnvironmentFault: no display.
        """
        ...

    def script(self, code: str) -> None: ...
    def reload(self) -> None: ...
    def close(self) -> None: ...


class GtkAnnotateWindow:
    """WebKitGTK, through pywebview."""

    def __init__(self) -> None:
        self._page = build_page("annotate")
        self._view: Any = None
        self._native: Any = None
        self._gdk: Any = None
        self._glib: Any = None
        self._closing = False

    def run(self, on_message: OnMessage, on_crash: OnCrash) -> None:
        _gtk, self._gdk, self._glib = load_gtk("the annotation screen")
        import webview

        window = webview.create_window(TITLE, html=self._page, text_select=True, **_SIZE)
        window.events.before_show += lambda: self._prepare(window, on_message, on_crash)
        self._glib.timeout_add(SIGNALS_MS, lambda: not self._closing)
        webview.start(gui="gtk", private_mode=True)
        self._closing = True

    def _prepare(self, window: Any, on_message: OnMessage, on_crash: OnCrash) -> None:
        from webview.platforms.gtk import BrowserView

        view = BrowserView.instances[window.uid]
        self._view, self._native = view.webview, view.window
        connect_page(view, on_message, lambda reason: self._gone(reason, on_crash))
        view.webview.grab_focus()  # the keys are the page's from the start

    def _gone(self, reason: str, on_crash: OnCrash) -> None:
        if not self._closing and reason != "terminated-by-api":
            on_crash(f"the web process ended: {reason}")

    def script(self, code: str) -> None:
        self._soon(lambda: self._view.evaluate_javascript(code, -1, None, None, None, None, None))

    def reload(self) -> None:
        self._soon(lambda: self._view.load_html(self._page, ""))

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._soon(lambda: self._native.emit("delete-event", self._gdk.Event()))

    def _soon(self, function: Callable[[], Any]) -> None:
        def once() -> bool:
            function()
            return False

        if self._glib is not None:
            self._glib.idle_add(once, priority=self._glib.PRIORITY_DEFAULT)


class PlainAnnotateWindow:
    """pywebview with its own bridge (Edge on Windows, Cocoa on macOS)."""

    def __init__(self, gui: str | None = None) -> None:
        self._gui = gui
        self._page = build_page("annotate", bridge=True)
        self._window: Any = None

    def run(self, on_message: OnMessage, on_crash: OnCrash) -> None:  # noqa: ARG002 - no such signal here
        try:
            import webview
        except ImportError as error:
            raise SetupError(f"pywebview is missing: {error}", hint="pip install pywebview") from error
        self._window = webview.create_window(TITLE, html=self._page, js_api=_Api(on_message), text_select=True, **_SIZE)
        try:
            webview.start(gui=self._gui, private_mode=True)
        except webview.errors.WebViewException as error:
            raise SetupError(f"pywebview cannot start: {error}") from error

    def script(self, code: str) -> None:
        with contextlib.suppress(Exception):  # the window may be gone already
            self._window.run_js(code)

    def reload(self) -> None:
        self._window.load_html(self._page)

    def close(self) -> None:
        with contextlib.suppress(Exception):  # the same
            self._window.destroy()


class _Api:
    """What the page may call: one function that takes one string."""

    def __init__(self, on_message: OnMessage) -> None:
        self._on_message = on_message

    def receive(self, text: str) -> None:
        """Take a message from the page."""
        self._on_message(text)


class FakeAnnotateWindow:
    """No window, for tests: ``views`` has what the page was told to show, :meth:`say` is somebody at the keys."""

    def __init__(self) -> None:
        self.views: list[dict[str, Any]] = []
        self.reloads = 0
        self.opened = threading.Event()
        self._closed = threading.Event()
        self._on_message: OnMessage = lambda _text: None
        self.crash: OnCrash = lambda _reason: None

    def run(self, on_message: OnMessage, on_crash: OnCrash) -> None:
        self._on_message, self.crash = on_message, on_crash
        self.opened.set()
        self.say("ready")
        self._closed.wait()

    def say(self, kind: str, **more: Any) -> None:
        """Send a message as the page would."""
        self._on_message(json.dumps({"type": kind} | more))

    def script(self, code: str) -> None:
        self.views.append(json.loads(code.removeprefix("annotate.show(").removesuffix(")")))

    def reload(self) -> None:
        self.reloads += 1
        self.say("ready")

    def close(self) -> None:
        self._closed.set()


def make_window() -> AnnotateWindow:
    """The window for this platform."""
    return GtkAnnotateWindow() if sys.platform == "linux" else PlainAnnotateWindow()

"""The popup's window on Linux: pywebview's GTK window, told what a notification is.

Traps that shaped this file [FINDINGS]: never focusable, or it
steals typing; ``show()`` succeeds over a dead page, so the page's own word counts; a transparent window needs a
compositor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ui.gtk_page import SIGNALS_MS, connect_page, load_gtk
from ui.page import build_page
from ui.placement import (
    MARGIN,
    SHADOW_BOTTOM,
    SHADOW_SIDE,
    SHADOW_TOP,
    WIDTH,
    Box,
    area_of,
    lower_right,
    rounded_rows,
)
from ui.surface import OnCrash, OnMessage

log = logging.getLogger(__name__)

# The same radius as .card in popup.css.
RADIUS = 14
# Task, reason, buttons and brand take about this much; the rest of the work area is for long texts.
FIXED_HEIGHT = 230
MIN_ROOM, MAX_ROOM = 80, 320
# GTK's text size is in 1024ths of a dot per inch; 96 of them are 100 %. WebKitGTK scales the page by it on its own.
FULL_SIZE_DPI = 96 * 1024


class GtkSurface:
    """See :class:`ui.surface.Surface`."""

    name = "gtk"

    def __init__(self) -> None:
        self.note, self.glass, self.room = "", False, MAX_ROOM
        self._zoom = 1.0
        self._page = build_page()
        self._view: Any = None
        self._native: Any = None
        self._gtk: Any = None
        self._gdk: Any = None
        self._glib: Any = None
        self._gnome: Any = None
        self._dark = False
        self._closing = False

    # ------------------------------------------------------------------ main thread

    def run(self, on_message: OnMessage, on_crash: OnCrash) -> None:
        self._import()
        import webview

        width = WIDTH + (2 * SHADOW_SIDE if self.glass else 0)
        window = webview.create_window(
            "Suggestion",
            html=self._page,
            width=width,
            height=200,
            min_size=(1, 1),
            hidden=True,
            frameless=True,
            easy_drag=False,
            on_top=True,
            focus=False,
            text_select=True,
            transparent=self.glass,
        )
        window.events.before_show += lambda: self._prepare(window, on_message, on_crash)
        self._glib.timeout_add(SIGNALS_MS, lambda: not self._closing)
        webview.start(gui="gtk", private_mode=True)

    def _import(self) -> None:
        self._gtk, self._gdk, self._glib = load_gtk("a popup")
        self._look_around()

    def _look_around(self) -> None:
        screen = self._gdk.Screen.get_default()
        self.glass = bool(screen.is_composited() and screen.get_rgba_visual())
        dpi = self._gtk.Settings.get_default().get_property("gtk-xft-dpi")
        self._zoom = min(3.0, max(1.0, dpi / FULL_SIZE_DPI)) if dpi > 0 else 1.0
        if "Wayland" in type(self._gdk.Display.get_default()).__name__:
            self.note = "on Wayland without X the compositor decides where the popup goes"
        self._watch_colours()
        self._make_room(self._work_area())

    def _watch_colours(self) -> None:
        from gi.repository import Gio

        settings = self._gtk.Settings.get_default()
        for name in ("gtk-theme-name", "gtk-application-prefer-dark-theme"):
            settings.connect(f"notify::{name}", lambda *_: self._look_at_colours())
        schema = Gio.SettingsSchemaSource.get_default()
        found = schema.lookup("org.gnome.desktop.interface", True) if schema else None
        if found is not None and found.has_key("color-scheme"):
            self._gnome = Gio.Settings.new("org.gnome.desktop.interface")
            self._gnome.connect("changed::color-scheme", lambda *_: self._look_at_colours())
        self._look_at_colours()

    def _look_at_colours(self) -> None:
        settings = self._gtk.Settings.get_default()
        dark_theme = (settings.get_property("gtk-theme-name") or "").lower().endswith("-dark")
        gnome = self._gnome is not None and self._gnome.get_string("color-scheme") == "prefer-dark"
        self._dark = bool(settings.get_property("gtk-application-prefer-dark-theme") or dark_theme or gnome)

    def _prepare(self, window: Any, on_message: OnMessage, on_crash: OnCrash) -> None:
        from webview.platforms.gtk import BrowserView

        view = BrowserView.instances[window.uid]
        self._view, self._native = view.webview, view.window
        self._behave(view.window)
        connect_page(view, on_message, lambda reason: self._gone(reason, on_crash))

    def _behave(self, native: Any) -> None:
        native.set_type_hint(self._gdk.WindowTypeHint.NOTIFICATION)
        native.set_accept_focus(False)
        native.set_focus_on_map(False)
        native.set_skip_taskbar_hint(True)
        native.set_skip_pager_hint(True)
        native.set_keep_above(True)
        native.stick()
        # pywebview shows a hidden window for a moment before it hides it; ours first appears with its first card.
        native.show_all = native.get_child().show_all

    def _gone(self, reason: str, on_crash: OnCrash) -> None:
        if not self._closing and reason != "terminated-by-api":  # that one is our own reload
            on_crash(f"the web process ended: {reason}")

    # ------------------------------------------------------------------ any thread

    def _soon(self, function: Callable[[], None]) -> None:
        def once() -> bool:
            function()
            return False

        if self._glib is not None:
            self._glib.idle_add(once, priority=self._glib.PRIORITY_DEFAULT)

    def script(self, code: str) -> None:
        self._soon(lambda: self._view.evaluate_javascript(code, -1, None, None, None, None, None))

    def place(self, height: int) -> None:
        self._soon(lambda: self._place(round(height * self._zoom)))

    def hide(self) -> None:
        self._soon(lambda: self._native.hide())  # noqa: PLW0108 - no window yet at this moment

    def copy(self, text: str) -> bool:
        self._soon(lambda: self._clipboard().set_text(text, -1))
        return True

    def reload(self) -> None:
        self._soon(self._reload)

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._soon(self._close)

    def dark(self) -> bool:
        """What GTK's theme says, or GNOME's setting."""
        return self._dark

    # ------------------------------------------------------------------ GTK's thread

    def _place(self, height: int) -> None:
        work = self._work_area()
        self._make_room(work)
        side, bottom = (SHADOW_SIDE, SHADOW_BOTTOM) if self.glass else (0, 0)
        width = round((WIDTH + 2 * side) * self._zoom)
        margins = {"margin_x": MARGIN - round(side * self._zoom), "margin_y": MARGIN - round(bottom * self._zoom)}
        box = lower_right(work, width, height, **margins)
        self._native.set_size_request(box.width, box.height)
        self._native.resize(box.width, box.height)
        self._native.move(box.x, box.y)
        self._shape(box)
        self._native.show()

    def _shape(self, box: Box) -> None:
        """Cut the corners; where there is a shadow instead, clicks on it go to what is below."""
        import cairo

        if self.glass:
            left, top = round(SHADOW_SIDE * self._zoom), round(SHADOW_TOP * self._zoom)
            inner = cairo.RectangleInt(
                left, top, box.width - 2 * left, box.height - top - round(SHADOW_BOTTOM * self._zoom)
            )
            self._native.input_shape_combine_region(cairo.Region(inner))
        else:
            rows = rounded_rows(box.width, box.height, round(RADIUS * self._zoom))
            self._native.shape_combine_region(cairo.Region([cairo.RectangleInt(*row) for row in rows]))

    def _make_room(self, work: Box) -> None:
        self.room = max(MIN_ROOM, min(MAX_ROOM, round(work.height / self._zoom) - FIXED_HEIGHT))

    def _work_area(self) -> Box:
        """The work area of the monitor that has the pointer: where the owner is."""
        _screen, *pointer = self._gdk.Display.get_default().get_default_seat().get_pointer().get_position()
        return area_of((pointer[0], pointer[1]), self._areas())

    def _areas(self) -> list[tuple[Box, Box]]:
        display = self._gdk.Display.get_default()
        monitors = [display.get_monitor(index) for index in range(display.get_n_monitors())]
        monitors.sort(key=lambda monitor: not monitor.is_primary())
        return [(_box(monitor.get_geometry()), _box(monitor.get_workarea())) for monitor in monitors]

    def _clipboard(self) -> Any:
        return self._gtk.Clipboard.get(self._gdk.SELECTION_CLIPBOARD)

    def _reload(self) -> None:
        self._view.terminate_web_process()
        self._view.load_html(self._page, "")

    def _close(self) -> None:
        self._clipboard().store()  # hands what was copied to a clipboard manager, where there is one
        if self._native is None:
            return
        self._native.emit("delete-event", self._gdk.Event())


def _box(rectangle: Any) -> Box:
    return Box(rectangle.x, rectangle.y, rectangle.width, rectangle.height)

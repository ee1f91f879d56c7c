"""What every page in a GTK window needs: the libraries, told how to behave, and a way for the page to talk to us.

Trap that shaped this file [FINDINGS]: compositing mode off, else the window is black without a GPU.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from assistant.errors import EnvironmentFault, SetupError
from assistant.paths import APP
from ui.surface import OnMessage

# Signals reach Python only when Python runs: this often, while GTK has the main thread.
SIGNALS_MS = 200


def load_gtk(what: str) -> tuple[Any, Any, Any]:
    """Import Gtk, Gdk and GLib, and connect to the display. ``what`` is wanted, for the error's sake.

    :raises SetupError: a package is missing.
    :raises EnvironmentFault: there is no display.
    """
    os.environ.setdefault("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
    if os.environ.get("DISPLAY"):
        os.environ.setdefault("GDK_BACKEND", "x11")  # through XWayland a window can be placed
    try:
        import gi

        gi.require_version("Gtk", "3.0")
        import webview.platforms.gtk  # noqa: F401 - fails here, with a reason, when a part is missing
        from gi.repository import Gdk, GLib, Gtk
    except (ImportError, ValueError) as error:
        raise SetupError(
            f"pywebview's GTK back end is not complete: {error}",
            hint="On Debian: apt-get install gir1.2-webkit2-4.1 gir1.2-gtk-3.0",
        ) from error
    GLib.set_prgname(APP)  # the window's class: other programs, our senses among them, can tell whose it is
    Gdk.set_program_class(APP)
    if not Gtk.init_check([])[0] or Gdk.Display.get_default() is None:
        raise EnvironmentFault(f"There is no display for {what}.", hint="Start it in a desktop session.")
    return Gtk, Gdk, GLib


def connect_page(view: Any, on_message: OnMessage, on_gone: Callable[[str], None]) -> None:
    """Let the page of a pywebview window talk to us and to nobody else.

    pywebview's own bridge needs eval in the page and a thread per message: it is taken away.
    """
    view.manager.disconnect_by_func(view.on_js_bridge_call)
    view.webview.disconnect_by_func(view.on_load_finish)
    view.manager.register_script_message_handler("assistant")
    view.manager.connect(
        "script-message-received::assistant",
        lambda _manager, message: on_message(message.get_js_value().to_string()),
    )
    view.webview.connect("web-process-terminated", lambda _view, why: on_gone(getattr(why, "value_nick", str(why))))
    view.webview.set_opacity(1.0)
    for feature in ("enable_media_stream", "enable_mediasource", "enable_webaudio", "enable_webgl"):
        setattr(view.webview.get_settings().props, feature, False)

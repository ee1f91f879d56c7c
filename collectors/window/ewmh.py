"""Questions about windows to an X server and its window manager (EWMH), each safe against vanishing windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from collectors.window.titles import clean

# 4-byte units: 4 kB hold the 1,000 characters of a title that are kept, in any script.
_TITLE_UNITS = 1024
# A window manager's frame may wrap the client window a few levels deep (polling without EWMH only).
_CLIMB = 8


@dataclass(frozen=True)
class Seen:
    """What is known about one window."""

    window: int
    app_id: str = ""
    title: str = ""
    pid: int | None = None
    fullscreen: bool = False


class Ewmh:
    """Reads properties over one connection, in the thread that owns it."""

    def __init__(self, display: Any) -> None:
        self.display = display
        self.root = display.screen().root
        self._atom = display.intern_atom
        self._resources = display.has_extension("X-Resource")

    def atom(self, name: str) -> int:
        """Cached by python-xlib: a round trip only for a new name."""
        return int(self._atom(name))

    def active(self) -> int | None:
        """The active window's id, 0 = none, None = no window manager tells."""
        value = self._cards(self.root, "_NET_ACTIVE_WINDOW")
        return value[0] if value else None

    def managed(self, window_id: int) -> int:
        """The same id, or 0 when that window is withdrawn: openbox goes on calling a closed dialogue active."""
        state = self.atom("WM_STATE")
        found = window_id and self._ask(self.window(window_id).get_full_property, state, 0)
        return window_id if found else 0

    def clients(self) -> list[int]:
        """All windows that the window manager manages."""
        return self._cards(self.root, "_NET_CLIENT_LIST")

    def focused(self) -> int:
        """The window with the input focus, climbed to the one that carries a class; 0 = none."""
        window = self._ask(lambda: self.display.get_input_focus().focus)
        for _ in range(_CLIMB):
            if window is None or isinstance(window, int) or window.id == self.root.id:
                return 0
            if self._ask(window.get_wm_class):
                return int(window.id)
            window = self._ask(_parent, window)
        return 0

    def look(self, window_id: int) -> Seen:
        """Everything about one window; what it lacks or refuses stays empty."""
        window = self.window(window_id)
        classes = self._ask(window.get_wm_class)
        states = self._cards(window, "_NET_WM_STATE")
        return Seen(
            window=window_id,
            app_id=clean(classes[1]) if classes else "",
            title=self.title(window),
            pid=self.pid(window),
            fullscreen=self.atom("_NET_WM_STATE_FULLSCREEN") in states,
        )

    def window(self, window_id: int) -> Any:
        return self.display.create_resource_object("window", window_id)

    def title(self, window: Any) -> str:
        """_NET_WM_NAME, else WM_NAME, in whatever encoding it really is."""
        for name in ("_NET_WM_NAME", "WM_NAME"):
            found = self._ask(window.get_property, self.atom(name), 0, 0, _TITLE_UNITS)
            if found is not None and found.format == 8:  # noqa: PLR2004 - text is in 8-bit units
                return clean(bytes(found.value) if not isinstance(found.value, str) else found.value)
        return ""

    def pid(self, window: Any) -> int | None:
        """The process behind a window: the server's own knowledge first, the program's claim second.

        A sandboxed program claims a number of its own namespace, which is another process out here.
        """
        if self._resources and (known := self._ask(self._server_pid, window.id)):
            return int(known)
        claimed = self._cards(window, "_NET_WM_PID")
        return claimed[0] if claimed else None

    def _server_pid(self, window_id: int) -> int | None:
        from Xlib.ext import res

        answer = self.display.res_query_client_ids([{"client": window_id, "mask": res.LocalClientPIDMask}])
        values = [value for each in answer.ids for value in each.value]
        return int(values[0]) if values else None

    def _cards(self, window: Any, name: str) -> list[int]:
        found = self._ask(window.get_full_property, self.atom(name), 0)
        return [int(each) for each in found.value] if found is not None and found.format == 32 else []  # noqa: PLR2004 - a list of atoms or ids

    def _ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """An answer, or None when the window is gone."""
        from Xlib.error import XError

        try:
            return question(*arguments)
        except (XError, UnicodeDecodeError):
            return None


def _parent(window: Any) -> Any:
    return window.query_tree().parent

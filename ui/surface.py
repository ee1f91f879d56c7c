"""What the popup needs of a window: one hidden page that is shown, placed and hidden. And a fake of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Protocol

from assistant.errors import EnvironmentFault

OnMessage = Callable[[str], None]
OnCrash = Callable[[str], None]


class Surface(Protocol):
    """One window with one page. ``run`` belongs to the main thread; the rest may be called from any thread."""

    @property
    def name(self) -> str: ...
    @property
    def note(self) -> str:
        """What the owner should know about it ('' = nothing)."""
        ...

    @property
    def glass(self) -> bool:
        """The desktop blends windows: the page may draw its own shadow and soft corners."""
        ...

    @property
    def room(self) -> int:
        """Height in CSS pixels that a long text may take on this monitor."""
        ...

    def dark(self) -> bool:
        """The desktop prefers dark colours."""
        ...

    def run(self, on_message: OnMessage, on_crash: OnCrash) -> None:
        """Open the window, hidden, and serve it until :meth:`close`.

        :raises SetupError: a package is missing.
        :raises EnvironmentFault: no display, or the window cannot be made.
        """
        ...

    def script(self, code: str) -> None: ...
    def place(self, height: int) -> None:
        """Show the window for content of this height (CSS pixels), lower right, without the keyboard focus."""
        ...

    def hide(self) -> None: ...
    def copy(self, text: str) -> bool:
        """Put text on the clipboard; False where that is not possible."""
        ...

    def reload(self) -> None:
        """End the page's process and load the page anew."""
        ...

    def close(self) -> None: ...


class FakeSurface:
    """A page that paints at once, for tests. ``calls`` has what was asked of it; ``deaf`` stops its answers."""

    name, note, glass, room = "fake", "", False, 320

    def __init__(self, *, fail: str = "", deaf: bool = False) -> None:
        self.fail, self.deaf = fail, deaf
        self.calls: list[tuple[str, Any]] = []
        self.clipboard, self.visible, self.card = "", False, 0
        self._closed = threading.Event()
        self._on_message: OnMessage = lambda _text: None
        self.crash: OnCrash = lambda _reason: None

    def dark(self) -> bool:
        return False

    def run(self, on_message: OnMessage, on_crash: OnCrash) -> None:
        self._on_message, self.crash = on_message, on_crash
        if self.fail:
            raise EnvironmentFault(self.fail)
        self.say("ready")
        self._closed.wait()

    def say(self, kind: str, **more: Any) -> None:
        """Send a message as the page would."""
        self._on_message(json.dumps({"type": kind, "card": self.card} | more))

    def script(self, code: str) -> None:
        name, _, rest = code.removeprefix("popup.").partition("(")
        argument = json.loads(rest.removesuffix(")") or "null")
        self.calls.append((name, argument))
        if self.deaf:
            return
        if name == "offer":
            self.card = argument["card"]
            self.say("size", height=180)
            self.say("painted")
        elif name == "clear":
            self.say("cleared")

    def place(self, height: int) -> None:
        self.visible = True
        self.calls.append(("place", height))

    def hide(self) -> None:
        self.visible = False
        self.calls.append(("hide", None))

    def copy(self, text: str) -> bool:
        self.clipboard = text
        return True

    def reload(self) -> None:
        self.calls.append(("reload", None))
        if not self.deaf:
            self.say("ready")

    def close(self) -> None:
        self._closed.set()

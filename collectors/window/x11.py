"""The active window on X11: told by PropertyNotify (EWMH), polled only where no window manager tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.clock import Clock
from assistant.events import WindowFocus
from collectors.processes import ProcessNames
from collectors.window.ewmh import Ewmh, Seen
from collectors.window.titles import application_folders, index_names, pretty
from collectors.xserver import XCollector, close_display, open_display

# openbox puts None between two windows (a few ms [FINDINGS]); only a None that lasts is "no window".
NONE_LASTS_S = 0.25
# Without EWMH the focus is asked for this often: the figure is "≤ 1 s" (issue 2).
POLL_S = 0.8
_PROPERTY_CHANGES, _STRUCTURE = 1 << 22, 1 << 17
_PROPERTY_NOTIFY = 28
# Toolkits write other properties at every key press; only these can change what is shown.
_TELLING = (
    "_NET_ACTIVE_WINDOW",
    "_NET_SUPPORTING_WM_CHECK",
    "_NET_WM_NAME",
    "WM_NAME",
    "_NET_WM_STATE",
    "WM_CLASS",
    "WM_STATE",
)


class AppNames:
    """Window class and process → the name a person knows; .desktop files are read once, when first needed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._names: dict[str, str] | None = None

    def __call__(self, app_id: str, process: str) -> str:
        if self._names is None:
            self._names = index_names(application_folders(self._environ))
        for key in (app_id, process):
            if name := self._names.get(key.lower()):
                return name
        return pretty(app_id or process)


class X11Window(XCollector):
    """Emits WindowFocus when window, title or fullscreen state changed, and only then."""

    name = "window"

    def __init__(self, display: str, clock: Clock, environ: Mapping[str, str]) -> None:
        super().__init__(display, clock)
        self._app_name: Callable[[str, str], str] = AppNames(environ)
        self._processes = ProcessNames()
        self._ewmh: Any = None
        self._watched = 0
        self._shown: Seen | None = None
        self._none_until = 0.0
        self._polling = False
        self._telling: frozenset[int] = frozenset()

    def connect(self) -> Sequence[Any]:
        display = open_display(self._display_name)
        try:
            self._ewmh = Ewmh(display)
            self._telling = frozenset(map(self._ewmh.atom, _TELLING))
            self._ewmh.root.change_attributes(event_mask=_PROPERTY_CHANGES)
            display.flush()
        except Exception:
            close_display(display)
            raise
        self._watched, self._shown, self._none_until = 0, None, 0.0
        return (display,)

    def patience(self) -> float | None:
        if self._none_until:
            return max(0.0, self._none_until - time.monotonic())
        return POLL_S if self._polling else None

    def serve(self) -> None:
        display = self._ewmh.display
        waiting = self._polling or bool(self._none_until) or self._shown is None
        news = [self._is_news(display.next_event()) for _ in range(display.pending_events())]
        while waiting or news:
            if waiting or any(news):
                self._refresh()
            # Answers to our own questions may have brought events along: select would not tell of those.
            waiting = False
            news = [self._is_news(display.next_event()) for _ in range(display.pending_events())]

    def _is_news(self, event: Any) -> bool:
        return event.type != _PROPERTY_NOTIFY or event.atom in self._telling

    def _refresh(self) -> None:
        active = self._ewmh.active()
        self._polling = active is None
        window = self._ewmh.focused() if active is None else self._ewmh.managed(active)
        self._watch(window)
        seen = self._ewmh.look(window) if window else Seen(0)
        if seen.app_id or seen.title or seen.pid:
            self._none_until = 0.0
        elif self._none_lasted():
            seen = Seen(0)
        else:
            return
        if seen != self._shown:
            self._shown = seen
            self.emit(self._observation(seen))

    def _none_lasted(self) -> bool:
        """Whether there has been no active window for long enough to say so."""
        if self._shown is not None and self._shown.window == 0:
            self._none_until = 0.0
            return True
        now = time.monotonic()
        if not self._none_until:
            self._none_until = now + NONE_LASTS_S
        if now < self._none_until:
            return False
        self._none_until = 0.0
        return True

    def _watch(self, window: int) -> None:
        """Hear of changes of this window and no longer of the last one."""
        if window == self._watched:
            return
        for each, mask in ((self._watched, 0), (window, _PROPERTY_CHANGES | _STRUCTURE)):
            if each:
                self._ewmh.window(each).change_attributes(event_mask=mask)
        self._watched = window

    def _observation(self, seen: Seen) -> WindowFocus:
        at, mono = self._clock.now(), self._clock.mono()
        if not seen.window:
            return WindowFocus(at=at, mono=mono)
        process = self._processes.name(seen.pid)
        return WindowFocus(
            at=at,
            mono=mono,
            app=self._app_name(seen.app_id, process),
            app_id=seen.app_id,
            title=seen.title,
            pid=seen.pid,
            process=process,
            window=f"{seen.window:#x}",
            fullscreen=seen.fullscreen,
        )

"""Which back end serves each sense here. The system is chosen once; every module imports anywhere.

A back end says itself why it cannot work (SetupError with the reason); then the next one is tried.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.errors import SetupError
from assistant.ports import Collector, IdleClock, SenseHealth, SenseState
from assistant.settings import Settings

SENSES = ("keyboard", "mouse", "window", "apps", "idle")
_SYSTEMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}


@dataclass(frozen=True)
class Here:
    """Everything that the choice depends on."""

    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    system: str = sys.platform

    @property
    def wayland(self) -> bool:
        """A Wayland session, even with XWayland: its X server sees X programs only."""
        kind = self.environ.get("XDG_SESSION_TYPE", "")
        return self.system == "linux" and (
            kind == "wayland" or (bool(self.environ.get("WAYLAND_DISPLAY")) and kind != "x11")
        )

    @property
    def display(self) -> str:
        return self.environ.get("DISPLAY", "")


Maker = Callable[[Here], Collector]


def make_collectors(
    settings: Settings, environ: Mapping[str, str], clock: Clock, *, system: str = sys.platform
) -> tuple[Sequence[Collector], IdleClock | None, list[SenseHealth]]:
    """The senses for this system, not started; the OS's idle clock; and the senses that cannot work here, with why.

    Opens nothing: a display that is down now may come back, and then ``start`` works.
    """
    here = Here(settings, environ, clock, system)
    chosen: list[Collector] = []
    without: list[SenseHealth] = []
    for sense in SENSES:
        if not getattr(settings.capture, sense):
            without.append(SenseHealth(sense=sense, state=SenseState.OFF, reason="switched off in the settings"))
            continue
        try:
            chosen.append(pick(sense, here))
        except SetupError as error:
            reason = f"{error} {error.hint}".strip()
            without.append(SenseHealth(sense=sense, state=SenseState.FAILED, reason=reason))
    return chosen, _idle_clock(here), without


def pick(sense: str, here: Here) -> Collector:
    """The first back end that can serve this sense here.

    :raises SetupError: none can; the first one's reason.
    """
    reasons = []
    for make in _candidates(sense):
        try:
            return make(here)
        except SetupError as error:
            reasons.append(error)
    raise reasons[0]


def _candidates(sense: str) -> Iterator[Maker]:
    yield lambda here: _x11(sense, here)
    if sense in {"keyboard", "mouse"}:
        yield lambda here: _pynput(sense, here)


def _x11(sense: str, here: Here) -> Collector:
    _need_x11(sense, here)
    from collectors.apps.x11 import X11Apps
    from collectors.idle.x11 import X11Idle
    from collectors.keyboard.x11 import X11Keyboard
    from collectors.mouse.x11 import X11Mouse
    from collectors.window.x11 import X11Window

    capture, clock, display = here.settings.capture, here.clock, here.display
    makers: dict[str, Callable[[], Collector]] = {
        "keyboard": lambda: X11Keyboard(display, clock),
        "mouse": lambda: X11Mouse(display, clock),
        "window": lambda: X11Window(display, clock, here.environ),
        "apps": lambda: X11Apps(display, clock, here.environ, capture.apps_every_s),
        "idle": lambda: X11Idle(display, clock, capture.idle_after_s),
    }
    return makers[sense]()


def _need_x11(sense: str, here: Here) -> None:
    if here.wayland:
        what = "keys" if sense == "keyboard" else sense
        raise SetupError(
            f"{what} off: Wayland does not let a program watch the {_WATCHED[sense]} of others.",
            hint="Log in to an X11 (Xorg) session; most login screens offer it behind a gear symbol.",
        )
    if here.system != "linux":
        name = _SYSTEMS.get(here.system, here.system)
        raise SetupError(
            f"{sense} is not yet there on {name}.", hint="Everything else works without it; Linux with X11 has it."
        )
    if not here.display:
        raise SetupError(
            f"{sense} off: there is no display (DISPLAY is not set).",
            hint="Start it inside a graphical session, or try `assistant demo`.",
        )


_WATCHED = {"keyboard": "keys", "mouse": "clicks", "window": "windows", "apps": "windows", "idle": "input"}


def _pynput(sense: str, here: Here) -> Collector:
    """Keys and clicks on macOS and Windows."""
    if here.system not in {"darwin", "win32"}:
        raise SetupError(f"{sense}: pynput serves macOS and Windows only.")
    from collectors.keyboard.hook import PynputKeyboard
    from collectors.mouse.hook import PynputMouse

    return PynputKeyboard(here.clock) if sense == "keyboard" else PynputMouse(here.clock)


def _idle_clock(here: Here) -> IdleClock | None:
    try:
        _need_x11("idle", here)
    except SetupError:
        return None
    from collectors.idle.x11 import X11IdleClock

    return X11IdleClock(here.display)

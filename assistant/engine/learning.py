"""The engine's side of learning: looks back at each label, and starts the nightly training when it may.

Never by surprise: off by default, only at night, away and on power, at low priority, once a night, and ``assistant
status`` says what is going on. The training is a process of its own and ends when the owner comes back; it goes on the
night after.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

from assistant.clock import Clock
from assistant.paths import HOME_VARIABLE, Paths, under
from assistant.ports import Keeper
from assistant.power import on_power
from assistant.settings import Training

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "assistant", "train", "--nightly")
# The night that was tried last: a restarted engine must not try a second time.
LAST = "nightly.txt"
LOG = "train.log"
_HOUR_S, _DAY_S = 3_600.0, 86_400.0
# Noon to noon is one night.
_NOON_S = _DAY_S / 2


class Process(Protocol):
    """What is needed of a started training."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def terminate(self) -> None: ...


def night_of(now: float, offset_min: int) -> int:
    """The number of the night that ``now`` belongs to (days from noon to noon, local time)."""
    return int((now + 60 * offset_min - _NOON_S) // _DAY_S)


def is_night(now: float, offset_min: int, options: Training) -> bool:
    """Whether the local hour lies between the settings' two; equal hours = always."""
    hour = int((now + 60 * offset_min) % _DAY_S // _HOUR_S)
    begin, end = options.from_hour, options.until_hour
    return begin <= hour < end if begin < end else hour >= begin or hour < end


def start_training(paths: Paths) -> Process:
    """Start ``assistant train --nightly``; it lowers its own priority."""
    home = paths.data.parent
    environ = {**os.environ, **({HOME_VARIABLE: str(home)} if under(home) == paths else {})}
    with (paths.logs / LOG).open("ab") as out:
        return subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environ)


class Learning:
    """Owned by the engine's thread; only :meth:`labelled` is called from others."""

    def __init__(
        self,
        keeper: Keeper | None,
        options: Training,
        clock: Clock,
        paths: Paths,
        rolled_back: Callable[[str], None],
        *,
        power: Callable[[], bool] = on_power,
        start: Callable[[Paths], Process] = start_training,
    ) -> None:
        """:param rolled_back: called from another thread, with the reason."""
        self._keeper, self._options, self._clock, self._paths = keeper, options, clock, paths
        self._rolled_back, self._power, self._start = rolled_back, power, start
        self._away_since: float | None = None
        self._process: Process | None = None
        self._last = ""
        self._labels: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------------ at each label

    def labelled(self) -> None:
        """A label is in the store; what follows from it happens in a thread of its own."""
        if self._keeper is None:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, args=(self._keeper,), name="learning", daemon=True)
            self._thread.start()
        self._labels.put(True)

    def _watch(self, keeper: Keeper) -> None:
        while self._labels.get():
            while not self._labels.empty():  # several at once are looked at together
                if not self._labels.get():
                    return
            try:
                why = keeper.labelled()
            except Exception:
                log.exception("the live figures could not be looked at")
                continue
            if why:
                self._rolled_back(why)

    def forget(self, *, everything: bool) -> None:
        """Remove what quotes the owner; a training that runs would write it anew."""
        self._stop("something is forgotten")
        if self._keeper is not None:
            self._keeper.forget(everything=everything)

    # ------------------------------------------------------------------ at night

    def tick(self, *, away: bool) -> None:
        """Start a training when it is time, end it when the owner is back."""
        mono = self._clock.mono()
        self._away_since = (self._away_since if self._away_since is not None else mono) if away else None
        if self._process is not None and (code := self._process.poll()) is not None:
            self._process, self._last = None, f"ended with {code}"
            log.info("nightly training ended with %d", code)
        if not away:
            self._stop("you are back")
        elif self._due(mono):
            self._begin()

    def _due(self, mono: float) -> bool:
        options, now, offset = self._options, self._clock.now(), self._clock.utc_offset_min()
        if not options.nightly or self._process is not None or self._away_since is None:
            return False
        if mono - self._away_since < 60.0 * options.idle_min or not is_night(now, offset, options):
            return False
        return self._last_night() != night_of(now, offset) and self._power()

    def _last_night(self) -> int | None:
        try:
            return int((self._paths.data / LAST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _begin(self) -> None:
        night = night_of(self._clock.now(), self._clock.utc_offset_min())
        try:
            (self._paths.data / LAST).write_text(str(night), encoding="utf-8")
            self._process = self._start(self._paths)
        except OSError as error:
            self._last = f"could not start: {error}"
            log.warning("nightly training %s", self._last)
            return
        log.info("nightly training started, process %d", self._process.pid)

    def _stop(self, why: str) -> None:
        if self._process is None:
            return
        log.info("nightly training is paused: %s", why)
        with contextlib.suppress(OSError):
            self._process.terminate()
        self._process, self._last = None, f"paused: {why}"

    def close(self) -> None:
        """End the watching; a training that runs ends by itself once the supervisor is gone, not for a restart."""
        self._labels.put(False)

    # ------------------------------------------------------------------ asking about

    def status(self) -> dict[str, Any]:
        """What ``assistant status`` shows of it."""
        options = self._options
        night = f"between {options.from_hour}:00 and {options.until_hour}:00, away {options.idle_min:g} min, on power"
        if self._process is not None:
            nightly = f"running now (process {self._process.pid}, low priority)"
        elif not options.nightly:
            nightly = "off"
        else:
            nightly = f"on ({night})" + (f"; the last one {self._last}" if self._last else "")
        return {**(self._keeper.status() if self._keeper is not None else {}), "nightly": nightly}

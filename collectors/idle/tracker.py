"""What a series of looks at the idle clock means: away, back, locked, suspended. Pure."""

from __future__ import annotations

from assistant.events import Gap, IdleChanged, LockChanged, Observation

# Wall clock ahead of the monotonic one by more than this between two looks is a suspend: the monotonic clock
# stands still meanwhile. Clock corrections are smaller, a loaded machine delays both clocks alike.
SUSPEND_S = 30.0


class IdleTracker:
    """Feed it every look; it answers with what changed. ``after_s`` without input is being away."""

    def __init__(self, after_s: float) -> None:
        self.after_s = after_s
        self._since: float | None = None
        self._locked: bool | None = None
        self._last: tuple[float, float] | None = None

    def look(self, now: float, mono: float, idle_s: float, *, locked: bool) -> list[Observation]:
        """One look: wall and monotonic time, seconds without input, and whether the screen is locked."""
        return [*self._suspend(now, mono), *self._lock(now, mono, locked), *self._idle(now, mono, idle_s)]

    def _suspend(self, now: float, mono: float) -> list[Observation]:
        last, self._last = self._last, (now, mono)
        if last is None or (now - last[0]) - (mono - last[1]) <= SUSPEND_S:
            return []
        return [Gap(at=last[0], mono=last[1], sense="all", until=now, reason="suspend")]

    def _lock(self, now: float, mono: float, locked: bool) -> list[Observation]:
        before, self._locked = self._locked, locked
        if locked == bool(before):
            return []
        return [LockChanged(at=now, mono=mono, locked=locked)]

    def _idle(self, now: float, mono: float, idle_s: float) -> list[Observation]:
        if self._since is None and idle_s >= self.after_s:
            self._since = now - idle_s
            return [IdleChanged(at=now, mono=mono, idle=True, since=self._since)]
        if self._since is not None and idle_s < self.after_s:
            # The wall clock may have been set back meanwhile: no negative durations (CAPTURE row 13).
            since, self._since = min(self._since, now), None
            back = max(since, now - idle_s)
            return [IdleChanged(at=back, mono=mono - (now - back), idle=False, since=since)]
        return []

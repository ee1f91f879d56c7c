"""Time comes from a Clock and ids from a factory, so that tests inject both (DESIGN.md, rule 5)."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Where every time in the program comes from."""

    def now(self) -> float:
        """Wall time, seconds since the Unix epoch (may jump)."""
        ...

    def mono(self) -> float:
        """Monotonic seconds, not counting suspend (never jumps back)."""
        ...

    def utc_offset_min(self) -> int:
        """Local offset from UTC in minutes, at this moment."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a fake clock just moves on."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> float:
        return time.time()

    def mono(self) -> float:
        return time.monotonic()

    def utc_offset_min(self) -> int:
        return int(time.localtime().tm_gmtoff // 60)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class FakeClock:
    """A fake for tests: stands still until told to move."""

    def __init__(self, now: float = 1_700_000_000.0, mono: float = 1_000.0, offset: int = 0) -> None:
        self._now, self._mono, self._offset = now, mono, offset

    def now(self) -> float:
        return self._now

    def mono(self) -> float:
        return self._mono

    def utc_offset_min(self) -> int:
        return self._offset

    def sleep(self, seconds: float) -> None:
        self.tick(seconds)

    def tick(self, seconds: float) -> None:
        """Move wall and monotonic time on by ``seconds``."""
        self._now += seconds
        self._mono += seconds

    def jump_wall(self, seconds: float) -> None:
        """Move only the wall clock (an NTP step, a changed time zone, a suspend)."""
        self._now += seconds


IdFactory = Callable[[], int]
"""Gives a new id at each call: a positive integer below 2**63, larger than all before it."""

# 20 bits of counter below the milliseconds: 43 bits of time last until the year 2248.
_COUNTER_BITS = 20


def time_ids(clock: Clock) -> IdFactory:
    """Ids that sort by time, unique within one process, never falling even when the clock does."""
    counter = itertools.count()
    last = 0

    def new() -> int:
        nonlocal last
        fresh = (int(clock.now() * 1000) << _COUNTER_BITS) | (next(counter) & 0xFFF)
        last = max(last + 1, fresh)
        return last

    return new


def counting_ids(start: int = 1) -> IdFactory:
    """A fake for tests: 1, 2, 3 and so on."""
    counter = itertools.count(start)
    return lambda: next(counter)

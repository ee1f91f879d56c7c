"""An idle clock that is set by hand."""

from __future__ import annotations

from assistant.clock import Clock
from collectors.fake import FakeCollector
from collectors.idle.tracker import IdleTracker


class FakeIdle(FakeCollector):
    """``poll`` looks once, as the real one does each second; set ``idle`` and ``locked`` before."""

    name = "idle"

    def __init__(self, clock: Clock, after_s: float = 180.0) -> None:
        super().__init__(clock)
        self.idle = 0.0
        self.locked = False
        self._tracker = IdleTracker(after_s)

    def poll(self) -> None:
        looked = self._tracker.look(self.clock.now(), self.clock.mono(), self.idle, locked=self.locked)
        for observation in looked:
            self.hand_on(observation)


class FakeIdleClock:
    """An IdleClock that says what it is told; ``fault`` is raised instead when set."""

    def __init__(self, idle: float = 0.0) -> None:
        self.idle = idle
        self.fault: Exception | None = None

    def idle_s(self) -> float:
        if self.fault is not None:
            raise self.fault
        return self.idle

"""What every sense must do, written once: run over the fakes (fast) and over the real ones (tests/desktop).

Each check takes a Rig: a fresh collector and the means to make it see something or to break it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from assistant.clock import FakeClock
from assistant.errors import AssistantError
from assistant.events import Observation

KINDS = {
    "keyboard": {"key_text", "key_named"},
    "mouse": {"click", "scroll"},
    "window": {"window_focus"},
    "apps": {"app_started", "app_exited"},
    "idle": {"idle_changed", "lock_changed", "gap"},
}


@dataclass
class Rig:
    """``provoke`` makes the sense see at least one new thing; ``kill`` ends its thread unasked."""

    sense: str
    collector: Any
    clock: FakeClock
    provoke: Callable[[], None]
    kill: Callable[[], None]
    break_start: Callable[[], None]
    patience_s: float = 0.0
    seen: list[Observation] = field(default_factory=list)

    def wait(self, what: Callable[[], Any], why: str) -> None:
        end = time.monotonic() + self.patience_s
        while not what():
            assert time.monotonic() < end, why
            time.sleep(0.01)

    def see_one(self) -> Observation:
        before = len(self.seen)
        self.provoke()
        self.wait(lambda: len(self.seen) > before, f"{self.sense} saw nothing")
        return self.seen[-1]


def check_alive_follows_start_and_stop(rig: Rig) -> None:
    assert rig.collector.name == rig.sense
    assert rig.collector.backend
    assert not rig.collector.alive()
    rig.collector.start(rig.seen.append)
    assert rig.collector.alive()
    rig.collector.stop()
    assert not rig.collector.alive()


def check_emits_only_its_own_kinds(rig: Rig) -> None:
    rig.collector.start(rig.seen.append)
    rig.see_one()
    assert {each.kind for each in rig.seen} <= KINDS[rig.sense]


def check_times_come_from_the_clock(rig: Rig) -> None:
    rig.collector.start(rig.seen.append)
    seen = rig.see_one()
    # "Back" is dated to the input itself, up to one poll earlier; real time is years away from the fake clock's.
    assert seen.at == pytest.approx(rig.clock.now(), abs=5)
    assert seen.mono == pytest.approx(rig.clock.mono(), abs=5)


def check_silent_after_stop(rig: Rig) -> None:
    rig.collector.start(rig.seen.append)
    rig.see_one()
    rig.collector.stop()
    count = len(rig.seen)
    rig.provoke()
    time.sleep(rig.patience_s / 20)
    assert len(rig.seen) == count


def check_starts_again_after_stop(rig: Rig) -> None:
    for _ in range(2):
        rig.collector.start(rig.seen.append)
        rig.see_one()
        rig.collector.stop()


def check_second_start_replaces_the_first(rig: Rig) -> None:
    stale: list[Observation] = []
    rig.collector.start(stale.append)
    rig.collector.start(rig.seen.append)
    count = len(stale)
    rig.see_one()
    assert len(stale) == count


def check_stop_is_idempotent_and_quick(rig: Rig) -> None:
    rig.collector.stop()
    rig.collector.start(rig.seen.append)
    began = time.monotonic()
    rig.collector.stop()
    rig.collector.stop()
    assert time.monotonic() - began < 2  # the contract says one second; the machine may be loaded


def check_notices_a_dead_thread_and_starts_again(rig: Rig) -> None:
    rig.collector.start(rig.seen.append)
    rig.see_one()
    rig.kill()
    rig.wait(lambda: not rig.collector.alive(), "a dead sense calls itself alive")
    rig.collector.start(rig.seen.append)
    assert rig.collector.alive()
    rig.see_one()


def check_raising_emit_loses_that_one_only(rig: Rig) -> None:
    failures = []

    def emit(observation: Observation) -> None:
        if not failures:
            failures.append(observation)
            raise RuntimeError("the queue is broken")
        rig.seen.append(observation)

    rig.collector.start(emit)
    rig.provoke()
    rig.wait(lambda: failures, f"{rig.sense} saw nothing")
    rig.see_one()
    assert rig.collector.alive()


def check_start_that_cannot_work_says_why(rig: Rig) -> None:
    rig.break_start()
    with pytest.raises(AssistantError) as caught:
        rig.collector.start(rig.seen.append)
    assert str(caught.value)
    assert caught.value.hint
    assert not rig.collector.alive()
    rig.collector.stop()


CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_")]


# --------------------------------------------------------------------------- helpers of the desktop tests


def wait(what, why, timeout=10.0):
    end = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < end, why() if callable(why) else why
        time.sleep(0.02)


def words(seen):
    """Observations as a readable line: text as it is, the rest in angle brackets."""
    return "".join(
        each.text if each.kind == "key_text" else f"<{'+'.join([*each.mods, each.key])}>"
        for each in list(seen)
        if each.kind in {"key_text", "key_named"}
    )


@contextmanager
def running(collector):
    seen = []
    collector.start(seen.append)
    try:
        yield seen
    finally:
        collector.stop()

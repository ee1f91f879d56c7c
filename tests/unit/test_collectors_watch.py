"""Dead, deaf, impossible and recovered senses, with a clock that stands still."""

from __future__ import annotations

import pytest

from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Click, Gap, KeyText
from assistant.ports import SenseState
from collectors.idle.fake import FakeIdleClock
from collectors.inbox import Inbox
from collectors.keyboard.fake import FakeKeyboard
from collectors.watch import Watch


class Bench:
    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.lost = clock, []
        self.keyboard = FakeKeyboard(clock)
        self.idle = FakeIdleClock(1_000.0)
        self.inbox = Inbox(100)
        self.watch = Watch([self.keyboard], self.inbox, clock, self.idle, self.lost.append, 2.0)

    def run(self, seconds: float) -> None:
        end = self.clock.mono() + seconds
        while self.clock.mono() < end:
            self.clock.tick(min(self.watch.look(), max(0.01, end - self.clock.mono())))

    def gaps(self) -> list[Gap]:
        found = []
        while (item := self.inbox.get(0.0)) is not None:
            found += [item] if isinstance(item, Gap) else []
        return found

    @property
    def health(self):
        return self.watch.health()[0]


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock)


def test_starts_and_says_so(bench: Bench) -> None:
    assert bench.health.state is SenseState.STARTING
    bench.watch.look()
    bench.keyboard.type("ab")
    assert (bench.health.state, bench.health.seen, bench.health.restarts) == (SenseState.OK, 2, 0)
    assert bench.gaps() == []


def test_dead_thread_is_restarted_within_ten_seconds_and_leaves_a_gap(bench: Bench) -> None:
    bench.run(20)
    last_alive = bench.clock.now()
    bench.keyboard.die()
    bench.run(10)
    assert bench.keyboard.alive()
    assert bench.lost == ["keyboard"]
    (gap,) = bench.gaps()
    assert gap.sense == "keyboard"
    assert gap.reason == "it stopped hearing"
    assert gap.at == pytest.approx(last_alive, abs=2.1)
    assert gap.at < gap.until <= last_alive + 10
    assert (bench.health.state, bench.health.restarts) == (SenseState.OK, 1)


def test_server_that_stays_away_is_tried_for_ever_and_found_within_ten_seconds(bench: Bench) -> None:
    bench.run(4)
    bench.keyboard.broken = EnvironmentFault("The X server is gone.", hint="Start it.")
    bench.keyboard.die()
    bench.run(120)
    assert bench.health.state is SenseState.FAILED
    assert bench.health.reason == "The X server is gone. Start it."
    bench.keyboard.broken = None
    bench.run(9)
    assert bench.health.state is SenseState.OK
    (gap,) = bench.gaps()
    assert gap.reason == "The X server is gone. Start it."
    assert gap.until - gap.at > 115


def test_setup_error_is_named_and_not_retried(bench: Bench) -> None:
    bench.keyboard.broken = SetupError("keys off: Wayland.", hint="Use X11.")
    bench.run(5)
    assert (bench.health.state, bench.health.reason) == (SenseState.FAILED, "keys off: Wayland. Use X11.")
    bench.keyboard.broken = None
    bench.run(60)
    assert bench.health.state is SenseState.FAILED


def test_unable_at_first_then_able_tells_the_gap_since_the_start(bench: Bench) -> None:
    began = bench.clock.now()
    bench.keyboard.broken = EnvironmentFault("no display yet")
    bench.run(7)
    bench.keyboard.broken = None
    bench.run(6)
    (gap,) = bench.gaps()
    assert (gap.at, gap.reason) == (began, "no display yet")


def test_bug_in_a_back_end_does_not_end_the_watch(bench: Bench) -> None:
    bench.keyboard.broken = ZeroDivisionError()  # type: ignore[assignment]  # a bug is no AssistantError
    bench.run(3)
    assert "ZeroDivisionError" in bench.health.reason
    bench.keyboard.broken = None
    bench.run(6)
    assert bench.health.state is SenseState.OK


def test_input_without_keys_restarts_the_hook_and_proof_makes_a_gap(bench: Bench) -> None:
    bench.run(4)
    starts = []
    begin = bench.keyboard.start
    bench.keyboard.start = lambda emit: (starts.append(bench.clock.mono()), begin(emit))  # type: ignore[method-assign]
    deaf_since = bench.clock.now()
    bench.idle.idle = 0.0
    while not starts:
        bench.run(2)
    assert bench.clock.now() - deaf_since < 16
    bench.keyboard.type("a")
    bench.run(3)
    (gap,) = bench.gaps()
    assert gap.at == pytest.approx(deaf_since, abs=4)
    assert "did not hear" in gap.reason
    assert bench.health.restarts == 1


def test_mouse_that_only_moves_makes_no_gap_and_few_restarts(bench: Bench) -> None:
    bench.run(4)
    starts = []
    begin = bench.keyboard.start
    bench.keyboard.start = lambda emit: (starts.append(1), begin(emit))  # type: ignore[method-assign]
    bench.idle.idle = 0.0
    bench.run(600)
    assert 1 <= len(starts) <= 5
    assert bench.gaps() == []


def test_typing_is_never_suspicious(bench: Bench) -> None:
    bench.run(4)
    bench.keyboard.start = lambda emit: pytest.fail("restarted")  # type: ignore[method-assign]
    bench.idle.idle = 0.0
    for _ in range(60):
        bench.keyboard.type("a")
        bench.run(1)


def test_silent_idle_clock_is_survived(bench: Bench) -> None:
    bench.idle.fault = EnvironmentFault("gone")
    bench.run(30)
    assert bench.health.state is SenseState.OK


def test_overflow_is_counted_and_told(clock: FakeClock) -> None:
    inbox = Inbox(3)
    emit = inbox.emitter("keyboard")
    for second in range(10):
        emit(KeyText(at=float(second), text="x"))
    assert (inbox.tally("keyboard").seen, inbox.tally("keyboard").dropped) == (3, 7)
    assert inbox.overflows() == [Gap(at=3.0, sense="keyboard", until=9.0, reason="overflow")]
    assert inbox.overflows() == []
    inbox.emitter("mouse")(Click(at=11.0))
    assert inbox.overflows() == [Gap(at=11.0, sense="mouse", until=11.0, reason="overflow")]


def test_the_first_key_after_a_rest_that_is_not_delivered_yet_restarts_nothing(bench: Bench) -> None:
    """A restart there loses what is being typed: seen on the desktop as 126 and 229 keys missing of 5,000."""
    bench.idle.idle = 1.0  # somebody moved the mouse before the senses started; since then nobody touched anything
    bench.watch.look()
    for _ in range(20):
        bench.clock.tick(2.0)
        bench.idle.idle += 2.0
        bench.watch.look()
    bench.keyboard.start = lambda emit: pytest.fail("restarted")  # type: ignore[method-assign]
    bench.clock.tick(2.0)
    bench.idle.idle = 0.0  # the key is pressed, the hook has not told it
    bench.watch.look()

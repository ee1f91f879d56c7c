"""One suite for every Notifier: exactly one outcome for each suggestion, whoever is first."""

from __future__ import annotations

import io
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from assistant.bench.ui_child import offer
from assistant.clock import FakeClock
from assistant.events import Event, Outcome, OutcomeKind
from assistant.ports import Notifier
from ui.fake import FakeNotifier
from ui.popup import PopupNotifier
from ui.surface import FakeSurface
from ui.terminal import TerminalNotifier

EVENTS = [Event(id=1, time=60.0, sentence="The user types '\x1b[31mx'.", type="typing", source="keyboard")]
BUTTONS = {
    OutcomeKind.ACCEPTED: ("accept", "a"),
    OutcomeKind.REJECTED: ("no", "n"),
    OutcomeKind.SNOOZED: ("later", "l"),
}


class Driver:
    """A notifier, and a person who uses it."""

    def __init__(self, notifier: Notifier, press: Callable[[OutcomeKind], None], clock: FakeClock) -> None:
        self.notifier, self.press, self.clock = notifier, press, clock
        self.look: Callable[[], None] = lambda: None
        self.outcomes: queue.Queue[Outcome] = queue.Queue()

    def show(self, number: int, task: str = "Do it", response: str = "Here") -> None:
        self.notifier.show(offer(number, task, "because", response), EVENTS, self.outcomes.put)

    def outcome(self) -> Outcome:
        return self.outcomes.get(timeout=3)

    def wait_out(self, seconds: float) -> None:
        self.clock.tick(seconds)
        self.look()

    def nothing_more(self) -> bool:
        time.sleep(0.06)
        return self.outcomes.empty()


def fake(clock: FakeClock) -> Iterator[Driver]:
    notifier = FakeNotifier(clock)
    driver = Driver(notifier, notifier.press, clock)
    driver.look = notifier.time_up
    yield driver


def popup(clock: FakeClock) -> Iterator[Driver]:
    surface, stop, ready = FakeSurface(), threading.Event(), threading.Event()
    notifier = PopupNotifier(surface, clock, on_ready=ready.set)
    thread = threading.Thread(target=notifier.run, args=(stop,))
    thread.start()
    assert ready.wait(3)
    yield Driver(notifier, lambda kind: surface.say("answer", answer=BUTTONS[kind][0]), clock)
    stop.set()
    thread.join(3)


def terminal(clock: FakeClock) -> Iterator[Driver]:
    read, write = os.pipe()
    with os.fdopen(read) as source, os.fdopen(write, "w", buffering=1) as keyboard:
        notifier = TerminalNotifier(clock, source=source, out=io.StringIO(), interactive=True)
        yield Driver(notifier, lambda kind: print(BUTTONS[kind][1], file=keyboard), clock)
        notifier.close()
        keyboard.close()
        if notifier._reader is not None:
            notifier._reader.join(3)


@pytest.fixture(params=[fake, popup, terminal], ids=lambda made: made.__name__)
def driver(request, clock: FakeClock) -> Iterator[Driver]:
    yield from request.param(clock)


@pytest.mark.parametrize("kind", list(BUTTONS))
def test_an_answer_is_one_outcome_with_its_reaction_time(driver, kind):
    driver.show(41)
    driver.clock.tick(2.0)
    driver.press(kind)
    outcome = driver.outcome()
    assert (outcome.suggestion_id, outcome.kind) == (41, kind)
    assert outcome.reaction_s == pytest.approx(2.0)
    assert outcome.source == driver.notifier.name
    assert driver.nothing_more()


def test_without_an_answer_it_was_ignored(driver):
    driver.show(42)
    driver.wait_out(12.5)
    outcome = driver.outcome()
    assert (outcome.suggestion_id, outcome.kind, outcome.reaction_s) == (42, OutcomeKind.IGNORED, None)
    driver.press(OutcomeKind.ACCEPTED)
    assert driver.nothing_more()


def test_the_first_answer_wins(driver):
    driver.show(43)
    driver.press(OutcomeKind.REJECTED)
    assert driver.outcome().kind is OutcomeKind.REJECTED
    driver.press(OutcomeKind.ACCEPTED)
    driver.wait_out(3_600)
    assert driver.nothing_more()


def test_withdrawn_is_unseen_with_the_reason(driver):
    driver.show(44)
    driver.notifier.withdraw(44)
    outcome = driver.outcome()
    assert (outcome.suggestion_id, outcome.kind, outcome.reason) == (44, OutcomeKind.UNSEEN, "withdrawn")
    assert outcome.reaction_s is None
    driver.press(OutcomeKind.ACCEPTED)
    assert driver.nothing_more()


def test_withdrawing_another_one_changes_nothing(driver):
    driver.show(45)
    driver.notifier.withdraw(1)
    assert driver.nothing_more()
    driver.press(OutcomeKind.SNOOZED)
    assert driver.outcome().kind is OutcomeKind.SNOOZED


def test_a_newer_one_takes_the_place_of_an_unanswered_one(driver):
    driver.show(46)
    driver.show(47)
    first = driver.outcome()
    assert (first.suggestion_id, first.kind, first.reason) == (46, OutcomeKind.UNSEEN, "replaced")
    driver.press(OutcomeKind.REJECTED)
    assert driver.outcome().suggestion_id == 47


def test_closing_ends_what_is_open(driver):
    driver.show(48)
    driver.notifier.close()
    assert driver.outcome().kind is OutcomeKind.UNSEEN
    assert driver.nothing_more()


def test_hostile_text_is_only_text(driver):
    driver.show(49, "\x1b]0;own\x07</script><b>x\u2028\u202e", "'); popup.clear(); //\x00")
    driver.press(OutcomeKind.ACCEPTED)
    assert driver.outcome().kind is OutcomeKind.ACCEPTED

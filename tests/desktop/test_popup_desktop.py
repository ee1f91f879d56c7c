"""The real popup, in its real process, on a real X server, pressed with a real mouse."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil
import pytest

from assistant.bench.popup import run_popup_bench
from assistant.bench.ui_child import UiChild, offer, wait_for
from assistant.errors import EnvironmentFault
from assistant.events import Event, OutcomeKind
from ui.placement import MARGIN, WIDTH

pytestmark = pytest.mark.desktop

ACCENT = (0x0D, 0x6E, 0x63)
# Where the buttons' middles are, from the card's left and lower edge.
ACCEPT, LATER, NO, WHY = (60, 37), (140, 37), (220, 37), (345, 37)
CLOSE, WRONG = (125, 37), (150, 37)
EVENTS = [Event(id=1, time=60.0, sentence="The user types 'x' in Mousepad.", type="typing", source="keyboard")]


class Screen:
    """The desktop with the ui process on it, and somebody with a mouse."""

    def __init__(self, desktop, notifier: str = "popup") -> None:
        self.desktop = desktop
        self.ui = UiChild(desktop.env, notifier=notifier)
        self.ready = self.ui.ready()

    def box(self) -> tuple[int, int, int, int] | None:
        """Left, top, width and height of the popup, None while it is hidden."""
        argv = ["xdotool", "search", "--onlyvisible", "--name", "^Suggestion$", "getwindowgeometry", "--shell"]
        done = subprocess.run(argv, env=self.desktop.env, capture_output=True, text=True, timeout=20, check=False)
        found = dict(line.split("=") for line in done.stdout.splitlines() if "=" in line)
        return tuple(int(found[key]) for key in ("X", "Y", "WIDTH", "HEIGHT")) if found else None

    def show(self, number: int, response: str = "The answer", popup_s: float = 30.0) -> None:
        self.ui.show(offer(number, f"Suggestion {number}", "Because of this", response), EVENTS, popup_s=popup_s)
        assert self.ui.painted().suggestion_id == number

    def point(self, at: tuple[int, int]) -> None:
        x, y, _width, height = self.box()
        self.desktop.xdotool("mousemove", x + at[0], y + height - at[1])

    def press(self, at: tuple[int, int]) -> None:
        self.point(at)
        time.sleep(0.1)
        self.desktop.xdotool("click", 1)

    def away(self) -> None:
        self.desktop.xdotool("mousemove", 100, 100)

    def hidden(self) -> bool:
        return wait_for(lambda: self.box() is None, 3)

    def count(self, wanted: Callable[[tuple[int, int, int]], bool]) -> int:
        """Pixels of the whole screen that are as wanted."""
        from Xlib import X
        from Xlib.display import Display

        display = Display(self.desktop.display)
        try:
            data = display.screen().root.get_image(0, 0, 1280, 800, X.ZPixmap, 0xFFFFFF).data
        finally:
            display.close()
        return sum(wanted((data[at + 2], data[at + 1], data[at])) for at in range(0, len(data), 4))

    def web_process(self, other_than: psutil.Process | None = None) -> psutil.Process:
        """Wait for the page's process (a new one)."""
        assert wait_for(lambda: bool(self.web_processes(other_than)))
        return self.web_processes(other_than)[-1]

    def web_processes(self, other_than: psutil.Process | None) -> list[psutil.Process]:
        found = []
        for process in self.desktop.processes():
            with suppress(psutil.Error):
                if process.name().startswith("WebKitWebProces") and process != other_than:
                    found.append(process)
        return found


@pytest.fixture
def screen(desktop) -> Iterator[Screen]:
    made = Screen(desktop)
    assert made.ready.notifier == "popup", made.ready.reason
    made.away()
    yield made
    assert made.ui.close() < 3.0


def is_accent(pixel: tuple[int, int, int]) -> bool:
    return all(abs(have - want) <= 2 for have, want in zip(pixel, ACCENT, strict=True))


def test_content_is_on_the_screen_in_the_lower_right_and_gone_afterwards(screen):
    assert screen.count(is_accent) == 0
    screen.show(1)
    assert screen.count(is_accent) > 1_000
    assert screen.count(lambda pixel: pixel == (255, 255, 255)) > 20_000
    x, y, width, height = screen.box()
    assert (x + width, y + height, width) == (1280 - MARGIN, 800 - MARGIN, WIDTH)
    assert 120 < height < 220
    screen.ui.withdraw(1)
    assert screen.ui.outcome().reason == "withdrawn"
    assert screen.hidden()
    assert screen.count(is_accent) == 0


def test_accept_copies_the_response_and_shows_it_for_reading(screen):
    screen.show(1, response="Zwei Zeilen\nmit ß und €")
    height = screen.box()[3]
    time.sleep(0.4)
    screen.press(ACCEPT)
    outcome = screen.ui.outcome()
    assert (outcome.suggestion_id, outcome.kind, outcome.source) == (1, OutcomeKind.ACCEPTED, "popup")
    assert 0.4 <= outcome.reaction_s < 5
    assert wait_for(lambda: screen.box()[3] > height)
    argv = ["xclip", "-selection", "clipboard", "-o"]
    copied = subprocess.run(argv, env=screen.desktop.env, capture_output=True, timeout=10, check=True).stdout
    assert copied.decode() == "Zwei Zeilen\nmit ß und €"
    screen.press(CLOSE)
    assert screen.hidden()


def test_no_counts_at_once_and_a_reason_is_a_second_row(screen):
    screen.show(1)
    screen.press(NO)
    first = screen.ui.outcome()
    assert (first.kind, first.reason) == (OutcomeKind.REJECTED, "")
    time.sleep(0.3)
    screen.press(WRONG)
    second = screen.ui.outcome()
    assert (second.kind, second.reason, second.reaction_s) == (OutcomeKind.REJECTED, "wrong", first.reaction_s)
    assert screen.hidden()


def test_not_now_and_then_the_next_one_in_the_same_window(screen):
    for number in (1, 2):
        screen.show(number)
        screen.press(LATER)
        outcome = screen.ui.outcome()
        assert (outcome.suggestion_id, outcome.kind) == (number, OutcomeKind.SNOOZED)
        assert screen.hidden()


def test_ignored_after_its_time_unless_the_pointer_is_on_it(screen):
    screen.show(1, popup_s=0.8)
    assert screen.ui.outcome(5).kind is OutcomeKind.IGNORED
    assert screen.hidden()
    screen.show(2, popup_s=1.5)
    screen.point((200, 110))
    with pytest.raises(EnvironmentFault):
        screen.ui.outcome(3)
    screen.away()
    outcome = screen.ui.outcome(5)
    assert (outcome.suggestion_id, outcome.kind) == (2, OutcomeKind.IGNORED)


def test_why_unfolds_the_events(screen):
    screen.show(1)
    folded = screen.box()[3]
    screen.press(WHY)
    assert wait_for(lambda: screen.box()[3] > folded + 40)
    screen.press(WHY)
    assert wait_for(lambda: screen.box()[3] == folded)


def test_not_one_of_220_keys_goes_to_the_popup(screen, tmp_path):
    file = tmp_path / "typed.txt"
    file.write_text("")
    screen.desktop.spawn(["mousepad", "--disable-server", str(file)])
    editor = screen.desktop.window("typed.txt")
    screen.desktop.focus(editor)
    text = "the quick brown fox jumps over the lazy dog " * 5
    assert len(text) == 220
    typing = screen.desktop.spawn(["xdotool", "type", "--delay", "18", text])
    for number in (1, 2, 3):
        screen.show(number)
        if number == 2:
            screen.press(WHY)
        time.sleep(0.4)
        screen.ui.withdraw(number)
        screen.ui.outcome()
    assert typing.poll() is None, "the popups came after the typing"
    assert typing.wait(20) == 0
    assert screen.desktop.xdotool("getactivewindow") == editor
    screen.desktop.xdotool("key", "--clearmodifiers", "ctrl+s")
    assert wait_for(lambda: len(file.read_text().strip()) >= 219), file.read_text()
    assert file.read_text().rstrip("\n") == text


def test_a_killed_page_comes_back_with_the_same_card(screen):
    screen.show(1)
    before = screen.web_process()
    before.kill()
    screen.web_process(other_than=before)
    assert wait_for(lambda: bool(screen.box()))
    assert wait_for(lambda: screen.count(is_accent) > 1_000)
    screen.press(LATER)
    assert screen.ui.outcome().kind is OutcomeKind.SNOOZED


def test_a_frozen_page_is_replaced_before_the_card_counts_as_shown(screen):
    frozen = screen.web_process()
    os.kill(frozen.pid, signal.SIGSTOP)
    screen.show(1)
    assert frozen.pid not in [process.pid for process in screen.web_processes(None)]
    assert screen.count(is_accent) > 1_000
    screen.press(LATER)
    assert screen.ui.outcome().kind is OutcomeKind.SNOOZED


def test_a_page_that_dies_twice_gives_way_to_notifications(desktop):
    desktop.spawn(["dunst"])
    assert wait_for(lambda: any(process.name() == "dunst" for process in desktop.processes()))
    screen = Screen(desktop, "auto")
    assert screen.ready.notifier == "popup"
    before = screen.web_process()
    before.kill()
    after = screen.web_process(other_than=before)
    screen.show(1)
    after.kill()
    assert screen.ui.outcome().reason == "popup failed"
    ready = screen.ui.ready()
    assert ready.notifier == "notification"
    assert "died twice" in ready.reason
    screen.show(2, popup_s=1.0)
    assert screen.ui.outcome().kind is OutcomeKind.IGNORED
    assert screen.ui.close() < 3.0


def test_no_port_is_opened_and_it_stops_with_a_card_up(screen):
    screen.show(1)
    for process in screen.desktop.processes():
        with suppress(psutil.Error):
            assert process.net_connections(kind="inet") == [], process.name()
    assert screen.ui.close() < 3.0
    outcome = screen.ui.outcome()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNSEEN, "stopped")


def test_the_bench_reports_a_warm_popup(desktop):
    figures = run_popup_bench(3)
    assert figures["notifier"] == "popup"
    assert figures["shown"] == 3
    assert 0 < figures["page_median_ms"] <= figures["median_ms"] <= figures["max_ms"]


def test_without_a_display_the_reason_is_named(tmp_path):
    env = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={tmp_path}/none"
    with UiChild(env, notifier="auto") as ui:
        ready = ui.ready()
        assert ready.notifier == "none"
        assert "no display" in ready.reason
        assert "session bus" in ready.reason

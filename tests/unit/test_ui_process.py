from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from assistant.bench.ui_child import offer, wait_for
from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Outcome, OutcomeKind
from assistant.messages import Answered, Hello, Message, Painted, Show, UiReady, Withdraw
from assistant.paths import under
from assistant.settings import Settings
from ui.clipboard import copy_command
from ui.popup import PopupNotifier
from ui.process import run_ui, ways_for
from ui.surface import FakeSurface


class Link:
    """The engine's end, without a socket."""

    def __init__(self, _socket: Path, hello: Hello, on_message, on_up) -> None:
        self.hello, self.say, self.on_up = hello, on_message, on_up
        self.sent: list[Message] = []
        self.up, self.closed = True, False

    def start(self) -> None:
        self.on_up()

    def send(self, message: Message) -> bool:
        if self.up:
            self.sent.append(message)
        return self.up

    def close(self) -> None:
        self.closed = True

    def got(self, kind: type) -> list:
        return [message for message in self.sent if isinstance(message, kind)]


class Broken:
    """A way that cannot be served here."""

    def __init__(self, name: str, error: Exception) -> None:
        self.name, self._error = name, error

    def run(self, _stop: threading.Event) -> None:
        raise self._error


class Scene:
    def __init__(self, tmp_path: Path, ways, notifier: str = "auto") -> None:
        self.stop = threading.Event()
        self.links: list[Link] = []
        settings = Settings()
        settings.ui.notifier = notifier
        options = {"connect": self._connect, "clock": FakeClock(), "ways": ways}
        self.thread = threading.Thread(
            target=run_ui, args=(under(tmp_path), settings, self.stop), kwargs=options, daemon=True
        )
        self.thread.start()
        assert wait_for(lambda: bool(self.links))
        self.link = self.links[0]

    def _connect(self, *args) -> Link:
        self.links.append(Link(*args))
        return self.links[0]

    def close(self) -> None:
        self.stop.set()
        self.thread.join(3)
        assert not self.thread.is_alive()
        assert self.link.closed


@pytest.fixture
def scene(tmp_path, request):
    scenes: list[Scene] = []

    def make(ways, notifier: str = "auto") -> Scene:
        scenes.append(Scene(tmp_path, ways, notifier))
        return scenes[-1]

    yield make
    for made in scenes:
        made.close()


def popup_way(surface: FakeSurface):
    def make(ui):
        way = PopupNotifier(surface, ui.clock, on_painted=ui.painted, on_ready=lambda: ui.ready(way))
        return way

    return make


def broken(name: str, error: Exception):
    return lambda _ui: Broken(name, error)


def test_a_suggestion_goes_all_the_way(scene):
    surface = FakeSurface()
    made = scene(lambda: iter([popup_way(surface)]))
    assert wait_for(lambda: made.link.got(UiReady) == [UiReady(notifier="popup")])
    assert made.link.hello.role == "ui"
    made.link.say(Show(suggestion=offer(3, "Do it", response="Here")))
    assert wait_for(lambda: [m.suggestion_id for m in made.link.got(Painted)] == [3])
    surface.say("answer", answer="accept")
    assert wait_for(lambda: [m.outcome.kind for m in made.link.got(Answered)] == [OutcomeKind.ACCEPTED])


def test_withdraw_reaches_the_notifier(scene):
    made = scene(lambda: iter([popup_way(FakeSurface())]))
    assert wait_for(lambda: bool(made.link.got(UiReady)))
    made.link.say(Show(suggestion=offer(3, "Do it")))
    made.link.say(Withdraw(suggestion_id=3))
    assert wait_for(lambda: [m.outcome.reason for m in made.link.got(Answered)] == ["withdrawn"])


def test_the_next_best_way_says_why_it_is_there(scene):
    setup = broken("popup", SetupError("no WebKit"))
    made = scene(lambda: iter([setup, popup_way(FakeSurface())]))
    assert wait_for(lambda: made.link.got(UiReady) == [UiReady(notifier="popup", reason="no popup: no WebKit")])


def test_where_nothing_works_the_engine_is_told_why(scene):
    ways = [broken("popup", EnvironmentFault("no display")), broken("notification", ValueError("oops"))]
    made = scene(lambda: iter(ways))
    assert wait_for(lambda: bool(made.link.got(UiReady)))
    (ready,) = made.link.got(UiReady)
    assert ready.notifier == "none"
    assert "no display" in ready.reason
    assert "oops" not in ready.reason
    made.link.say(Show(suggestion=offer(3, "Do it")))
    assert wait_for(lambda: [m.outcome.kind for m in made.link.got(Answered)] == [OutcomeKind.UNSEEN])


def test_outcomes_wait_for_the_engine(scene):
    surface = FakeSurface()
    made = scene(lambda: iter([popup_way(surface)]))
    assert wait_for(lambda: bool(made.link.got(UiReady)))
    made.link.say(Show(suggestion=offer(3, "Do it")))
    assert wait_for(lambda: bool(made.link.got(Painted)))
    made.link.up = False
    surface.say("answer", answer="no")
    surface.say("reason", reason="wrong")
    time.sleep(0.05)
    made.link.up = True
    made.link.on_up()
    outcomes: list[Outcome] = []
    assert wait_for(lambda: len(made.link.got(Answered)) == 2)
    outcomes = [message.outcome for message in made.link.got(Answered)]
    assert [outcome.reason for outcome in outcomes] == ["", "wrong"]


@pytest.mark.parametrize(
    ("wanted", "platform", "count"),
    [
        ("auto", "linux", 3),
        ("popup", "linux", 3),
        ("notification", "linux", 1),
        ("auto", "darwin", 2),
        ("terminal", "linux", 0),
        ("none", "linux", 0),
    ],
)
def test_ways_for_a_setting(wanted, platform, count):
    assert len(list(ways_for(wanted, platform))) == count


@pytest.mark.parametrize("wanted", ["terminal", "none"])
def test_settings_without_a_window(scene, wanted):
    made = scene(lambda: ways_for(wanted), wanted)
    reason = f"the setting ui.notifier is '{wanted}'"
    assert wait_for(lambda: made.link.got(UiReady) == [UiReady(notifier="none", reason=reason)])


def test_copy_command_fits_the_desktop(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None if name == "wl-copy" else name)
    assert copy_command({"DISPLAY": ":1", "WAYLAND_DISPLAY": "w"}, "linux")[0] == "xclip"
    assert copy_command({"WAYLAND_DISPLAY": "w"}, "linux") == []
    assert copy_command({}, "darwin") == ["pbcopy"]

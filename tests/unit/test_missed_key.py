"""The hotkey for "you should have helped just now", on a fake of pynput."""

from __future__ import annotations

import runpy
import sys
import types
from pathlib import Path

import pytest

from assistant import paths
from assistant.messages import Control, Message
from collectors.missed_key import MissedKey

_PARTS = runpy.run_path(str(Path(__file__).with_name("collectors_process.py")))
Process, until = _PARTS["Process"], _PARTS["until"]


class FakeHotKeys:
    """pynput's GlobalHotKeys; ``made`` holds the last one."""

    made: FakeHotKeys | None = None

    def __init__(self, hotkeys: dict) -> None:
        if "nonsense" in hotkeys:
            raise ValueError("nonsense")
        self.hotkeys, self.alive, self.daemon = hotkeys, False, False
        FakeHotKeys.made = self

    def start(self) -> None:
        self.alive = True

    def stop(self) -> None:
        self.alive = False

    def is_alive(self) -> bool:
        return self.alive

    def press(self, keys: str) -> None:
        self.hotkeys[keys]()


@pytest.fixture
def pynput(monkeypatch: pytest.MonkeyPatch) -> type[FakeHotKeys]:
    module = types.ModuleType("pynput")
    module.keyboard = types.SimpleNamespace(GlobalHotKeys=FakeHotKeys)
    monkeypatch.setitem(sys.modules, "pynput", module)
    FakeHotKeys.made = None
    return FakeHotKeys


def test_without_keys_nothing_listens_and_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynput", None)  # importing it would raise
    key = MissedKey("", lambda _: True)
    key.start()
    assert key.health() == ()
    key.stop()


def test_a_press_tells_the_engine(pynput: type[FakeHotKeys]) -> None:
    told: list[Message] = []
    key = MissedKey("<ctrl>+<alt>+h", lambda message: bool(told.append(message)) or True)
    key.start()
    pynput.made.press("<ctrl>+<alt>+h")
    until(lambda: told)
    assert told == [Control(verb="missed", args={"source": "hotkey"})]
    assert [health.state for health in key.health()] == ["ok"]
    key.stop()
    assert not pynput.made.alive


def test_a_listener_that_died_is_said(pynput: type[FakeHotKeys]) -> None:
    key = MissedKey("<ctrl>+h", lambda _: True)
    key.start()
    pynput.made.alive = False
    assert [(health.state, health.reason) for health in key.health()] == [("failed", "its thread ended")]


def test_wrong_keys_and_a_missing_library_are_said_and_break_nothing(
    pynput: type[FakeHotKeys], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = MissedKey("nonsense", lambda _: True)
    wrong.start()
    assert "capture.missed_hotkey" in wrong.health()[0].reason
    monkeypatch.setitem(sys.modules, "pynput", None)
    missing = MissedKey("<ctrl>+h", lambda _: True)
    missing.start()
    assert (missing.health()[0].state, "do not work here" in missing.health()[0].reason) == ("failed", True)


def test_the_collectors_process_listens_only_when_asked_to(pynput: type[FakeHotKeys], tmp_path: Path) -> None:
    quiet = Process(paths.under(tmp_path / "a").make())
    quiet.begin().end()
    assert pynput.made is None
    process = Process(paths.under(tmp_path / "b").make(), missed_hotkey="<ctrl>+<alt>+h")
    process.begin()
    until(lambda: "missed hotkey" in process.link.health())
    assert pynput.made.alive
    process.end()
    assert not pynput.made.alive

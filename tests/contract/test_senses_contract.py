"""The senses' contract over the fakes, and over pynput's hook with a made-up pynput."""

from __future__ import annotations

import importlib.util
import sys
import threading
import types
from enum import Enum
from pathlib import Path

import pytest

from assistant.errors import EnvironmentFault
from collectors.apps.fake import FakeApps
from collectors.idle.fake import FakeIdle
from collectors.keyboard.fake import FakeKeyboard
from collectors.keyboard.hook import PynputKeyboard
from collectors.mouse.fake import FakeMouse
from collectors.mouse.hook import PynputMouse
from collectors.window.fake import FakeWindow

_SPEC = importlib.util.spec_from_file_location("senses_suite", Path(__file__).with_name("senses_suite.py"))
suite = importlib.util.module_from_spec(_SPEC)
sys.modules["senses_suite"] = suite
_SPEC.loader.exec_module(suite)


def _fake_rig(sense, clock):
    collector = {
        "keyboard": FakeKeyboard, "mouse": FakeMouse, "window": FakeWindow, "apps": FakeApps, "idle": FakeIdle,
    }[sense](clock)  # fmt: skip
    turn = iter(range(1, 100))

    def idle():
        collector.idle = 0.0 if collector.idle else 200.0
        collector.poll()

    provoke = {
        "keyboard": lambda: collector.type("a"),
        "mouse": lambda: collector.click("left"),
        "window": lambda: collector.focus("Mousepad", f"title {next(turn)}"),
        "apps": lambda: collector.begin("Mousepad", next(turn)),
        "idle": idle,
    }[sense]

    def break_start():
        collector.broken = EnvironmentFault("No display.", hint="Log in.")

    return suite.Rig(sense, collector, clock, provoke, collector.die, break_start)


class FakeListener(threading.Thread):
    """pynput's listener as far as it matters, its lie about `running` included."""

    made: list[FakeListener] = []  # noqa: RUF012 - the test's own record
    running = True
    IS_TRUSTED = True

    def __init__(self, **callbacks):
        super().__init__(daemon=True)
        self.callbacks = callbacks
        self._over = threading.Event()
        FakeListener.made.append(self)

    def run(self):
        self._over.wait(10)

    def stop(self):
        self._over.set()

    def fire(self, name, *arguments):
        if not self._over.is_set():
            self.callbacks[name](*arguments)


class Key(Enum):
    ctrl_l = 1
    shift = 2
    enter = 3
    space = 4
    alt_gr = 5


Button = Enum("Button", "left middle right x1")


class KeyCode:
    def __init__(self, char):
        self.char = char


@pytest.fixture
def pynput(monkeypatch):
    module = types.SimpleNamespace(Listener=FakeListener)
    package = types.ModuleType("pynput")
    package.keyboard = package.mouse = module
    monkeypatch.setitem(sys.modules, "pynput", package)
    FakeListener.made.clear()
    return module


def _hook_rig(sense, clock, module):
    collector = {"keyboard": PynputKeyboard, "mouse": PynputMouse}[sense](clock)

    def provoke():
        if sense == "keyboard":
            FakeListener.made[-1].fire("on_press", KeyCode("a"), False)
        else:
            FakeListener.made[-1].fire("on_click", 1, 2, Button.left, True, False)

    def break_start():
        module.Listener = lambda **_: types.SimpleNamespace(IS_TRUSTED=False)

    def kill():
        FakeListener.made[-1].stop()

    return suite.Rig(sense, collector, clock, provoke, kill, break_start, 2.0)


@pytest.mark.parametrize("check", suite.CHECKS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("sense", suite.KINDS)
def test_fake_keeps_the_contract(sense, check, clock):
    check(_fake_rig(sense, clock))


@pytest.mark.parametrize("check", suite.CHECKS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("sense", ["keyboard", "mouse"])
def test_pynput_hook_keeps_the_contract(sense, check, clock, pynput):
    rig = _hook_rig(sense, clock, pynput)
    check(rig)
    rig.collector.stop()


def test_hook_alive_does_not_believe_running(clock, pynput):
    collector = PynputKeyboard(clock)
    collector.start(lambda _observation: None)
    listener = FakeListener.made[-1]
    listener.stop()
    listener.join()
    assert listener.running
    assert not collector.alive()


def test_hook_keyboard_words(clock, pynput):
    seen = []
    collector = PynputKeyboard(clock)
    collector.start(seen.append)
    fire = FakeListener.made[-1].fire
    for key in (KeyCode("é"), Key.space, Key.enter, Key.alt_gr, KeyCode("@")):
        fire("on_press", key)
    fire("on_press", Key.ctrl_l)
    fire("on_press", KeyCode("\x13"))
    fire("on_press", Key.shift)
    fire("on_press", KeyCode("T"))
    fire("on_press", Key.space)
    fire("on_release", Key.ctrl_l)
    fire("on_press", Key.enter)
    fire("on_release", Key.shift)
    fire("on_press", KeyCode("b"))
    collector.stop()
    assert [(each.text,) if each.kind == "key_text" else (*each.mods, each.key) for each in seen] == [
        ("é",), (" ",), ("Enter",), ("@",), ("Ctrl", "s"), ("Ctrl", "Shift", "t"), ("Ctrl", "Shift", "Space"),
        ("Shift", "Enter"), ("b",),
    ]  # fmt: skip


def test_hook_mouse_words(clock, pynput):
    seen = []
    collector = PynputMouse(clock)
    collector.start(seen.append)
    fire = FakeListener.made[-1].fire
    assert "on_move" not in FakeListener.made[-1].callbacks
    fire("on_click", 1, 1, Button.right, True)
    fire("on_click", 1, 1, Button.right, False)
    fire("on_click", 1, 1, Button.x1, True)
    fire("on_scroll", 1, 1, 0, -1)
    collector.stop()
    assert [each.model_dump(include={"kind", "button", "dy"}) for each in seen] == [
        {"kind": "click", "button": "right"},
        {"kind": "click", "button": "other"},
        {"kind": "scroll", "dy": -1},
    ]

"""The real senses on a real X server: the shared contract, windows, programs, and a server that dies."""

from __future__ import annotations

import importlib.util
import signal
import socket
import subprocess
import sys
import threading
import time
from itertools import count
from pathlib import Path

import pytest

from assistant.clock import SystemClock
from assistant.errors import EnvironmentFault
from assistant.settings import Settings
from collectors.apps.x11 import X11Apps
from collectors.idle.x11 import X11Idle, X11IdleClock
from collectors.keyboard.x11 import X11Keyboard
from collectors.mouse.x11 import X11Mouse
from collectors.registry import make_collectors
from collectors.window.x11 import X11Window

_SPEC = importlib.util.spec_from_file_location(
    "senses_suite", Path(__file__).parents[1] / "contract" / "senses_suite.py"
)
suite = importlib.util.module_from_spec(_SPEC)
sys.modules["senses_suite"] = suite
_SPEC.loader.exec_module(suite)
running, wait = suite.running, suite.wait

pytestmark = pytest.mark.desktop


def xterm(desktop, title):
    desktop.spawn(["xterm", "-T", title, "-e", "cat"])
    window = desktop.window(f"^{title}$")
    desktop.focus(window)
    return window


# --------------------------------------------------------------------------- the contract


def _rig(sense, desktop, clock, window, turn):
    display = desktop.display
    collector = {
        "keyboard": lambda: X11Keyboard(display, clock),
        "mouse": lambda: X11Mouse(display, clock),
        "window": lambda: X11Window(display, clock, desktop.env),
        "apps": lambda: X11Apps(display, clock, desktop.env, 0.1),
        "idle": lambda: X11Idle(display, clock, 0.4, 0.1),
    }[sense]()

    def app():
        # A sense that has just started takes what runs for known: let it look once.
        time.sleep(0.4)
        xterm(desktop, f"app{next(turn)}")

    def idle():
        desktop.xdotool("key", "a")
        time.sleep(0.6)

    provoke = {
        "keyboard": lambda: desktop.xdotool("key", "a"),
        "mouse": lambda: desktop.xdotool("click", 1),
        "window": lambda: desktop.xdotool("set_window", "--name", f"title {next(turn)}", window),
        "apps": app,
        "idle": idle,
    }[sense]

    def kill():
        collector._connections[0].display.socket.shutdown(socket.SHUT_RDWR)

    def break_start():
        collector._display_name = ":987"

    return suite.Rig(sense, collector, clock, provoke, kill, break_start, 5.0)


@pytest.mark.parametrize("sense", suite.KINDS)
def test_real_sense_keeps_the_contract(sense, desktop, clock):
    window, turn = xterm(desktop, "first"), count()
    for check in suite.CHECKS:
        rig = _rig(sense, desktop, clock, window, turn)
        try:
            check(rig)
        finally:
            rig.collector.stop()


# --------------------------------------------------------------------------- mouse, window, apps, idle


def test_clicks_and_scrolls(desktop):
    xterm(desktop, "mouse")
    with running(X11Mouse(desktop.display, SystemClock())) as seen:
        for button in range(1, 9):
            desktop.xdotool("mousemove", 100 + button, 100, "click", button)
        wait(lambda: len(seen) >= 8, lambda: str(seen))
    said = [(each.button,) if each.kind == "click" else (each.dx, each.dy) for each in seen]
    assert said == [("left",), ("middle",), ("right",), (0, 1), (0, -1), (-1, 0), (1, 0), ("other",)]


def test_window_and_title_changes_within_a_second(desktop):
    first, second = xterm(desktop, "one"), xterm(desktop, "two")
    with running(X11Window(desktop.display, SystemClock(), desktop.env)) as seen:
        wait(lambda: seen, "the active window is not told at the start")
        assert (seen[0].app, seen[0].app_id, seen[0].title, seen[0].process) == ("XTerm", "XTerm", "two", "xterm")
        assert seen[0].pid
        began = time.time()
        desktop.focus(first)
        desktop.xdotool("set_window", "--name", "one\x07 renamed", first)
        wait(lambda: seen[-1].title == "one renamed", lambda: str(seen))
        assert seen[-1].at - began < 1
        desktop.focus(second)
        subprocess.run(["wmctrl", "-r", ":ACTIVE:", "-b", "add,fullscreen"], env=desktop.env, check=True)
        wait(lambda: seen[-1].fullscreen, lambda: str(seen))
        assert seen[-1].title == "two"
    assert "" not in [each.app for each in seen], "openbox's None between two windows was told"


def test_identical_window_is_one_observation(desktop):
    xterm(desktop, "steady")
    with running(X11Window(desktop.display, SystemClock(), desktop.env)) as seen:
        wait(lambda: seen, "nothing")
        desktop.xdotool("type", "--delay", 5, "hello " * 10)
        desktop.xdotool("set_window", "--name", "steady", desktop.xdotool("getactivewindow"))
        time.sleep(0.5)
    assert len(seen) == 1


def test_hostile_titles(desktop):
    from Xlib.display import Display

    window = int(xterm(desktop, "victim"))
    other = Display(desktop.display)
    name, utf8 = other.intern_atom("_NET_WM_NAME"), other.intern_atom("UTF8_STRING")
    target = other.create_resource_object("window", window)
    try:
        with running(X11Window(desktop.display, SystemClock(), desktop.env)) as seen:
            for raw in (b"caf\xe9 \xff\xfe", b"", b"x" * 10_000, b"a\x00b", b"\xe2\x80\xaeevil\x1b[31m\n"):
                target.change_property(name, utf8, 8, raw)
                other.sync()
                time.sleep(0.15)
            target.delete_property(name)
            target.delete_property(other.intern_atom("WM_NAME"))
            other.sync()
            wait(lambda: seen and seen[-1].title == "", lambda: str(seen))
            titles = [each.title for each in seen]
    finally:
        other.close()
    assert "café ÿþ" in titles
    assert "x" * 1000 in titles
    assert "a" in titles
    assert "evil [31m" in titles


@pytest.mark.parametrize("leave", ["windowunmap", "windowminimize", "windowkill"])
def test_no_window_is_told_after_a_moment(desktop, leave):
    xterm(desktop, "last")
    with running(X11Window(desktop.display, SystemClock(), desktop.env)) as seen:
        wait(lambda: seen, "nothing")
        desktop.xdotool(leave, desktop.xdotool("getactivewindow"))
        wait(lambda: seen[-1].app == "", lambda: str(seen))


def test_focus_is_polled_without_a_window_manager(desktop):
    subprocess.run(["openbox", "--exit"], env=desktop.env, check=True)
    time.sleep(0.5)
    with running(X11Window(desktop.display, SystemClock(), desktop.env)) as seen:
        desktop.spawn(["xterm", "-T", "bare"])
        desktop.xdotool("windowfocus", "--sync", desktop.window("^bare$"))
        wait(lambda: seen and seen[-1].title == "bare", lambda: str(seen))
        assert seen[-1].app_id == "XTerm"


def test_apps_start_and_exit(desktop):
    xterm(desktop, "before")
    with running(X11Apps(desktop.display, SystemClock(), desktop.env, 0.2)) as seen:
        time.sleep(0.5)
        editor = desktop.spawn(["mousepad"])
        wait(lambda: seen, "no start")
        assert (seen[0].kind, seen[0].app, seen[0].pid, seen[0].process) == (
            "app_started", "Mousepad", editor.pid, "mousepad",
        )  # fmt: skip
        editor.send_signal(signal.SIGTERM)
        wait(lambda: len(seen) > 1, "no exit")
    assert [(each.kind, each.app) for each in seen] == [("app_started", "Mousepad"), ("app_exited", "Mousepad")]


def test_idle_back_and_lock(desktop):
    xterm(desktop, "idle")
    idle_clock = X11IdleClock(desktop.display)
    desktop.xdotool("key", "a")
    pressed = time.time()
    with running(X11Idle(desktop.display, SystemClock(), 1.0, 0.1)) as seen:
        wait(lambda: seen, "never idle")
        assert seen[0].idle
        assert seen[0].since == pytest.approx(pressed, abs=0.3)
        assert idle_clock.idle_s() >= 1.0
        desktop.xdotool("key", "a")
        wait(lambda: len(seen) > 1, "never back")
        assert not seen[1].idle
        assert seen[1].since == seen[0].since
        subprocess.run(["xset", "s", "activate"], env=desktop.env, check=True)
        wait(lambda: any(each.kind == "lock_changed" and each.locked for each in seen), "no lock")
        subprocess.run(["xset", "s", "reset"], env=desktop.env, check=True)
        wait(lambda: any(each.kind == "lock_changed" and not each.locked for each in seen), "no unlock")
    idle_clock.close()


# --------------------------------------------------------------------------- the server dies


def test_every_sense_survives_a_dead_server(desktop, capfd):
    settings = Settings(capture={"idle_after_s": 0.5})
    collectors, idle_clock, without = make_collectors(settings, desktop.env, SystemClock())
    assert without == []
    assert {each.name for each in collectors} == set(suite.KINDS)
    seen = []
    for each in collectors:
        each.start(seen.append)
    assert idle_clock.idle_s() >= 0
    desktop.kill_server()
    for each in collectors:
        wait(lambda each=each: not each.alive(), f"{each.name} calls itself alive", 2)
        with pytest.raises(EnvironmentFault):
            each.start(seen.append)
        assert not each.alive()
    with pytest.raises(EnvironmentFault):
        idle_clock.idle_s()
    desktop.restart_server()
    for each in collectors:
        each.start(seen.append)
        assert each.alive()
    assert idle_clock.idle_s() >= 0
    xterm(desktop, "back again")
    desktop.xdotool("key", "z", "click", 1)
    kinds = {"key_text", "click", "window_focus", "idle_changed"}
    wait(lambda: kinds <= {each.kind for each in seen}, lambda: str(seen))
    for each in collectors:
        each.stop()
    idle_clock.close()
    assert "Traceback" not in capfd.readouterr().err


def test_a_stuck_server_does_not_hold_stop(desktop):
    xterm(desktop, "stuck")
    collectors, idle_clock, _ = make_collectors(Settings(), desktop.env, SystemClock())
    for each in collectors:
        each.start(lambda _observation: None)
    time.sleep(0.5)
    desktop._server.send_signal(signal.SIGSTOP)
    try:
        time.sleep(1.5)
        began = time.monotonic()
        for each in collectors:
            each.stop()
        assert time.monotonic() - began < 5 * 1.2
        wait(lambda: not [each for each in threading.enumerate() if each.name.startswith("sense-")], "a thread hangs")
    finally:
        desktop._server.send_signal(signal.SIGCONT)
    idle_clock.close()


def test_no_file_handle_is_lost_over_restarts(desktop):
    xterm(desktop, "handles")
    collectors, _, _ = make_collectors(Settings(), desktop.env, SystemClock())

    def handles():
        return len(list(Path("/proc/self/fd").iterdir()))

    def cycle():
        for each in collectors:
            each.start(lambda _observation: None)
        for each in collectors:
            each.stop()

    cycle()
    before = handles()
    for _ in range(10):
        cycle()
    assert handles() <= before

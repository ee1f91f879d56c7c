"""The test desktop itself works, dies, comes back and leaves nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.desktop


def test_window_focus_and_screenshot(desktop, tmp_path):
    desktop.spawn(["xterm", "-T", "hello"])
    window = desktop.window("^hello$")
    desktop.focus(window)
    assert desktop.xdotool("getactivewindow") == window
    assert desktop.screenshot(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_server_dies_and_comes_back_under_its_number(desktop):
    before = desktop.display
    desktop.kill_server()
    assert not Path(f"/tmp/.X11-unix/X{before[1:]}").exists()
    desktop.restart_server()
    assert desktop.display == before
    desktop.spawn(["xterm", "-T", "again"])
    desktop.focus(desktop.window("^again$"))


def test_accessibility_can_start(desktop):
    call = "dbus-send --session --print-reply --dest=org.a11y.Bus /org/a11y/bus org.a11y.Bus.GetAddress"
    reply = subprocess.run(call.split(), env=desktop.env, capture_output=True, text=True, timeout=20, check=True)
    assert "unix:" in reply.stdout

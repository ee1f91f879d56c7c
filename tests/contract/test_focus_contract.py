"""One suite for every focus probe; and the pty probe against real ptys."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.events import WindowFocus
from assistant.policy.privacy import REMOTE
from assistant.ports import FieldFocus, FieldKind
from collectors.focus import DesktopProbe, FakeProbe, make_probe
from collectors.focus.atspi import kind_of
from collectors.focus.terminal import TerminalProbe

HERE = WindowFocus(at=1.0, app="XTerm", process="xterm", pid=os.getpid(), window="0x1")


@pytest.fixture(params=["fake", "desktop"])
def probe(request, clock: FakeClock) -> FakeProbe | DesktopProbe:
    return FakeProbe(clock) if request.param == "fake" else make_probe({}, clock)


def test_unknown_before_anything_is_heard(probe) -> None:
    probe.start()
    assert probe.field().kind is FieldKind.UNKNOWN
    assert probe.since(0.0).kind is FieldKind.UNKNOWN
    probe.stop()
    probe.stop()


def test_another_window_is_unknown_again(probe, clock: FakeClock) -> None:
    first = WindowFocus(at=1.0, app="Editor", pid=41, window="0x1")
    probe.window_changed(first)
    clock.tick(1.0)
    _focus(probe, 41, FieldKind.TEXT, clock)
    assert probe.field().kind is FieldKind.TEXT
    clock.tick(1.0)
    probe.window_changed(first.model_copy(update={"title": "other title"}))
    assert probe.field().kind is FieldKind.TEXT
    probe.window_changed(first.model_copy(update={"window": "0x2"}))
    assert probe.field().kind is FieldKind.UNKNOWN


def test_password_is_remembered_for_keys_pressed_then(probe, clock: FakeClock) -> None:
    probe.window_changed(WindowFocus(at=1.0, app="Editor", pid=41, window="0x1"))
    clock.tick(1.0)
    _focus(probe, 41, FieldKind.PASSWORD, clock)
    clock.tick(1.0)
    pressed = clock.mono()
    clock.tick(0.01)
    _focus(probe, 41, FieldKind.TEXT, clock)
    assert probe.field().kind is FieldKind.TEXT
    assert probe.since(pressed).kind is FieldKind.PASSWORD


def _focus(probe, pid: int, kind: FieldKind, clock: FakeClock) -> None:
    if isinstance(probe, FakeProbe):
        probe.focus(kind)
    else:
        probe._on_focus(pid, kind, clock.mono())


def test_focus_told_by_another_program_does_not_count(clock: FakeClock) -> None:
    probe = make_probe({}, clock)
    probe.window_changed(WindowFocus(at=1.0, app="Editor", pid=41, window="0x1"))
    probe._on_focus(42, FieldKind.TEXT, clock.mono())
    assert probe.field().kind is FieldKind.UNKNOWN


def test_signal_a_moment_before_the_window_belongs_to_it(clock: FakeClock) -> None:
    probe = make_probe({}, clock)
    probe._on_focus(42, FieldKind.PASSWORD, clock.mono())
    clock.tick(0.1)
    probe.window_changed(WindowFocus(at=1.0, app="Dialog", pid=42, window="0x9"))
    assert probe.field().kind is FieldKind.PASSWORD


def test_without_a_session_bus_it_says_so() -> None:
    assert "D-Bus" in make_probe({}).reason


@pytest.mark.parametrize(
    ("role", "editable", "kind"),
    [
        (40, True, FieldKind.PASSWORD),
        (61, False, FieldKind.TEXT),
        (79, False, FieldKind.TEXT),
        (73, True, FieldKind.TEXT),
        (43, False, FieldKind.OTHER),
        (23, False, FieldKind.UNKNOWN),
        (95, False, FieldKind.UNKNOWN),
        (9_999, False, FieldKind.UNKNOWN),
    ],
)
def test_roles(role: int, editable: bool, kind: FieldKind) -> None:
    assert kind_of(role, editable=editable) is kind


# --------------------------------------------------------------------------- real ptys


@pytest.fixture
def terminal() -> Iterator[Callable[..., TerminalProbe]]:
    """A program in a pty below this process, as if this process were the terminal."""
    started: list[tuple[int, int]] = []

    def run(*argv: str) -> TerminalProbe:
        child, master = pty.fork()
        if child == 0:
            os.execvp(argv[0], argv)  # noqa: S606 - a list, not a shell
        started.append((child, master))
        probe = TerminalProbe()
        assert probe.window_changed(HERE)
        return probe

    yield run
    for child, master in started:
        os.killpg(child, signal.SIGKILL)
        os.close(master)
        os.waitpid(child, 0)


def settles(probe: TerminalProbe, kind: FieldKind, how: str = "termios") -> FieldFocus:
    end = time.monotonic() + 10
    while (field := probe.field()).kind is not kind or field.how != how:
        assert time.monotonic() < end, field
        time.sleep(0.005)
    return field


def test_silent_prompt(terminal) -> None:
    settles(terminal("bash", "-c", "read -s secret"), FieldKind.PASSWORD)


def test_echoing_program(terminal) -> None:
    settles(terminal("cat"), FieldKind.TEXT)


def test_shell_that_edits_its_line_itself(terminal) -> None:
    settles(terminal("bash", "--norc", "-i"), FieldKind.TEXT)


def test_getpass(terminal) -> None:
    settles(terminal(sys.executable, "-c", "import getpass; getpass.getpass()"), FieldKind.PASSWORD)


def test_program_in_raw_mode_is_unknown(terminal) -> None:
    probe = terminal(sys.executable, "-c", RAW)
    settles(probe, FieldKind.TEXT)
    settles(probe, FieldKind.UNKNOWN)


def test_silent_prompt_in_a_pty_inside(terminal) -> None:
    if shutil.which("script") is None:
        pytest.fail("script(1) of util-linux is part of every Debian")
    # script(1) runs $SHELL, else sh, and a dash knows no `read -s`.
    settles(terminal("script", "-q", "-c", "bash -c 'read -s secret'", "/dev/null"), FieldKind.PASSWORD)


def test_remote_session_is_named(terminal, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.symlink_to(Path(sys.executable).resolve())
    settles(terminal(str(ssh), "-c", RAW), FieldKind.UNKNOWN, REMOTE)


def test_one_silent_tab_silences_all(terminal) -> None:
    terminal("cat")
    settles(terminal("bash", "-c", "read -s secret"), FieldKind.PASSWORD)


def test_terminal_without_children_is_unknown() -> None:
    probe = TerminalProbe()
    assert probe.window_changed(HERE.model_copy(update={"pid": 2**22 + 1}))
    assert probe.field().kind is FieldKind.UNKNOWN
    assert not probe.window_changed(HERE.model_copy(update={"process": "mousepad", "app": "Mousepad"}))
    assert probe.field().kind is FieldKind.UNKNOWN


RAW = "import time, tty; time.sleep(0.1); tty.setraw(0); time.sleep(60)"

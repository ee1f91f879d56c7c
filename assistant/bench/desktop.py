"""A whole private desktop for tests, benches and screenshots: Xvfb, openbox, a session bus; nothing left behind.

``desktop.display`` ``.env`` ``.spawn(argv)`` ``.xdotool(*args)`` ``.window(name)`` ``.focus(window)``
``.screenshot(path)`` ``.kill_server()`` ``.restart_server()``.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import psutil

from assistant.errors import EnvironmentFault, SetupError

NEEDED = ("Xvfb", "openbox", "xdotool", "dbus-daemon")
SCREEN = "1280x800x24"
_LOCKS = Path("/tmp")  # noqa: S108 - where every X server keeps its lock and socket
MARK = "ASSISTANT_VIRTUAL_DESKTOP"


def wait_until(what: Callable[[], Any], timeout: float = 15.0, why: str = "") -> Any:
    """Poll until ``what()`` is truthy and give that back; AssertionError after ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while True:
        if found := what():
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain {why or what}")
        time.sleep(0.02)


def missing() -> str:
    """Which programs are missing for a desktop, and how to get them; '' = none."""
    gone = [name for name in NEEDED if shutil.which(name) is None]
    return (
        f"desktop tests need {', '.join(gone)}: apt-get install xvfb openbox xdotool dbus at-spi2-core" if gone else ""
    )


def _x11_ready(display: str, *, manager: bool) -> bool:
    from Xlib import error
    from Xlib.display import Display

    try:
        connection = Display(display)
    except (error.DisplayError, OSError):
        return False
    try:
        check = connection.intern_atom("_NET_SUPPORTING_WM_CHECK")
        return not manager or connection.screen().root.get_full_property(check, 0) is not None
    finally:
        connection.close()


class Desktop:
    """One private X display with a window manager and a session bus of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="desk-"))  # short: socket paths end at 107 bytes
        self.display = ""
        self._number_held: socket.socket | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._started: list[subprocess.Popen[bytes]] = []
        self._mark = uuid.uuid4().hex
        self.env = self._environment()

    def _environment(self) -> dict[str, str]:
        unwanted = {"WAYLAND_DISPLAY", "XAUTHORITY", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "NO_AT_BRIDGE"}
        env = {key: value for key, value in os.environ.items() if key not in unwanted}
        runtime = self.folder / "run"
        runtime.mkdir(mode=0o700)
        return env | {
            MARK: self._mark,
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_SESSION_TYPE": "x11",
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }

    # ----------------------------------------------------------------- starting

    def start(self) -> None:
        """Start server, bus and window manager."""
        self._start_server([])
        self._start_bus()
        self._start_manager()

    def _start_server(self, number: list[str]) -> None:
        read, write = os.pipe()
        argv = ["Xvfb", *number, "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]
        with (self.folder / "xvfb.log").open("ab") as log:
            self._server = subprocess.Popen(
                argv, pass_fds=[write], env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        os.close(write)
        with os.fdopen(read) as pipe:
            shown = pipe.readline().strip()
        if not shown:
            raise EnvironmentFault(f"Xvfb did not start: {(self.folder / 'xvfb.log').read_text()}")
        self.display = self.env["DISPLAY"] = f":{shown}"
        wait_until(lambda: _x11_ready(self.display, manager=False), why="for the X server")

    def _start_bus(self) -> None:
        read, write = os.pipe()
        argv = ["dbus-daemon", "--session", "--nofork", f"--address=unix:path={self.folder}/bus"]
        self.spawn([*argv, f"--print-address={write}"], pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as pipe:
            self.env["DBUS_SESSION_BUS_ADDRESS"] = pipe.readline().strip()

    def _start_manager(self) -> None:
        self.spawn(["openbox", "--sm-disable"])
        wait_until(lambda: _x11_ready(self.display, manager=True), why="for openbox")

    # ----------------------------------------------------------------- using

    def spawn(self, argv: list[str], **kw: Any) -> subprocess.Popen[bytes]:
        """Start a program on this desktop; it is killed at the end of the test."""
        kw = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | kw
        kw["env"] = self.env | kw.get("env", {})
        # Any in kw leaves the overload open; pipes are never opened as text here.
        process = cast("subprocess.Popen[bytes]", subprocess.Popen(argv, start_new_session=True, **kw))
        self._started.append(process)
        return process

    def xdotool(self, *args: object) -> str:
        """Run xdotool and give back what it printed."""
        argv = ["xdotool", *map(str, args)]
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise EnvironmentFault(f"{argv}: {done.stderr}")
        return done.stdout.strip()

    def _search(self, name: str) -> str:
        argv = ["xdotool", "search", "--onlyvisible", "--name", name]
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=20, check=False)
        return done.stdout.split("\n")[0]

    def window(self, name: str, timeout: float = 15.0) -> str:
        """Wait for a visible window whose title matches the regular expression; its id."""
        return str(wait_until(lambda: self._search(name), timeout, f"for a window {name!r}"))

    def focus(self, window: str) -> None:
        """Activate a window and wait until it has the focus."""
        self.xdotool("windowactivate", window)
        wait_until(lambda: self.xdotool("getactivewindow") == window, why=f"for the focus on {window}")

    def screenshot(self, path: Path | str) -> Path:
        """Write the whole screen as PNG."""
        subprocess.run(["import", "-window", "root", str(path)], env=self.env, timeout=30, check=True)
        return Path(path)

    # ----------------------------------------------------------------- breaking it

    def kill_server(self) -> None:
        """``kill -9`` of the X server; its number is kept from other tests until ``restart_server``."""
        if self._server is None:
            return
        self._server.kill()
        self._server.wait(10)
        self._number_held = socket.socket(socket.AF_UNIX)
        with suppress(OSError):
            self._number_held.bind(f"\0/tmp/.X11-unix/X{self.display[1:]}")
        self._remove_leftovers()

    def restart_server(self) -> None:
        """Start the X server again under the same number, and openbox."""
        if self._number_held is not None:
            self._number_held.close()
        self._start_server([self.display])
        self._start_manager()

    def stop(self) -> None:
        """Kill everything that carries this desktop's mark, wherever it was forked to."""
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
        if self._server is not None:
            self._server.wait(5)
            self._remove_leftovers()
        for started in self._started:
            started.wait(5)
            for pipe in (started.stdin, started.stdout, started.stderr):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        wait_until(lambda: not self.processes(), 5, "for the desktop's processes to end")
        if self._number_held is not None:
            self._number_held.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self) -> list[psutil.Process]:
        """All living processes of this desktop."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self._mark and process.pid != os.getpid():
                    found.append(process)
        return found

    def _remove_leftovers(self) -> None:
        number = self.display[1:]
        if number:
            (_LOCKS / f".X{number}-lock").unlink(missing_ok=True)
            (_LOCKS / ".X11-unix" / f"X{number}").unlink(missing_ok=True)


@contextmanager
def private_desktop() -> Iterator[Desktop]:
    """A desktop for the length of a ``with`` block.

    :raises SetupError: one of its programs is not installed.
    """
    if reason := missing():
        raise SetupError(reason)
    machine = Desktop()
    try:
        machine.start()
        yield machine
    finally:
        machine.stop()

"""The supervisor with real, tiny child processes."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from assistant.clock import SystemClock
from assistant.errors import SetupError
from assistant.paths import Paths, under
from assistant.supervisor import EX_SETUP, ChildSpec, Supervisor

OBEDIENT = """
import sys, threading
from assistant.child import Lifeline
stop = threading.Event()
lifeline = Lifeline(stop); lifeline.start(); stop.wait()
open(sys.argv[1], "a").write("bye ")
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path / "s").make()


def spec(name: str, code: str, *args: str) -> ChildSpec:
    return ChildSpec(name, [sys.executable, "-c", code, *args])


def eventually(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@contextmanager
def running(supervisor: Supervisor) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def pid(paths: Paths, name: str) -> int | None:
    try:
        return json.loads(paths.status_file.read_text())["children"][name]["pid"]
    except FileNotFoundError:
        return None


def test_a_killed_child_comes_back_and_all_stop_cleanly(paths: Paths, tmp_path: Path) -> None:
    said: list[str] = []
    goodbye = tmp_path / "goodbye"
    supervisor = Supervisor(paths, SystemClock(), [spec("a", OBEDIENT, str(goodbye))], say=said.append)
    with running(supervisor):
        eventually(lambda: pid(paths, "a"))
        first = pid(paths, "a")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        eventually(lambda: pid(paths, "a") not in (None, first))
        second = pid(paths, "a")
        eventually(lambda: psutil.Process(second).num_threads() > 2)
    assert said == ["a ended by signal 9; it will be restarted"]
    assert goodbye.read_text() == "bye "
    assert not paths.status_file.exists()
    assert not psutil.pid_exists(int(second or 0))


def test_a_second_instance_refuses(paths: Paths) -> None:
    first = Supervisor(paths, SystemClock(), [spec("a", "import sys; sys.stdin.read()")])
    with running(first):
        eventually(lambda: pid(paths, "a"))
        with pytest.raises(SetupError, match="already running"):
            Supervisor(paths, SystemClock(), []).run(threading.Event())


def test_a_wrong_setup_is_not_restarted_for_ever(paths: Paths) -> None:
    supervisor = Supervisor(paths, SystemClock(), [spec("engine", f"import os; os._exit({EX_SETUP})")])
    with pytest.raises(SetupError, match="engine"):
        supervisor.run(threading.Event())


def test_children_follow_a_killed_parent(paths: Paths, tmp_path: Path) -> None:
    """kill -9 of the supervisor itself: its children are gone within 5 s (CAPTURE.md row 15)."""
    code = f"""
import threading
from pathlib import Path
from assistant.clock import SystemClock
from assistant.paths import under
from assistant.supervisor import ChildSpec, Supervisor
specs = [ChildSpec("a", [{sys.executable!r}, "-c", {OBEDIENT!r}, {str(tmp_path / "bye")!r}])]
Supervisor(under(Path({str(tmp_path / "s")!r})), SystemClock(), specs).run(threading.Event())
"""
    parent = psutil.Popen([sys.executable, "-c", code])
    eventually(lambda: pid(paths, "a"))
    child = psutil.Process(pid(paths, "a"))
    parent.kill()
    parent.wait()
    gone, _ = psutil.wait_procs([child], timeout=5)
    assert gone


def test_an_asked_for_restart_is_no_crash(paths: Paths) -> None:
    """Ten clean ends in a row come back at once and are not announced (a crash would wait longer each time)."""
    said: list[str] = []
    counter = paths.data / "lives"
    code = f"open({str(counter)!r}, 'a').write('x'); import os; os._exit(0)"
    with running(Supervisor(paths, SystemClock(), [spec("engine", code)], say=said.append)):
        eventually(lambda: counter.exists() and len(counter.read_text()) >= 8)
    assert said == []

"""The supervisor: starts the children, hears their beats, restarts the dead and the hung, stops them in order.

A child's standard input is its lifeline (see :mod:`assistant.child`), its standard output carries its beats.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import filelock
import psutil

from assistant.clock import Clock
from assistant.errors import SetupError
from assistant.paths import Paths

log = logging.getLogger(__name__)

# The first restarts come at once (restarted ≤ 5 s, issue 2), a child that keeps dying ever more rarely.
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
# A child that lived this long has proven itself: its next death starts at the short delays again.
PROVEN_S = 60.0
# sysexits.h EX_CONFIG: a child that ends with it has told the user what to set right; restarting won't help.
EX_SETUP = 78
# Beats come every second. A loaded machine delays them; 15 s without one is a hang.
SILENCE_S = 15.0
# Importing and loading take a few seconds on a slow disk before the first beat.
STARTUP_S = 45.0
_LOOK_S = 0.2


@dataclass
class ChildSpec:
    """One kind of child: its name, its command, and how long it may take to stop (s)."""

    name: str
    argv: Sequence[str]
    stop_s: float = 1.0
    environ: Mapping[str, str] = field(default_factory=dict)


class Child:
    """One running (or waiting to be restarted) child process."""

    def __init__(self, spec: ChildSpec, clock: Clock, log_folder: Path) -> None:
        self.spec, self._clock, self._log_folder = spec, clock, log_folder
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self.reason = ""
        self.beaten = False
        self._started = self._heard = 0.0
        self._attempt = 0
        self._next_start = 0.0

    def start(self) -> None:
        """Start the process now."""
        now = self._clock.mono()
        self._log_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.process = subprocess.Popen(
            list(self.spec.argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **self.spec.environ},
            bufsize=0,
        )
        self.beaten = False
        self._started, self._heard = now, now + STARTUP_S - SILENCE_S
        threading.Thread(target=self._listen, args=(self.process,), name=f"beats-{self.spec.name}", daemon=True).start()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        with contextlib.suppress(OSError, ValueError):
            while process.stdout.read(64):
                self.beaten = True
                self._heard = max(self._heard, self._clock.mono())

    def look(self) -> str | None:
        """Restart if due. Returns why the process ended or was ended, when that was noticed just now."""
        now = self._clock.mono()
        if self.process is None:
            if now >= self._next_start:
                self.restarts += 1
                self.start()
            return None
        code = self.process.poll()
        if code is None and now - self._heard < SILENCE_S:
            return None
        reason = f"no beat for {SILENCE_S:.0f} s" if code is None else _code_words(code)
        self._bury(now, asked_for=code == 0)
        self.reason = reason
        return None if code == 0 else reason

    def _bury(self, now: float, *, asked_for: bool) -> None:
        process, self.process = self.process, None
        _end(process)
        if asked_for:  # it ended by itself to begin anew with other settings
            self._next_start = now
            return
        if now - self._started > PROVEN_S:
            self._attempt = 0
        self._next_start = now + BACKOFF_S[min(self._attempt, len(BACKOFF_S) - 1)]
        self._attempt += 1

    def ask_to_stop(self) -> None:
        """Close the lifeline."""
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; kill after ``seconds``. True = it ended by itself."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            # One that was still starting can't hear yet, and has nothing to lose.
            level = logging.WARNING if self.beaten else logging.INFO
            log.log(level, "%s did not stop within %.1f s: killed", self.spec.name, seconds)
            _end(self.process)
            return False
        _end(self.process)
        return True


def _code_words(code: int) -> str:
    return f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """Kill what still runs and close our ends of its pipes."""
    if process is None:
        return
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


class Supervisor:
    """Runs the children until told to stop. The list of specs is also the order of stopping."""

    def __init__(
        self,
        paths: Paths,
        clock: Clock,
        specs: Sequence[ChildSpec],
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._paths, self._clock, self._say = paths, clock, say
        self._lock = filelock.FileLock(paths.lock, mode=0o600)
        self.children = [Child(spec, clock, paths.logs) for spec in specs]

    def run(self, stop: threading.Event) -> None:
        """Start all, watch, and stop all once ``stop`` is set.

        :raises SetupError: another assistant is running for this user (CAPTURE.md row 14), or the engine
            says that the set-up is wrong.
        """
        with self.only_one():
            self._start_all()
            try:
                while not stop.wait(_LOOK_S):
                    self._look()
            finally:
                self._stop_all()

    def only_one(self) -> contextlib.AbstractContextManager[object]:
        """Hold the lock that makes this the only assistant of this user.

        :raises SetupError: it is held by another one.
        """
        return only_one(self._lock)

    def _start_all(self) -> None:
        for child in reversed(self.children):  # the engine is stopped last, so it is started first
            child.start()
        self._write_status()

    def _look(self) -> None:
        changed = False
        for child in self.children:
            before = child.process
            if (reason := child.look()) is not None:
                if reason == _code_words(EX_SETUP):
                    raise SetupError(f"The {child.spec.name} process can't work as things are set up; see above.")
                log.warning("%s %s; it will be restarted", child.spec.name, reason)
                self._say(f"{child.spec.name} {reason}; it will be restarted")
            changed |= child.process is not before
        if changed:
            self._write_status()

    def _stop_all(self) -> None:
        *askers, engine = self.children  # the engine stays until the others have handed over what they had
        for group in (askers, [engine]):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait(child.spec.stop_s)
        log.info("all children have ended")
        self._paths.status_file.unlink(missing_ok=True)

    def _write_status(self) -> None:
        """Leave word of who runs, for ``assistant status`` and ``assistant stop``."""
        status = {
            "supervisor": os.getpid(),
            "started": psutil.Process().create_time(),
            "children": {
                child.spec.name: {
                    "pid": child.process.pid if child.process else None,
                    "restarts": child.restarts,
                    "last_end": child.reason,
                }
                for child in self.children
            },
        }
        scratch = self._paths.status_file.with_suffix(".new")
        scratch.write_text(json.dumps(status), encoding="utf-8")
        scratch.chmod(0o600)
        scratch.replace(self._paths.status_file)


@contextlib.contextmanager
def only_one(lock: filelock.BaseFileLock) -> Iterator[None]:
    """Hold ``lock`` or say politely that somebody else does."""
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise SetupError(
            "The assistant is already running for this user.",
            hint="See `assistant status`; end it with `assistant stop`.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def child_specs(collect: bool = True, show: bool = True) -> list[ChildSpec]:
    """The children of ``assistant run``, in the order in which they are stopped."""
    argv = [sys.executable, "-m", "assistant", "child"]
    specs = []
    if collect:
        specs.append(ChildSpec("collectors", [*argv, "collectors"], stop_s=1.2))
    if show:
        specs.append(ChildSpec("ui", [*argv, "ui"], stop_s=0.8))
    specs.append(ChildSpec("engine", [*argv, "engine"], stop_s=1.5))
    return specs

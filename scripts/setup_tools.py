"""What the set-up scripts share: words for the user, one log, one lock. Only the standard library."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "build" / "setup.log"
SHOWN_LINES = 15  # of a failed command: enough for pip's and the compiler's last word


class SetupFailedError(Exception):
    """The set-up cannot go on; ``str`` says why, ``todo`` what to do about it."""

    def __init__(self, message: str, todo: str) -> None:
        super().__init__(message)
        self.todo = todo


def say(line: str) -> None:
    """One line for the user, at once (two threads may talk)."""
    sys.stdout.write(f"set-up: {line}\n")
    sys.stdout.flush()


def clean_environ(**more: str) -> dict[str, str]:
    """This environment, less what would let other Pythons in, with our own tools first and a quiet pip."""
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}
    # Builds without isolation look for cmake, ninja and meson on the PATH.
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return environ | quiet | {"PYTHONNOUSERSITE": "1", "PATH": path} | more


def last_lines(log: Path, before: str = "\0") -> str:
    """The end of the last command's output, indented for printing; ``before`` is where to stop reading."""
    last_command = log.read_text(encoding="utf-8", errors="replace").rpartition("\n$ ")[2]
    lines = [line for line in last_command.partition(before)[0].splitlines() if line.strip()]
    return "\n".join(f"    {line[:200]}" for line in lines[-SHOWN_LINES:])


def call(argv: Sequence[str | Path], *, todo: str, environ: dict[str, str] | None = None) -> None:
    """Run a command with its output in the log.

    :raises SetupFailedError: it failed; carries the end of its output.
    """
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(map(str, argv))}\n".encode())
        log.flush()
        done = subprocess.run(
            [str(part) for part in argv],
            cwd=ROOT,
            env=environ or clean_environ(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise SetupFailedError(f"this failed: {' '.join(map(str, argv))}\n{last_lines(LOG)}", todo)


def user_cache() -> Path:
    """The user's cache folder for this project; inside the checkout where the user has none to write in."""
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = base / "proactive-assistant"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        folder = ROOT / "build" / "cache"
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def only_one(file: Path, waiting: str) -> Iterator[None]:
    """Hold a lock file: a second set-up waits and says so. Freed by the system when the holder dies."""
    import fcntl

    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not told:
                    say(waiting)
                told = True
                time.sleep(0.5)
        yield

"""Somebody at a terminal: runs a program on a pseudo-terminal and types when asked (Linux, macOS)."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence


def on_a_terminal(
    argv: Sequence[str], answers: Sequence[tuple[str, str]], env: Mapping[str, str], seconds: float = 60.0
) -> tuple[int, str]:
    """Run ``argv`` on a pty of its own; each time the first of an answer pair appears, type the second.

    Returns the exit code and everything shown.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        argv,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=env,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - Ctrl-C must reach it
    )
    os.close(theirs)
    left = list(answers)
    shown, deadline = "", time.monotonic() + seconds
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 0.1)
        try:
            shown += os.read(ours, 65_536).decode(errors="replace") if ready else ""
        except OSError:  # the other end is closed
            break
        if left and left[0][0] in shown:
            os.write(ours, left.pop(0)[1].encode())
        if process.poll() is not None and not ready:
            break
    os.close(ours)
    return process.wait(10), shown

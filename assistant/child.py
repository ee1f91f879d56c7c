"""What every child process shares: it follows its parent, beats while it is well, and stops when asked.

The parent holds the other end of the child's standard input; when the parent is gone, however it
went, the pipe closes and the child ends (CAPTURE.md row 15). Beats go to standard output, one line each.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

BEAT_S = 1.0
# A child that was asked to stop and is still here after this long is ended the hard way (stop ≤ 3 s).
GRACE_S = 2.5


class Lifeline:
    """Ties this process to its parent.

    ``well`` is asked before each beat; while it says no, no beat is sent and the parent restarts us.
    """

    def __init__(self, stop: threading.Event, well: Callable[[], bool] | None = None) -> None:
        self.stop = stop
        self.well = well
        # The beats keep the real standard output for themselves: libraries that print must not spoil them.
        self._beats = os.dup(1)
        os.dup2(2, 1)

    def start(self) -> None:
        """Install the signal handlers and start listening to the parent (main thread only)."""
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for target in (self._listen, self._beat, self._last_resort):
            threading.Thread(target=target, name=f"lifeline{target.__name__}", daemon=True).start()

    def _listen(self) -> None:
        while os.read(0, 4096):
            pass
        self.stop.set()

    def _beat(self) -> None:
        while not self.stop.wait(BEAT_S):
            if self.well is None or self.well():
                try:
                    os.write(self._beats, b"beat\n")
                except OSError:
                    self.stop.set()

    def _last_resort(self) -> None:
        self.stop.wait()
        threading.Event().wait(GRACE_S)
        log.error("did not stop within %.1f s: ended", GRACE_S)
        logging.shutdown()
        os._exit(3)


def log_to(file: Path) -> None:
    """Send this process's log to ``file`` (0600, rotated at 1 MB) and warnings to standard error."""
    from logging.handlers import RotatingFileHandler

    previous = os.umask(0o077)
    handler = RotatingFileHandler(file, maxBytes=1_000_000, backupCount=1, encoding="utf-8")
    os.umask(previous)
    shown = logging.StreamHandler(sys.stderr)
    shown.setLevel(logging.WARNING)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=[handler, shown]
    )

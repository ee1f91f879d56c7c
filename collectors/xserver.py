"""What every X11 sense shares: a connection with clear errors, and one thread that owns it.

python-xlib's ``Display`` is not thread-safe, so a connection is only ever used by the thread that serves it;
the thread sleeps in ``select`` and a pipe wakes it, so idle costs nothing and ``stop`` is immediate.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import select
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.clock import Clock
from assistant.errors import EnvironmentFault
from assistant.events import Observation
from assistant.ports import Emit

log = logging.getLogger(__name__)

# A stuck server must not hold the whole program: `stop` gives up on its thread after this long (contract: 1 s).
STOP_S = 0.9


def open_display(name: str) -> Any:
    """Open a connection (an ``Xlib.display.Display``) that keeps its protocol errors to itself.

    :raises EnvironmentFault: no X server answers there.
    """
    from Xlib import error
    from Xlib.display import Display

    try:
        _probe(name)
        display = Display(name)
    except (error.DisplayError, error.ConnectionClosedError, error.XauthError, OSError) as fault:
        raise EnvironmentFault(
            f"The X server on display {name!r} does not answer: {fault}",
            hint="It is tried again by itself; if it stays, log in to a graphical session first.",
        ) from fault
    display.set_error_handler(_quiet)
    return display


def _probe(name: str) -> None:
    """Knock at a local server's socket: python-xlib alone would go on to TCP and leave sockets open."""
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", name)
    if local is None:
        return
    path = f"/tmp/.X11-unix/X{local[1]}"  # noqa: S108 - where X servers listen
    with socket.socket(socket.AF_UNIX) as knock:
        knock.settimeout(STOP_S)
        knock.connect(path if Path(path).exists() else f"\0{path}")


def _quiet(error: Any, _request: Any) -> None:
    """Asynchronous X errors are about windows that went away meanwhile: normal, not worth stderr."""
    log.debug("X error %s", type(error).__name__)


def need_extension(display: Any, name: str, what: str) -> None:
    """Check that the server has an extension.

    :raises EnvironmentFault: it has not; the connection is closed then.
    """
    if display.query_extension(name) is None:
        close_display(display)
        raise EnvironmentFault(
            f"The X server has no {name} extension, so {what} cannot be recorded.",
            hint="Use Xorg or Xvfb with that extension switched on.",
        )


def close_display(display: Any) -> None:
    """Close a connection whatever state it is in."""
    with contextlib.suppress(Exception):
        display.close()
    with contextlib.suppress(Exception):
        display.display.socket.close()


def healthy(display: Any) -> bool:
    """Whether the connection still stands, as far as its socket has said."""
    return display.display.socket_error is None


class XCollector:
    """A sense on X11: one daemon thread that owns its connections.

    Back ends give ``connect`` (open the connections and subscribe), ``serve`` (something may have arrived, or
    time is up) and ``patience`` (how long the thread may sleep, None = until something arrives).
    """

    name = ""
    backend = "x11"

    def __init__(self, display: str, clock: Clock) -> None:
        self._display_name = display
        self._clock = clock
        self._emit: Emit = lambda _observation: None
        self._thread: threading.Thread | None = None
        self._connections: Sequence[Any] = ()
        self._stopping = threading.Event()
        self._wake = -1

    # ----------------------------------------------------------------- for back ends

    def connect(self) -> Sequence[Any]:
        """Open what this sense needs.

        :raises EnvironmentFault: the X server is not there or lacks something.
        """
        raise NotImplementedError

    def serve(self) -> None:
        """Read all that has arrived, emit, and never block."""
        raise NotImplementedError

    def patience(self) -> float | None:
        """Seconds that the thread may sleep when nothing arrives; None = for ever."""
        return None

    def emit(self, observation: Observation) -> None:
        """Hand on one observation; if that fails, it alone is lost (CAPTURE row 4)."""
        try:
            self._emit(observation)
        except Exception as error:
            log.warning("%s: one observation was lost: %s", self.name, type(error).__name__)

    # ----------------------------------------------------------------- the port

    def start(self, emit: Emit) -> None:
        """Begin to watch.

        :raises EnvironmentFault: the X server is not there or lacks something.
        """
        self.stop()
        self._emit = emit
        self._stopping = threading.Event()
        self._connections = self.connect()
        wake, self._wake = os.pipe()
        self._thread = threading.Thread(
            target=self._run, args=(wake, self._stopping, self._connections), name=f"sense-{self.name}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        os.close(self._wake)
        if thread is not threading.current_thread():
            thread.join(STOP_S)
            if thread.is_alive():
                self._cut()

    def _cut(self) -> None:
        """Free a thread that waits for an answer of a stuck server."""
        for connection in self._connections:
            with contextlib.suppress(Exception):
                connection.display.socket.shutdown(socket.SHUT_RDWR)

    def alive(self) -> bool:
        thread = self._thread
        return thread is not None and thread.is_alive() and all(healthy(each) for each in self._connections)

    # ----------------------------------------------------------------- the thread

    def _run(self, wake: int, stopping: threading.Event, connections: Sequence[Any]) -> None:
        try:
            self.serve()
            while not stopping.is_set():
                select.select([wake, *connections], [], [], self.patience())
                if not stopping.is_set():
                    self.serve()
        except Exception as error:
            if not stopping.is_set():
                log.warning("%s stopped: %s", self.name, error or type(error).__name__)
        finally:
            for connection in connections:
                close_display(connection)
            os.close(wake)

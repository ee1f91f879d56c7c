"""Processes talk over an owner-only Unix socket (named pipe on Windows): length-prefixed pydantic messages.

The framing is :mod:`multiprocessing.connection`'s ``send_bytes``/``recv_bytes`` (never its pickles);
no TCP port is opened. The socket is 0600 in a folder that is 0700.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import queue
import sys
import threading
import zlib
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing import connection as mp
from multiprocessing.connection import Connection, Listener
from pathlib import Path

from pydantic import ValidationError

from assistant.errors import EnvironmentFault
from assistant.messages import Hello, Message, MessageAdapter
from assistant.paths import MAX_SOCKET_PATH

log = logging.getLogger(__name__)

# A batch of 20,000 observations is about 3 MB of JSON; anything near this is not ours.
MAX_MESSAGE = 32 * 1024 * 1024
# Waiting messages for a peer that does not read; then it is cut off instead of eating memory.
MAX_WAITING = 10_000
_RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)


def encode(message: Message) -> bytes:
    """One message as UTF-8 JSON."""
    return MessageAdapter.dump_json(message, by_alias=True)


def decode(data: bytes) -> Message:
    """Inverse of :func:`encode`.

    :raises pydantic.ValidationError: not one of our messages.
    """
    return MessageAdapter.validate_json(data)


def address(path: Path) -> str:
    """The listener's address for this platform.

    :raises EnvironmentFault: the path is longer than a Unix socket's name may be.
    """
    if sys.platform == "win32":
        return rf"\\.\pipe\proactive-assistant-{zlib.crc32(str(path).encode()):x}"
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise EnvironmentFault(
            f"The path {path} is too long for a Unix socket ({MAX_SOCKET_PATH} bytes at most).",
            hint="Choose a shorter folder, e.g. ASSISTANT_HOME=/tmp/pa.",
        )
    return str(path)


class Peer:
    """One connected client, as the server sees it. Sending never blocks: a thread of its own writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: queue.Queue[bytes | None] = queue.Queue(MAX_WAITING)
        self.hello: Hello | None = None
        threading.Thread(target=self._write, name="ipc-peer-write", daemon=True).start()

    def send(self, message: Message) -> bool:
        """Hand over a message; False when the peer is gone or does not read."""
        try:
            self._waiting.put_nowait(encode(message))
        except queue.Full:
            return False
        return not self._connection.closed

    def close(self) -> None:
        """Write what waits, then hang up."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)

    def _write(self) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError):
            while (data := self._waiting.get()) is not None:
                self._connection.send_bytes(data)
        with contextlib.suppress(OSError):
            self._connection.close()


class Server:
    """Accepts clients and hands their messages on, each from its connection's own thread."""

    def __init__(
        self,
        path: Path,
        on_message: Callable[[Peer, Message], None],
        on_gone: Callable[[Peer], None] | None = None,
    ) -> None:
        self._path, self._on_message, self._on_gone = path, on_message, on_gone
        self._listener: Listener | None = None
        self._closing = threading.Event()
        self._wake_read, self._wake_write = Pipe(duplex=False)
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Listen. A socket file that a killed process left is replaced (the supervisor's lock is ours).

        :raises EnvironmentFault: the socket cannot be made.
        """
        target = address(self._path)
        if sys.platform != "win32":
            self._path.unlink(missing_ok=True)
        try:
            self._listener = Listener(target, backlog=16)
            if sys.platform != "win32":
                self._path.chmod(0o600)
        except OSError as error:
            raise EnvironmentFault(f"The socket {self._path} cannot be made: {error}") from error
        self._spawn(self._accept, "ipc-accept")

    def close(self) -> None:
        """Stop listening and end every connection's thread."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._wake_write.send_bytes(b"x")
        with contextlib.suppress(OSError, EOFError):
            mp.Client(address(self._path)).close()  # accept() can only be woken by a visitor
        for thread in self._threads:
            thread.join(timeout=1.0)
        if self._listener is not None:
            self._listener.close()
        for end in (self._wake_read, self._wake_write):
            end.close()

    def _spawn(self, target: Callable[[], None], name: str) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        assert self._listener is not None  # noqa: S101 - set in start(), before this thread exists
        while not self._closing.is_set():
            try:
                connection = self._listener.accept()
            except OSError:
                continue
            if self._closing.is_set():
                connection.close()
                return
            self._spawn(functools.partial(self._serve, Peer(connection), connection), "ipc-serve")

    def _serve(self, peer: Peer, connection: Connection) -> None:
        _receive(connection, self._wake_read, lambda message: self._take(peer, message))
        peer.close()
        if self._on_gone is not None and not self._closing.is_set():
            self._on_gone(peer)

    def _take(self, peer: Peer, message: Message) -> None:
        if isinstance(message, Hello):
            peer.hello = message
        self._on_message(peer, message)


def _receive(connection: Connection, wake: Connection, take: Callable[[Message], None]) -> None:
    """Read messages until the other side hangs up, sends something foreign, or ``wake`` says stop."""
    try:
        while True:
            ready = mp.wait([connection, wake])
            if wake in ready:
                return
            message = decode(connection.recv_bytes(MAX_MESSAGE))
            try:
                take(message)
            except Exception:  # one message must not deafen us for all that follow
                log.exception("a message of type %s could not be handled", message.type)
    except (OSError, EOFError):
        return
    except ValidationError as error:
        log.warning("a foreign message was refused (%d problems); connection closed", error.error_count())


class Client:
    """The client's end: connects, says hello, and connects again whenever the server was away."""

    def __init__(
        self,
        socket: Path,
        hello: Hello,
        on_message: Callable[[Message], None],
        on_up: Callable[[], None] | None = None,
        on_down: Callable[[], None] | None = None,
    ) -> None:
        self._path, self._hello, self._on_message = socket, hello, on_message
        self._on_up, self._on_down = on_up, on_down
        self._connection: Connection | None = None
        self._sending = threading.Lock()
        self._closing = threading.Event()
        self._wake_read, self._wake_write = Pipe(duplex=False)
        self._thread = threading.Thread(target=self._run, name="ipc-client", daemon=True)

    def start(self) -> None:
        """Begin to connect, in a thread of its own."""
        self._thread.start()

    def send(self, message: Message) -> bool:
        """Send now (thread-safe; may block while the server does not read). False = not connected: keep it.

        :raises ValueError: the message can't be encoded, now or ever.
        """
        data = encode(message)
        with self._sending:
            if self._connection is None:
                return False
            try:
                self._connection.send_bytes(data)
            except (OSError, ValueError):
                return False
            return True

    def close(self) -> None:
        """Hang up and end the thread."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._wake_write.send_bytes(b"x")
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=2.0)
        for end in (self._wake_read, self._wake_write):
            end.close()

    def _run(self) -> None:
        attempt = 0
        while not self._closing.is_set():
            try:
                connection = mp.Client(address(self._path))
                connection.send_bytes(encode(self._hello))
            except OSError:
                self._closing.wait(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
                attempt += 1
                continue
            attempt = 0
            self._talk(connection)

    def _talk(self, connection: Connection) -> None:
        with self._sending:
            self._connection = connection
        if self._on_up is not None:
            self._on_up()
        _receive(connection, self._wake_read, self._on_message)
        with self._sending:
            self._connection = None
            connection.close()
        if self._on_down is not None and not self._closing.is_set():
            self._on_down()

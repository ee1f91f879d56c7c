"""The real ui process on a desktop of its own: for the bench, the screenshots and the desktop tests."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from assistant.errors import EnvironmentFault
from assistant.events import Event, Outcome, Suggestion, Task
from assistant.ipc import Peer, Server
from assistant.messages import Answered, Message, Painted, Show, UiReady, Withdraw
from assistant.paths import under

ROOT = Path(__file__).resolve().parent.parent.parent
Wanted = TypeVar("Wanted", bound=Message)


def end(process: subprocess.Popen[Any], patience: float = 5.0) -> None:
    """Ask a process to stop, then make it."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class UiChild:
    """The ui process with an engine's end of the socket, in a folder of its own.

    ``notifier`` as in ``settings.ui.notifier``.
    """

    def __init__(self, env: dict[str, str], *, notifier: str = "popup", home: Path | None = None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="pa-ui-") if home is None else None
        self.paths = under(home or Path(self._temporary.name if self._temporary else "")).make()
        self.messages: queue.Queue[Message] = queue.Queue()
        self._peer: Peer | None = None
        self._server = Server(self.paths.socket, self._hear)
        self._server.start()
        env = env | {"ASSISTANT_UI__NOTIFIER": notifier, "PYTHONPATH": str(ROOT)}
        argv = [sys.executable, "-m", "ui.process", str(self.paths.data.parent)]
        self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hear(self, peer: Peer, message: Message) -> None:
        self._peer = peer
        self.messages.put(message)

    def wait(self, kind: type[Wanted], timeout: float = 20.0) -> Wanted:
        """The next message of this kind; others are skipped.

        :raises EnvironmentFault: none came in time.
        """
        until = time.monotonic() + timeout
        with contextlib.suppress(queue.Empty):
            while True:
                message = self.messages.get(timeout=max(0.0, until - time.monotonic()))
                if isinstance(message, kind):
                    return message
        raise EnvironmentFault(f"The ui did not say {kind.__name__} within {timeout} s.")

    def ready(self) -> UiReady:
        return self.wait(UiReady)

    def painted(self, timeout: float = 20.0) -> Painted:
        return self.wait(Painted, timeout)

    def outcome(self, timeout: float = 20.0) -> Outcome:
        return self.wait(Answered, timeout).outcome

    def show(
        self, suggestion: Suggestion, events: Sequence[Event] = (), *, popup_s: float = 12.0, theme: str = "light"
    ) -> None:
        """Send it, as the engine does."""
        self._send(Show(suggestion=suggestion, why_events=tuple(events), popup_s=popup_s, theme=theme))

    def withdraw(self, suggestion_id: int) -> None:
        self._send(Withdraw(suggestion_id=suggestion_id))

    def close(self) -> float:
        """Stop it as the supervisor does; gives back how long it took, s."""
        begun = time.monotonic()
        end(self.process)
        took = time.monotonic() - begun
        self._server.close()
        if self._temporary is not None:
            self._temporary.cleanup()
        return took

    def _send(self, message: Message) -> None:
        if self._peer is None or not self._peer.send(message):
            raise EnvironmentFault("The ui is not connected.")


def offer(number: int, task: str, why: str = "", response: str = "") -> Suggestion:
    """A suggestion to show."""
    return Suggestion(
        id=number, decision_id=number, time=time.time(), task=Task(task=task, response=response), why=why, shown=True
    )


def wait_for(what: Callable[[], bool], timeout: float = 10.0) -> bool:
    """Poll until true; False when the time is up."""
    until = time.monotonic() + timeout
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True

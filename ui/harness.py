"""The real ui process on a desktop of its own: for the bench, the screenshots and the desktop tests."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Event, Outcome, Suggestion, Task
from assistant.ipc import Peer, Server
from assistant.messages import Answered, Message, Painted, Show, UiReady, Withdraw
from assistant.paths import under

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("Xvfb", "openbox", "dbus-daemon")
Wanted = TypeVar("Wanted", bound=Message)


@contextlib.contextmanager
def private_desktop(size: str = "1280x800") -> Iterator[dict[str, str]]:
    """Xvfb, openbox and a session bus; gives the environment that programs on it need.

    :raises SetupError: one of the programs is not installed.
    """
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise SetupError(f"{', '.join(missing)} not found.", hint="apt-get install xvfb openbox dbus")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pa-desk-"))
        unwanted = {"WAYLAND_DISPLAY", "XAUTHORITY", "NO_AT_BRIDGE"}
        env = {key: value for key, value in os.environ.items() if key not in unwanted}
        env |= {"XDG_RUNTIME_DIR": folder, "GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "memory", "LC_ALL": "C.UTF-8"}
        screen = ["-screen", "0", f"{size}x24", "-nolisten", "tcp"]
        env["DISPLAY"] = f":{_answer_of(stack, ['Xvfb', *screen], '-displayfd', env)}"
        bus = ["dbus-daemon", "--session", "--nofork", f"--address=unix:path={folder}/bus"]
        env["DBUS_SESSION_BUS_ADDRESS"] = _answer_of(stack, bus, "--print-address", env)
        _program(stack, ["openbox", "--sm-disable"], env)
        time.sleep(0.5)  # openbox is ready in 0.44 s [FINDINGS]
        yield env


def _program(stack: contextlib.ExitStack, argv: Sequence[str], env: dict[str, str], **kw: Any) -> None:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(argv, env=env, stdin=quiet, stdout=quiet, stderr=quiet, **kw)
    stack.callback(end, process)


def _answer_of(stack: contextlib.ExitStack, argv: list[str], option: str, env: dict[str, str]) -> str:
    read, write = os.pipe()
    with os.fdopen(read) as pipe:
        number = [f"{option}={write}"] if option.startswith("--") else [option, str(write)]
        _program(stack, [*argv, *number], env, pass_fds=[write])
        os.close(write)
        answer = pipe.readline().strip()
    if not answer:
        raise EnvironmentFault(f"{argv[0]} did not start.")
    return answer


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

"""Asking the running engine something over its socket."""

from __future__ import annotations

import json
import os
import queue
from typing import Any

from assistant.errors import EnvironmentFault, SetupError
from assistant.ipc import Client
from assistant.messages import Control, Hello, Message, Reply
from assistant.paths import Paths


def supervisor_pid(paths: Paths) -> int | None:
    """The running supervisor's process id, None when none runs."""
    import psutil

    try:
        status = json.loads(paths.status_file.read_text(encoding="utf-8"))
        process = psutil.Process(int(status["supervisor"]))
        # A file left by a crash may name a process id that is somebody else's by now.
        same = abs(process.create_time() - float(status["started"])) < 1.0
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return process.pid if same else None


def running(paths: Paths) -> bool:
    """Whether an assistant runs for this user."""
    return supervisor_pid(paths) is not None


def ask(paths: Paths, verb: str, timeout: float = 30.0, **args: Any) -> dict[str, Any]:
    """Send a control message and wait for its answer.

    :raises SetupError: nothing runs here, or the engine refused with a reason.
    :raises EnvironmentFault: it runs but does not answer within ``timeout`` seconds.
    """
    if not running(paths):
        raise SetupError("The assistant is not running.", hint="Start it with `assistant run`.")
    answers: queue.Queue[Message] = queue.Queue()
    control = Control(verb=verb, args=args)
    # Sent at each connection: an engine that was just restarting did not take the first. Every verb may be repeated.
    client = Client(paths.socket, Hello(role="cli", pid=os.getpid()), answers.put, on_up=lambda: _say(client, control))
    client.start()
    try:
        reply = answers.get(timeout=timeout)
    except queue.Empty:
        raise EnvironmentFault(
            f"The engine did not answer '{verb}' within {timeout:.0f} s.", hint=f"Look into {paths.logs}/engine.log."
        ) from None
    finally:
        client.close()
    if not isinstance(reply, Reply):
        raise EnvironmentFault("The engine gave an answer of another kind.")
    if not reply.ok:
        raise SetupError(reply.error)
    return reply.data


def _say(client: Client, control: Control) -> None:
    client.send(control)

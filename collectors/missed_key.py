"""The global hotkey for "you should have helped just now": off unless its keys are set. Through pynput.

It hears every key to find its own, as every global hotkey does, and keeps none: only that it was pressed goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from assistant.messages import Control, Message
from assistant.ports import SenseHealth, SenseState

log = logging.getLogger(__name__)


class MissedKey:
    """Listens for ``keys`` (pynput's spelling, ``<ctrl>+<alt>+h``; '' = nothing at all) and tells the engine.

    ``send`` may block while the engine is busy, so each press has a thread of its own.
    """

    def __init__(self, keys: str, send: Callable[[Message], bool]) -> None:
        self._keys, self._send = keys.strip(), send
        self._listener: Any = None
        self._problem = ""

    def start(self) -> None:
        """Begin to listen. What keeps it from working is said in :meth:`health`, and nothing else fails."""
        if not self._keys:
            return
        try:
            from pynput import keyboard

            listener = keyboard.GlobalHotKeys({self._keys: self._pressed})
        except ImportError as error:
            self._problem = f"global hotkeys do not work here: {error}".splitlines()[0]
        except ValueError:
            self._problem = f"{self._keys!r} is no hotkey; write capture.missed_hotkey as <ctrl>+<alt>+h"
        else:
            listener.daemon = True
            listener.start()
            self._listener = listener
        if self._problem:
            log.warning("missed hotkey: %s", self._problem)

    def stop(self) -> None:
        """Hear no more keys."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()

    def health(self) -> tuple[SenseHealth, ...]:
        """How it is doing; nothing when it is not wanted."""
        if not self._keys:
            return ()
        dead = self._listener is None or not self._listener.is_alive()
        reason = self._problem or ("its thread ended" if dead else "")
        state = SenseState.FAILED if dead else SenseState.OK
        return (SenseHealth(sense="missed hotkey", state=state, reason=reason, backend="pynput"),)

    def _pressed(self) -> None:
        threading.Thread(target=self._tell, name="missed-key", daemon=True).start()

    def _tell(self) -> None:
        if not self._send(Control(verb="missed", args={"source": "hotkey"})):
            log.warning("missed hotkey: the engine is away, the press is lost")

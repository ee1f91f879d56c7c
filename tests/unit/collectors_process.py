"""The collectors process on fakes, for tests: real threads, a recorded link instead of a socket."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

from assistant import paths
from assistant.clock import SystemClock
from assistant.events import KeyText, Observation, WindowFocus
from assistant.messages import Ack, Batch, Hello, Message
from assistant.policy.consent import Consent
from assistant.ports import FieldKind, SenseHealth, SenseState
from assistant.settings import Capture, Settings
from collectors.focus import FakeProbe
from collectors.idle.fake import FakeIdleClock
from collectors.keyboard.fake import FakeKeyboard
from collectors.service import CollectorsService
from collectors.window.fake import FakeWindow

EDITOR = {"app": "Mousepad", "app_id": "Mousepad", "title": "notes", "window": "0x1"}


class RecordedLink:
    """The engine's end. ``up`` False refuses; ``acks`` False keeps the batches waiting."""

    def __init__(self, hello: Hello, on_message: Callable[[Message], None], on_up: Callable[[], None]) -> None:
        self.hello, self.on_message, self.on_up = hello, on_message, on_up
        self.batches: list[Batch] = []
        self.up, self.acks, self.stall = True, True, 0.0

    def start(self) -> None:
        self.on_up()

    def send(self, message: Message) -> bool:
        time.sleep(self.stall)
        if not self.up:
            return False
        assert isinstance(message, Batch)
        self.batches.append(message)
        if self.acks:
            self.on_message(Ack(life=message.life, seq=message.seq))
        return True

    def close(self) -> None:
        self.up = False

    def observations(self) -> list[Observation]:
        return [obs for batch in list(self.batches) for obs in batch.observations]

    def text(self) -> str:
        return "".join(obs.text for obs in self.observations() if isinstance(obs, KeyText))

    def health(self) -> dict[str, SenseHealth]:
        return {health.sense: health for batch in list(self.batches) for health in batch.health}


class Process:
    """A service running in a thread."""

    def __init__(self, home: paths.Paths, typed: str = "safe", **capture) -> None:
        clock = SystemClock()
        self.paths = home
        self.keyboard, self.window = FakeKeyboard(clock), FakeWindow(clock)
        self.probe = FakeProbe(clock)
        self.stop = threading.Event()
        self.link: RecordedLink
        settings = Settings(capture=Capture(flush_s=0.02, hold_keys_s=0.01, watchdog_s=0.05, **capture))
        self.settings = settings
        self.write_settings()
        missing = [SenseHealth(sense="apps", state=SenseState.OFF, reason="switched off")]
        self.service = CollectorsService(
            home,
            settings,
            Consent(typed=typed),
            clock,
            [self.keyboard, self.window],
            self.probe,
            FakeIdleClock(1_000.0),
            missing=missing,
            connect=self._connect,
        )
        self.thread = threading.Thread(target=self.service.run, args=(self.stop,), daemon=True)

    def _connect(self, *args) -> RecordedLink:
        self.link = RecordedLink(*args)
        return self.link

    def begin(self) -> Process:
        self.thread.start()
        until(lambda: self.keyboard.alive() and self.window.alive())
        self.window.hand_on(WindowFocus(at=time.time(), mono=time.monotonic(), **EDITOR))
        until(lambda: any(isinstance(o, WindowFocus) for o in self.link.observations()))
        self.probe.focus(FieldKind.TEXT)
        time.sleep(0.03)
        return self

    def write_settings(self, **groups: object) -> None:
        """What the process was started with, and other groups."""
        content = {"capture": self.settings.capture.model_dump(), **groups}
        self.paths.settings_file.write_text(json.dumps(content))

    def end(self) -> None:
        self.stop.set()
        self.thread.join(3)
        assert not self.thread.is_alive()


def until(what: Callable[[], object], timeout: float = 5.0) -> None:
    end = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)

"""The ui child: shows what the engine sends, by the best means this desktop has, and reports every outcome."""

from __future__ import annotations

import logging
import os
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from assistant.clock import Clock, SystemClock
from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Outcome, OutcomeKind
from assistant.ipc import Client
from assistant.messages import Answered, Hello, Message, Painted, Show, UiReady, Withdraw
from assistant.paths import Paths
from assistant.settings import Settings
from ui.notification import NotificationNotifier
from ui.popup import PopupNotifier
from ui.surface_gtk import GtkSurface
from ui.surface_plain import PlainSurface

log = logging.getLogger(__name__)

# Nothing works (no display, no bus): look again this often, a session may come back.
AGAIN_S = 10.0
# Outcomes kept while the engine is away; a person gives a handful an hour.
MAX_WAITING = 1_000


class Link(Protocol):
    """What this process needs of :class:`assistant.ipc.Client`."""

    def start(self) -> None: ...
    def send(self, message: Message) -> bool: ...
    def close(self) -> None: ...


class Way(Protocol):
    """A notifier that can be served on the main thread."""

    @property
    def name(self) -> str: ...
    def run(self, stop: threading.Event) -> None: ...
    def show(self, *args: Any, **kw: Any) -> None: ...
    def withdraw(self, suggestion_id: int) -> None: ...


MakeWay = Callable[["Ui"], Way]


class Outbox:
    """Messages on their way to the engine: sent in order by a thread of its own, kept while it is away."""

    def __init__(self, send: Callable[[Message], bool]) -> None:
        self._send, self._waiting = send, deque[Message](maxlen=MAX_WAITING)
        self._wake, self._ended = threading.Condition(), False
        self._thread = threading.Thread(target=self._run, name="ui-outbox", daemon=True)
        self._thread.start()

    def put(self, message: Message) -> None:
        """Hand over a message; never blocks."""
        with self._wake:
            self._waiting.append(message)
            self._wake.notify()

    def retry(self) -> None:
        """The engine is there again."""
        with self._wake:
            self._wake.notify()

    def close(self, timeout: float = 1.0) -> None:
        """Send what can be sent now, then end."""
        with self._wake:
            self._ended = True
            self._wake.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._wake:
                message = self._waiting[0] if self._waiting else None
                if message is None and self._ended:
                    return
                if message is None:
                    self._wake.wait()
                    continue
            sent = self._send(message)
            with self._wake:
                if sent:
                    self._waiting.popleft()
                elif self._ended:
                    return
                else:
                    self._wake.wait(AGAIN_S)


class Ui:
    """Ties the engine's messages to the notifier that is being served."""

    def __init__(self, paths: Paths, settings: Settings, clock: Clock, connect: Callable[..., Link]) -> None:
        self.settings, self.clock = settings, clock
        self._way: Way | None = None
        self._ready: UiReady | None = None
        self.reasons: list[str] = []
        hello = Hello(role="ui", pid=os.getpid(), life=uuid.uuid4().hex)
        self._link = connect(paths.socket, hello, self._hear, self._up)
        self._outbox = Outbox(self._link.send)

    def serve(self, ways: Callable[[], Iterator[MakeWay]], stop: threading.Event) -> None:
        """Try one way after the other until one serves to the end; start again when none can."""
        self._link.start()
        while not stop.is_set():
            self.reasons.clear()
            for make in ways():
                if self._try(make(self), stop) or stop.is_set():
                    break
            else:
                wanted = f"the setting ui.notifier is '{self.settings.ui.notifier}'"
                self._announce("none", "; ".join(self.reasons) or wanted)
                stop.wait(AGAIN_S if self.reasons else None)
        self._outbox.close()
        self._link.close()

    def ready(self, way: Way, note: str = "") -> None:
        """The notifier can show things now."""
        self._way = way
        self._announce(way.name, "; ".join(filter(None, [*self.reasons, note])))

    def painted(self, suggestion_id: int, at: float, took_ms: float) -> None:
        self._outbox.put(Painted(suggestion_id=suggestion_id, at=at, took_ms=took_ms))

    def answered(self, outcome: Outcome) -> None:
        self._outbox.put(Answered(outcome=outcome))

    def _try(self, way: Way, stop: threading.Event) -> bool:
        try:
            way.run(stop)
        except (SetupError, EnvironmentFault) as error:
            reason = f"no {way.name}: {error}"
            self.reasons += [] if reason in self.reasons else [reason]
            log.warning("no %s: %s", way.name, error)
        except Exception:
            self.reasons.append(f"no {way.name}: a bug of ours, see the log")
            log.exception("the %s failed", way.name)
        else:
            return True
        finally:
            self._way = None
        return False

    def _announce(self, notifier: str, reason: str) -> None:
        ready = UiReady(notifier=notifier, reason=reason)
        if ready != self._ready:
            self._ready = ready
            log.info("suggestions are shown by: %s %s", notifier, reason)
            self._outbox.put(ready)

    def _up(self) -> None:
        if self._ready is not None:
            self._outbox.put(self._ready)
        self._outbox.retry()

    def _hear(self, message: Message) -> None:
        way = self._way
        if isinstance(message, Withdraw) and way is not None:
            way.withdraw(message.suggestion_id)
        elif isinstance(message, Show) and way is not None:
            way.show(
                message.suggestion, message.why_events, self.answered, popup_s=message.popup_s, theme=message.theme
            )
        elif isinstance(message, Show):
            reason, at = "nothing to show it with", self.clock.now()
            unseen = Outcome(suggestion_id=message.suggestion.id, kind=OutcomeKind.UNSEEN, at=at, reason=reason)
            self.answered(unseen)


def _popup(surface: GtkSurface | PlainSurface, ui: Ui) -> PopupNotifier:
    way = PopupNotifier(
        surface,
        ui.clock,
        popup_s=ui.settings.delivery.popup_s,
        theme=ui.settings.ui.theme,
        on_painted=ui.painted,
        on_ready=lambda: ui.ready(way, surface.note),
    )
    return way


def _notification(ui: Ui) -> NotificationNotifier:
    way = NotificationNotifier(
        ui.clock,
        popup_s=ui.settings.delivery.popup_s,
        on_painted=ui.painted,
        on_ready=lambda: ui.ready(way, way.note),
    )
    return way


def ways_for(wanted: str, platform: str = sys.platform) -> Iterator[MakeWay]:
    """The ways to show suggestions, best first, for ``settings.ui.notifier``.

    The terminal is not among them: it belongs to the process that was started in it.
    """
    if wanted in {"auto", "popup"}:
        if platform == "linux":
            yield lambda ui: _popup(GtkSurface(), ui)
        yield lambda ui: _popup(PlainSurface("qt" if platform == "linux" else None), ui)
    if wanted in {"auto", "popup", "notification"}:
        yield _notification


def run_ui(
    paths: Paths,
    settings: Settings,
    stop: threading.Event,
    *,
    connect: Callable[..., Link] = Client,
    clock: Clock | None = None,
    ways: Callable[[], Iterator[MakeWay]] | None = None,
) -> None:
    """Serve suggestions until ``stop`` (main thread only: web views insist on it).

    Where nothing works here it announces ``none`` with the reasons, and looks again every ten seconds.

    Says over the socket how they are shown (:class:`UiReady`), shows (:class:`Show`, :class:`Withdraw`) and reports
    (:class:`Painted`, :class:`Answered`). ``connect``, ``clock`` and ``ways`` are for tests.
    """
    ui = Ui(paths, settings, clock or SystemClock(), connect)
    ui.serve(ways or (lambda: ways_for(settings.ui.notifier)), stop)


def main(home: str) -> None:
    """The ui process by itself: for ``assistant/bench/ui_child.py``, its bench, pictures and tests."""
    import signal
    from pathlib import Path

    from assistant.paths import under

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    logging.basicConfig(level=logging.WARNING)
    run_ui(under(Path(home)), Settings(), stop)


if __name__ == "__main__":
    main(sys.argv[1])

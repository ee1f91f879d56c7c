"""The collectors process: senses → inbox → pipeline (hold, privacy gate, merging) → outbox → engine.

Three threads besides the senses' own: ``worker`` (pipeline), ``watch`` (liveness), ``sender`` (outbox).
Nothing that was captured is ever logged here.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from assistant.clock import Clock
from assistant.errors import AssistantError
from assistant.events import Observation
from assistant.ipc import Client
from assistant.messages import Ack, Control, Hello, Message
from assistant.paths import Paths
from assistant.policy.consent import Consent, load_consent
from assistant.policy.privacy import PrivacyGate
from assistant.ports import Collector, FocusProbe, IdleClock, SenseHealth, SenseState
from assistant.settings import Settings, load_settings
from collectors.inbox import Inbox
from collectors.missed_key import MissedKey
from collectors.outbox import Outbox
from collectors.pipeline import Pipeline
from collectors.watch import Watch

log = logging.getLogger(__name__)

# Health goes along at least this often, so that a silent desktop and a dead process look different.
HEALTH_S = 10.0
# Both threads take a turn at least this often, however quiet it is, and are given up after the other time.
TURN_S = 5.0
STUCK_S = 30.0
# Taken out of the inbox in one go before time is looked at again.
_AT_ONCE = 500
# The engine acknowledges within its commit time (0.2 s); run() must end within 2 s altogether.
_LAST_ACK_S = 0.6
_JOIN_S = 0.5


class Link(Protocol):
    """The way to the engine; :class:`assistant.ipc.Client` is one."""

    def start(self) -> None: ...
    def send(self, message: Message) -> bool: ...
    def close(self) -> None: ...


Connect = Callable[[Hello, Callable[[Message], None], Callable[[], None]], Link]
"""(hello, on_message, on_up) → a link, not started."""


class CollectorsService:
    """Everything between the senses and the engine. ``connect`` is for tests; ``missing`` are senses without back end.

    :raises SetupError: an exclusion of the settings is wrong.
    """

    def __init__(  # noqa: PLR0913 - the process's composition: each is a port or its options
        self,
        paths: Paths,
        settings: Settings,
        consent: Consent,
        clock: Clock,
        collectors: Sequence[Collector],
        probe: FocusProbe,
        idle_clock: IdleClock | None = None,
        *,
        missing: Sequence[SenseHealth] = (),
        connect: Connect | None = None,
    ) -> None:
        self._paths, self._clock, self._probe, self._missing = paths, clock, probe, tuple(missing)
        self._capture = capture = settings.capture
        life = secrets.token_hex(8)
        self._link = (connect or self._client)(
            Hello(role="collectors", pid=os.getpid(), life=life), self._on_message, self._on_up
        )
        self._inbox = Inbox(capture.queue_size)
        self._outbox = Outbox(life, capture.queue_size, self._link.send)
        self._gate = PrivacyGate(settings.privacy, consent)
        self._pipeline = Pipeline(self._gate, probe, capture, clock, self._pass_on)
        self._watch = Watch(collectors, self._inbox, clock, idle_clock, self._on_lost, capture.watchdog_s)
        self._missed_key = MissedKey(capture.missed_hotkey, self._link.send)
        self._said: tuple[SenseHealth, ...] = ()
        self._said_at = -HEALTH_S
        self._worked_at = self._watched_at = clock.mono()
        self._stop: threading.Event | None = None
        self._ending = threading.Event()
        self._drained = threading.Event()

    def _client(self, hello: Hello, on_message: Callable[[Message], None], on_up: Callable[[], None]) -> Link:
        return Client(self._paths.socket, hello, on_message, on_up)

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set, then hand on what is left and end, within 2 s.

        Sets ``stop`` itself when it must begin anew with other settings.
        """
        self._stop = stop
        threads = [
            threading.Thread(target=body, name=name, daemon=True)
            for name, body in (("worker", self._work), ("watch", self._keep_watch), ("sender", self._outbox.run))
        ]
        self._link.start()
        self._probe.start()
        self._missed_key.start()
        for thread in threads:
            thread.start()
        stop.wait()
        self._end(threads)

    def well(self) -> bool:
        """Whether worker and watch both ended a turn without error in the last 30 s; asked from any thread."""
        return self._clock.mono() - min(self._worked_at, self._watched_at) < STUCK_S

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        self._ending.set()
        self._inbox.put(lambda: None)
        self._drained.wait(_JOIN_S)
        self._outbox.wait_empty(_LAST_ACK_S)
        self._outbox.close()
        for thread in threads:
            thread.join(_JOIN_S)
        self._watch.stop()
        self._missed_key.stop()
        self._probe.stop()
        self._link.close()

    # ------------------------------------------------------------- threads

    def _work(self) -> None:
        while not self._ending.is_set():
            self._worker_turn()
        self._finish()

    def _worker_turn(self) -> None:
        try:
            self._turn(self._pipeline.step())
            self._worked_at = self._clock.mono()
        except Exception:
            log.exception("the worker stumbled; it goes on")

    def _turn(self, wait: float) -> None:
        """Wait for something or for time, take what is there, pass on what is due."""
        until_health = self._said_at + HEALTH_S - self._clock.mono()
        item = self._inbox.get(max(0.0, min(wait, until_health, TURN_S)))
        for _ in range(_AT_ONCE):
            if item is None:
                break
            self._take(item)
            item = self._inbox.get(0.0)
        for gap in self._inbox.overflows():
            self._pipeline.arrive(gap)
        self._pipeline.step()
        if self._clock.mono() - self._said_at >= HEALTH_S:
            self._tell_health()

    def _take(self, item: Observation | Callable[[], None]) -> None:
        if callable(item):
            item()
        else:
            self._pipeline.arrive(item)

    def _finish(self) -> None:
        """Everything that was seen before the stop; held keys wait out their time (60 ms)."""
        while (item := self._inbox.get(0.0)) is not None:
            self._take(item)
        wait = self._pipeline.step()
        while self._pipeline.holding():
            self._clock.sleep(wait)
            wait = self._pipeline.step()
        self._pipeline.flush()
        self._drained.set()

    def _keep_watch(self) -> None:
        wait = 0.0
        while not self._ending.wait(wait):
            wait = self._watch_turn()

    def _watch_turn(self) -> float:
        """Look at the senses once; seconds until the next look."""
        try:
            wait = self._watch.look()
            if _notable(self._health()) != _notable(self._said):
                self._inbox.put(self._tell_health)
            self._watched_at = self._clock.mono()
        except Exception:
            log.exception("the watch stumbled; it goes on")
            return 1.0
        return min(wait, TURN_S)

    # ------------------------------------------------------------- to the engine

    def _pass_on(self, observations: list[Observation]) -> None:
        health = self._health()
        changed = _notable(health) != _notable(self._said)
        if changed:
            self._said, self._said_at = health, self._clock.mono()
        self._outbox.add(observations, health if changed else ())

    def _tell_health(self) -> None:
        """Only when nothing waits: an engine that is away needs no pile of old health."""
        self._said_at = self._clock.mono()
        if self._outbox.empty():
            self._said = self._health()
            self._outbox.add((), self._said)

    def _health(self) -> tuple[SenseHealth, ...]:
        reason = getattr(self._probe, "reason", "")
        state = SenseState.DEGRADED if reason else SenseState.OK
        focus = SenseHealth(sense="focus", state=state, reason=reason, backend=getattr(self._probe, "backend", ""))
        return (*self._watch.health(), focus, *self._missed_key.health(), *self._missing)

    # ------------------------------------------------------------- from the engine

    def _on_message(self, message: Message) -> None:
        if isinstance(message, Ack):
            self._outbox.ack(message.life, message.seq)
        elif isinstance(message, Control):
            self._inbox.put(lambda: self._control(message))

    def _on_up(self) -> None:
        """What was not acknowledged first, then how things are: a new engine knows nothing."""
        self._outbox.again()
        self._inbox.put(self._greet)

    def _greet(self) -> None:
        self._said = ()  # the next batch tells it, whatever waits
        self._tell_health()
        self._pipeline.tell_again()

    def _on_lost(self, sense: str) -> None:
        self._inbox.put(lambda: self._pipeline.lost(sense))

    def _control(self, message: Control) -> None:
        match message.verb:
            case "pause":
                self._pipeline.pause(str(message.args.get("reason", "paused")))
            case "resume":
                self._pipeline.resume()
            case "reload":
                self._reload()
            case "flush":
                self._pipeline.flush()
            case "clear" | "forget":
                self._pipeline.clear()
                self._outbox.clear()
            case verb:
                log.warning("an unknown control %r was ignored", verb[:20])

    def _reload(self) -> None:
        """Exclusions and consent anew; a wrong setting keeps the old exclusions, consent counts in any case.

        The senses are made at the start, so other settings for them need a new process: this one ends.
        """
        consent = load_consent(self._paths.consent_file)
        try:
            settings = load_settings(self._paths.settings_file)
            self._gate.change(settings.privacy, consent)
            if settings.capture != self._capture and self._stop is not None:
                log.info("the senses' settings changed: beginning anew")
                self._stop.set()
        except AssistantError as error:
            log.warning("the settings were not read again: %s", error)
            self._gate.change(None, consent)
        self._pipeline.look_again()


def _notable(health: Sequence[SenseHealth]) -> list[tuple[object, ...]]:
    """What is worth telling at once: states, reasons, restarts, drops; not the counts of what was seen."""
    return [(h.sense, h.state, h.reason, h.restarts, h.dropped) for h in health]

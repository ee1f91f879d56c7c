"""The engine process: one thread owns the core; the socket, the model and the database have their own."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from assistant.clock import Clock, IdFactory
from assistant.engine.control import Controls
from assistant.engine.core import Core, Parts, Question
from assistant.engine.learning import Learning
from assistant.engine.links import CollectorsLink, UiLink
from assistant.engine.thinking import Thinker
from assistant.events import Gap
from assistant.ipc import Peer, Server
from assistant.label_recall import recall_label
from assistant.labels import Label
from assistant.messages import Ack, Answered, Batch, Control, Hello, Message, Painted, UiReady
from assistant.narrator import Narrator
from assistant.paths import Paths
from assistant.ports import Gate, Keeper, Proposal, Proposer
from assistant.settings import Settings
from assistant.store import Store
from assistant.store.ops import PutGap, SetMeta

log = logging.getLogger(__name__)

# How often time passes for the core. A window is a row after the narrator's dwell (0.5 s), this, and the commit
# (0.2 s): within issue 2's 1 s.
TICK_S = 0.25
# How often the database hears that we are alive: a kill -9 is dated to this precision.
ALIVE_S = 10.0
# The core's thread must have come round within this long, or the supervisor restarts us.
WELL_S = 30.0
_DAY_S = 86_400.0


@dataclass(frozen=True)
class EngineParts:
    """What the engine process is made of; :mod:`assistant.app` puts it together."""

    paths: Paths
    settings: Settings
    clock: Clock
    ids: IdFactory
    store: Store
    gate: Gate
    make_proposer: Callable[[], Proposer]
    keeper: Keeper | None = None
    learn: Callable[[Label], None] | None = None
    """Is handed every verdict as soon as it is given."""


class Engine:
    """Runs until told to stop: everything that happens goes through one queue into one thread."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        settings, clock, store = parts.settings, parts.clock, parts.store
        self.ui = UiLink(settings, clock)
        self.collectors = CollectorsLink(clock, lambda a, b, why: self.core.gap("all", a, b, why))
        self.learning = Learning(parts.keeper, settings.training, clock, parts.paths, self._rolled_back)
        self.thinker = Thinker(parts.make_proposer, self._on_proposal, settings.model.deadline_s)
        narrator = Narrator(settings.narration, parts.ids, utc_offset_min=clock.utc_offset_min)
        now = clock.now()
        self.core = Core(
            Parts(
                settings=settings,
                clock=clock,
                ids=parts.ids,
                narrator=narrator,
                gate=parts.gate,
                rows=store.writer,
                notifier=self.ui,
                ask=self.thinker.ask,
                learn=parts.learn,
                recall=lambda outcome: recall_label(store.reader, outcome, settings.decision),
                offers=store.reader.past_offers(limit=1_000, since=now - settings.delivery.rejected_for_s),
                labelled=self.learning.labelled,
            ),
            recent=store.reader.recent_events(
                2 * settings.decision.context_events, since=now - settings.decision.context_age_s
            ),
        )
        self.controls = Controls(self)
        self._server = Server(parts.paths.socket, self._on_message, self._on_gone)
        self._marks: dict[str, int] = {}
        self._restart = False
        self._turned = time.monotonic()
        self._next_tick = self._next_alive = 0.0
        self._next_care = clock.mono() + 60.0

    @property
    def parts(self) -> EngineParts:
        """What it was made of."""
        return self._parts

    def well(self) -> bool:
        """Whether the core's thread still comes round (asked before each beat)."""
        return time.monotonic() - self._turned < WELL_S

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop``; then close every open event and commit everything."""
        self._note_absence()
        self.thinker.start()
        self._server.start()
        # A stop must not wait for the next tick.
        threading.Thread(target=self._wake_at, args=(stop,), name="engine-stop", daemon=True).start()
        try:
            while not stop.is_set() and not self._restart:
                self._turn()
            self._drain()
        finally:
            self._shut()

    def _wake_at(self, stop: threading.Event) -> None:
        stop.wait()
        self.post(lambda: None)

    def _turn(self) -> None:
        """One round: wait for something to happen, at most until the next tick."""
        clock = self._parts.clock
        try:
            self._inbox.get(timeout=max(0.01, min(TICK_S, self._next_tick - clock.mono())))()
        except queue.Empty:
            pass
        except Exception:
            log.exception("one message could not be handled; the rest goes on")
        self._turned = time.monotonic()
        if (mono := clock.mono()) >= self._next_tick:
            self._next_tick = mono + TICK_S
            self._tick(mono)

    def _tick(self, mono: float) -> None:
        try:
            self.controls.tick()
            self.core.tick()
            self.learning.tick(away=self.core.presence.away or self.core.presence.locked)
            if mono >= self._next_alive:
                self._next_alive = mono + ALIVE_S
                self._parts.store.writer.submit(SetMeta("alive_at", repr(self._parts.clock.now())))
            if mono >= self._next_care:
                self._next_care = mono + _DAY_S / 4
                self._parts.store.retention(self._parts.clock.now())
        except Exception:
            log.exception("a tick failed; the next goes on")

    def _drain(self) -> None:
        """Take in what had arrived before the stop."""
        while True:
            try:
                self._inbox.get_nowait()()
            except queue.Empty:
                return
            except Exception:
                log.exception("one message could not be handled while stopping")

    def _shut(self) -> None:
        self.core.close()
        self.learning.close()
        self.thinker.close()
        self._server.close()
        now, word = self._parts.clock.now(), "restart" if self._restart else "clean"
        self._parts.store.writer.submit(SetMeta("alive_at", repr(now)), SetMeta("stopped", word))
        self._parts.store.close()

    def _note_absence(self) -> None:
        """The time since we last ran is a gap with a reason (DESIGN.md, rule 2)."""
        store, now = self._parts.store, self._parts.clock.now()
        alive_at = store.reader.meta("alive_at")
        stopped = store.reader.meta("stopped")
        store.writer.submit(SetMeta("stopped", ""))
        # A restart for new settings leaves no gap: the collectors keep what they see until we are back.
        if alive_at is not None and float(alive_at) < now and stopped != "restart":
            reason = "the assistant was not running" if stopped == "clean" else "the engine ended without a goodbye"
            gap = Gap(at=float(alive_at), until=now, sense="engine", reason=reason)
            store.writer.submit(PutGap(gap))

    def restart(self) -> None:
        """End cleanly so that the supervisor starts us again with the settings as they are now."""
        self._restart = True

    def _rolled_back(self, why: str) -> None:
        log.warning("back to the model before: %s", why)
        self.post(self.restart)

    # ------------------------------------------------------------------ from other threads

    def post(self, action: Callable[[], None]) -> None:
        """Have the core's thread do something (thread-safe)."""
        self._inbox.put(action)

    def _on_proposal(self, question: Question, proposal: Proposal) -> None:
        self.post(lambda: self.core.proposed(question, proposal))

    def _on_message(self, peer: Peer, message: Message) -> None:
        self.post(lambda: self._handle(peer, message))

    def _on_gone(self, peer: Peer) -> None:
        self.post(lambda: self._peer_gone(peer))

    # ------------------------------------------------------------------ in the core's thread

    def _handle(self, peer: Peer, message: Message) -> None:
        match message:
            case Hello(role="collectors"):
                self.collectors.connected(peer)
                self.controls.greet(peer)
            case Batch():
                self._take_batch(peer, message)
            case UiReady():
                log.info("suggestions are shown by %s %s", message.notifier, message.reason)
                self.ui.connected(peer, message)
            case Painted():
                self.ui.painted = message
            case Answered(outcome=outcome):
                # An answer to what an earlier life of ours showed is a label all the same.
                known = self._parts.store.reader.suggestion
                if not self.ui.answered(outcome) and known(outcome.suggestion_id) is not None:
                    self.core.answer(outcome)
            case Control():
                self.controls.handle(peer, message)
            case _:
                pass

    def _take_batch(self, peer: Peer, batch: Batch) -> None:
        self.collectors.took(batch)
        ack = Ack(life=batch.life, seq=batch.seq)
        last = self._marks.get(batch.life)
        if last is None:
            last = self._parts.store.reader.last_mark(batch.life)
        if batch.seq <= last:
            peer.send(ack)  # it was stored, only the ack was lost
            return
        self._marks = {batch.life: batch.seq}

        def acknowledge() -> None:
            peer.send(ack)

        self.core.feed(self.controls.permitted(batch.observations), (batch.life, batch.seq), on_commit=acknowledge)

    def _peer_gone(self, peer: Peer) -> None:
        self.ui.gone(peer)
        if self.collectors.gone(peer):
            self.core.presence.collectors_gone()

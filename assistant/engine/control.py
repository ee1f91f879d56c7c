"""What the command line and the tray may ask of a running engine: status, pause, resume, reload, forget, import."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.ipc import Peer
from assistant.messages import Control, Reply
from assistant.store.ops import SetMeta

if TYPE_CHECKING:
    from assistant.engine.service import Engine

log = logging.getLogger(__name__)

FOREVER = float("inf")


class Controls:
    """Handles :class:`Control` messages in the core's thread; answers each with a :class:`Reply`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        stored = engine.parts.store.reader.meta("paused_until")
        self._paused_until = float(stored) if stored else 0.0
        engine.core.presence.paused = self._is_paused()
        self._verbs = {
            "status": self._status,
            "pause": self._pause,
            "resume": self._resume,
            "reload": self._reload,
            "forget": self._forget,
            "import": self._import,
        }

    def handle(self, peer: Peer, control: Control) -> None:
        """Do it and answer."""
        verb = self._verbs.get(control.verb)
        if verb is None:
            peer.send(Reply(ok=False, error=f"The engine knows no '{control.verb}'."))
            return
        try:
            reply = Reply(ok=True, data=verb(control.args))
        except AssistantError as error:
            reply = Reply(ok=False, error=error.explain())
        except Exception as error:
            log.exception("control %s failed", control.verb)
            reply = Reply(ok=False, error=f"{type(error).__name__} (our bug); see the engine's log")
        peer.send(reply)

    def greet(self, collectors: Peer) -> None:
        """A fresh collectors process must know that we are paused."""
        if self._is_paused():
            collectors.send(Control(verb="pause", args={"reason": "paused by the owner"}))

    def tick(self) -> None:
        """End a pause whose time is over."""
        if self._paused_until and not self._is_paused():
            self._resume({})

    def _is_paused(self) -> bool:
        return self._paused_until > self._engine.parts.clock.now()

    def _tell_collectors(self, verb: str, **args: Any) -> None:
        if self._engine.collectors.peer is not None:
            self._engine.collectors.peer.send(Control(verb=verb, args=args))

    def _pause(self, args: dict[str, Any]) -> dict[str, Any]:
        minutes = args.get("minutes")
        self._set_paused(FOREVER if minutes is None else self._engine.parts.clock.now() + 60.0 * float(minutes))
        self._tell_collectors("pause", reason="paused by the owner")
        return {"until": self._paused_until if self._paused_until < FOREVER else None}

    def _resume(self, _args: dict[str, Any]) -> dict[str, Any]:
        self._set_paused(0.0)
        self._tell_collectors("resume")
        return {}

    def _set_paused(self, until: float) -> None:
        self._paused_until = until
        self._engine.core.presence.paused = self._is_paused()
        self._engine.parts.store.writer.submit(SetMeta("paused_until", repr(until) if until else ""))

    def _reload(self, _args: dict[str, Any]) -> dict[str, Any]:
        self._tell_collectors("reload")
        self._engine.restart()
        return {}

    def _forget(self, args: dict[str, Any]) -> dict[str, Any]:
        """Forget in memory first (open events, queues, the model's cache), then in the database."""
        engine, store = self._engine, self._engine.parts.store
        self._tell_collectors("clear")
        engine.thinker.cancel()
        engine.core.close()
        store.writer.flush(5.0)
        if args.get("all"):
            report = store.forget_all()
        elif args.get("app"):
            report = store.forget_app(str(args["app"]))
        elif args.get("event"):
            report = store.forget_event(int(args["event"]))
        else:
            report = store.forget_last(float(args["last_s"]))
        left = {event.id for event in store.reader.recent_events(10 * engine.parts.settings.decision.context_events)}
        engine.core.forget(left)
        engine.restart()  # the model's cache and every queue go with the process
        return {"deleted": report.model_dump(exclude_defaults=True)}

    def _import(self, args: dict[str, Any]) -> dict[str, Any]:
        report = self._engine.parts.store.import_(Path(str(args["path"])))
        return {"imported": report.model_dump(exclude_defaults=True)}

    def _status(self, _args: dict[str, Any]) -> dict[str, Any]:
        engine = self._engine
        writer = engine.parts.store.writer.health()
        clock = engine.parts.clock
        stats = engine.parts.store.reader.stats(clock.now(), clock.utc_offset_min())
        return {
            **engine.core.status(),
            "pid": os.getpid(),
            "paused_until": self._paused_until if 0 < self._paused_until < FOREVER else None,
            "senses": [health.model_dump(mode="json") for health in engine.collectors.health.values()],
            "collectors_connected": engine.collectors.peer is not None,
            "notifier": engine.ui.ready.model_dump(mode="json", exclude={"type"}),
            "model": engine.thinker.state,
            "gate": engine.parts.gate.name,
            "writer": {"queued": writer.queued, "dropped": writer.dropped, "last_error": writer.last_error},
            "stats": stats.model_dump(),
        }

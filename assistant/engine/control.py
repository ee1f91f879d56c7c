"""What command line and tray may ask of a running engine: pause, forget, import, annotate, missed, answer."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, SetupError
from assistant.events import Gap, IdleChanged, LockChanged, Observation, Outcome, PrivateChanged
from assistant.ipc import Peer
from assistant.label_import import import_file
from assistant.messages import Control, Reply
from assistant.settings import load_settings
from assistant.store.ops import SetMeta
from assistant.traces import Additions

if TYPE_CHECKING:
    from assistant.engine.service import Engine

log = logging.getLogger(__name__)

FOREVER = float("inf")
PAUSED = "paused by the owner"


class Controls:
    """Handles :class:`Control` messages in the core's thread; answers each with a :class:`Reply`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        stored = engine.parts.store.reader.meta("paused_until")
        self._paused_until = float(stored) if stored else 0.0
        self._paused_since = float(engine.parts.store.reader.meta("paused_since") or 0.0)
        self._forgotten_until = float(engine.parts.store.reader.meta("forgotten_until") or 0.0)
        engine.core.presence.paused = self._is_paused()
        self._verbs = {
            "status": self._status,
            "pause": self._pause,
            "resume": self._resume,
            "reload": self._reload,
            "forget": self._forget,
            "import": self._import,
            "annotate": self._annotate,
            "missed": self._missed,
            "answer": self._answer,
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
        """What was said while the collectors were away (consent, exclusions, pause) must reach them all the same."""
        collectors.send(Control(verb="reload"))
        paused = Control(verb="pause", args={"reason": PAUSED})
        collectors.send(paused if self._is_paused() else Control(verb="resume"))

    def permitted(self, observations: Sequence[Observation]) -> list[Observation]:
        """Without what was seen in a pause or before everything was forgotten, whoever still sends it."""
        return [seen for seen in observations if seen.at >= self._forgotten_until and not self._in_pause(seen)]

    def _in_pause(self, seen: Observation) -> bool:
        stateful = isinstance(seen, Gap | IdleChanged | LockChanged | PrivateChanged)
        return self._is_paused() and seen.at >= self._paused_since and not stateful

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
        self._tell_collectors("pause", reason=PAUSED)
        return {"until": self._paused_until if self._paused_until < FOREVER else None}

    def _resume(self, _args: dict[str, Any]) -> dict[str, Any]:
        self._set_paused(0.0)
        self._tell_collectors("resume")
        return {}

    def _set_paused(self, until: float) -> None:
        now = self._engine.parts.clock.now()
        self._paused_since = self._paused_since if until and self._is_paused() else now
        self._paused_until = until
        self._engine.core.presence.paused = self._is_paused()
        self._engine.parts.store.writer.submit(
            SetMeta("paused_until", repr(until) if until else ""), SetMeta("paused_since", repr(self._paused_since))
        )

    def _reload(self, _args: dict[str, Any]) -> dict[str, Any]:
        """Consent counts in any case; settings only if they are right, else everything stays as it is."""
        self._tell_collectors("reload")
        load_settings(self._engine.parts.paths.settings_file)
        self._engine.restart()
        return {}

    def _forget(self, args: dict[str, Any]) -> dict[str, Any]:
        """Forget in memory first (open events, queues, the model's cache), then in the database."""
        engine, store = self._engine, self._engine.parts.store
        self._tell_collectors("clear")
        engine.thinker.cancel()
        engine.core.close()
        if not args.get("app") and not args.get("event"):
            self._forgotten_until = engine.parts.clock.now()
            store.writer.submit(SetMeta("forgotten_until", repr(self._forgotten_until)))
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
        engine.learning.forget(everything=bool(args.get("all")))
        engine.restart()  # the model's cache and every queue go with the process
        return {"deleted": report.model_dump(exclude_defaults=True)}

    def _import(self, args: dict[str, Any]) -> dict[str, Any]:
        report = import_file(self._engine.parts.store, Path(str(args["path"])), str(args.get("annotator", "")))
        return {"imported": report.model_dump(exclude_defaults=True)}

    def _annotate(self, args: dict[str, Any]) -> dict[str, Any]:
        return self._engine.parts.store.annotate(Additions.model_validate(args))._asdict()

    def _missed(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"decision": self._engine.core.missed(str(args.get("source", "terminal")))}

    def _answer(self, args: dict[str, Any]) -> dict[str, Any]:
        """A verdict from the history or a review; stored before the reply."""
        outcome = Outcome.model_validate(args["outcome"])
        store = self._engine.parts.store
        store.writer.flush(5.0)  # it may have been shown this very moment
        if store.reader.suggestion(outcome.suggestion_id) is None:
            raise SetupError(
                f"There is no suggestion {outcome.suggestion_id}.", hint="`assistant suggestions` has ids."
            )
        self._engine.core.answer(outcome)
        store.writer.flush(5.0)
        return {}

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
            "learning": engine.learning.status(),
            "writer": {"queued": writer.queued, "dropped": writer.dropped, "last_error": writer.last_error},
            "stats": stats.model_dump(),
        }

"""The one composition root: only here is it known which class stands behind which port."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable

import filelock

from assistant.child import Lifeline, log_to
from assistant.clock import SystemClock, time_ids
from assistant.errors import AssistantError, EnvironmentFault, SetupError
from assistant.paths import Paths
from assistant.policy.consent import load_consent
from assistant.settings import Settings, load_settings
from assistant.supervisor import EX_SETUP

log = logging.getLogger(__name__)


def run_child(name: str, paths: Paths) -> int:
    """Body of ``assistant child NAME``; returns the exit code."""
    bodies: dict[str, Callable[[Paths, Settings, Lifeline], None]] = {
        "collectors": _collectors,
        "engine": _engine,
        "ui": _ui,
    }
    os.umask(0o077)
    paths.make()
    log_to(paths.logs / f"{name}.log")
    lifeline = Lifeline(threading.Event())
    lifeline.start()
    try:
        bodies[name](paths, load_settings(paths.settings_file), lifeline)
    except SetupError as error:
        print(f"{name}: {error.explain()}", file=sys.stderr)  # noqa: T201 - the user must see it
        return EX_SETUP
    except AssistantError as error:
        log.error("%s", error.explain())  # noqa: TRY400 - it is explained already, a traceback adds nothing
        return 1
    return 0


def _collectors(paths: Paths, settings: Settings, lifeline: Lifeline) -> None:
    from collectors.focus import make_probe
    from collectors.registry import make_collectors
    from collectors.service import CollectorsService

    clock = SystemClock()
    senses, idle_clock, missing = make_collectors(settings, os.environ, clock)
    for health in missing:
        log.warning("%s: %s", health.sense, health.reason)
    service = CollectorsService(
        paths,
        settings,
        load_consent(paths.consent_file),
        clock,
        senses,
        make_probe(os.environ),
        idle_clock,
        missing=missing,
    )
    lifeline.well = service.well
    service.run(lifeline.stop)


def _engine(paths: Paths, settings: Settings, lifeline: Lifeline) -> None:
    from assistant.annotation.labels import own_labels
    from assistant.engine.service import Engine, EngineParts
    from assistant.label_store import newest, read_labels
    from assistant.store import open_store
    from models.owner.live import Keeper
    from models.personal.owner import personal
    from models.proposer import make_proposer
    from models.registry import Registry
    from models.shipped import default_gate

    clock = SystemClock()
    # After a crash of the supervisor an older engine may still be saying goodbye: two must not share one database.
    lock = filelock.FileLock(paths.runtime / "engine.lock", mode=0o600)
    try:
        lock.acquire(timeout=10.0)
    except filelock.Timeout:
        raise EnvironmentFault("An older engine of this user is still running.", hint="It is tried again.") from None
    store = open_store(paths, clock, settings.storage)
    registry = Registry(paths.data, clock.now)
    serving = registry.active()
    decision = settings.decision
    gate = serving.gate if decision.gate == "trained" else default_gate(decision.gate)
    labels = newest(own_labels(store.reader, decision)) if decision.personal else []
    own = personal(gate, serving.judge, labels, decision)
    engine = Engine(
        EngineParts(
            paths=paths,
            settings=settings,
            clock=clock,
            ids=time_ids(clock),
            store=store,
            gate=own.gate,
            make_proposer=lambda: make_proposer(settings.model, paths, serving._replace(judge=own.judge)),
            keeper=Keeper(registry, serving, lambda: read_labels(store.reader)),
            learn=own.learn if decision.personal else None,
        )
    )
    lifeline.well = engine.well
    engine.run(lifeline.stop)


def _ui(paths: Paths, settings: Settings, lifeline: Lifeline) -> None:
    from ui.process import run_ui

    run_ui(paths, settings, lifeline.stop)

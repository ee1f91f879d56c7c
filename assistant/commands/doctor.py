"""doctor: what works on this system, what is missing, and how to get it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from assistant import client
from assistant.clock import SystemClock
from assistant.errors import AssistantError
from assistant.paths import Paths, default_paths
from assistant.policy.consent import load_consent
from assistant.settings import Settings, load_settings


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, whether it is well, what was found, how to mend it."""

    what: str
    well: bool
    found: str
    mend: str = ""


Check = Callable[[Paths, Settings], list[Finding]]


def _senses(_paths: Paths, settings: Settings) -> list[Finding]:
    from collectors.registry import make_collectors

    senses, idle_clock, missing = make_collectors(settings, os.environ, SystemClock())
    findings = [_try_sense(sense.name, sense.backend, sense) for sense in senses]
    findings += [Finding(health.sense, False, health.reason) for health in missing]
    if idle_clock is None:
        findings.append(Finding("idle clock", False, "the OS does not tell how long there was no input"))
    return findings


def _try_sense(name: str, backend: str, sense: object) -> Finding:
    try:
        sense.start(lambda _: None)  # type: ignore[attr-defined]  # a Collector; kept loose for the fakes of tests
    except AssistantError as error:
        return Finding(name, False, str(error), error.hint)
    sense.stop()  # type: ignore[attr-defined]  # the same
    return Finding(name, True, backend)


def _focus(_paths: Paths, _settings: Settings) -> list[Finding]:
    if sys.platform != "linux":
        return []
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return [
            Finding(
                "password fields",
                False,
                "no session bus, so no accessibility: every field counts as unknown",
                "start the desktop with a D-Bus session (dbus-run-session), install at-spi2-core",
            )
        ]
    has_registry = any(
        Path(path).exists() for path in ("/usr/libexec/at-spi2-registryd", "/usr/lib/at-spi2-core/at-spi2-registryd")
    )
    if not has_registry:
        return [Finding("password fields", False, "AT-SPI is not installed", "apt install at-spi2-core")]
    return [Finding("password fields", True, "AT-SPI")]


def _showing(_paths: Paths, _settings: Settings) -> list[Finding]:
    if (
        sys.platform == "linux"
        and importlib.util.find_spec("gi") is None
        and importlib.util.find_spec("PySide6") is None
    ):
        how = "apt install libgirepository1.0-dev libcairo2-dev pkg-config gir1.2-webkit2-4.1, then `make run` again"
        return [Finding("popup", False, "neither GTK (PyGObject) nor Qt for Python is here", how)]
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if sys.platform == "linux" and not has_display:
        return [Finding("popup", False, "no display (DISPLAY is not set)", "start it from a desktop session")]
    return [Finding("popup", True, "pywebview")]


def _model(paths: Paths, settings: Settings) -> list[Finding]:
    if settings.model.kind == "endpoint":
        return [Finding("model", True, f"endpoint {settings.model.endpoint}")]
    from models.base import find_base

    try:
        path, reason = find_base(settings.model, paths)
    except AssistantError as error:
        return [Finding("model", False, str(error), error.hint)]
    if importlib.util.find_spec("llama_cpp") is None:
        return [Finding("model", False, "llama-cpp-python is not installed", "run `make run`: it builds it")]
    return [Finding("model", True, f"{path.name} ({reason})")]


def _store(paths: Paths, _settings: Settings) -> list[Finding]:
    free_mb = shutil.disk_usage(paths.data if paths.data.exists() else paths.data.parent).free / 1e6
    findings = [Finding("disk", free_mb > 500, f"{free_mb:,.0f} MB free", "free some space")]  # noqa: PLR2004 - a year's events and a model
    if not paths.database.exists():
        return [*findings, Finding("database", True, f"none yet; it will be {paths.database}")]
    try:
        with sqlite3.connect(f"file:{paths.database}?mode=ro", uri=True) as db:
            ok = db.execute("PRAGMA quick_check").fetchone()[0]
        db.close()
    except sqlite3.Error as error:
        ok = str(error)
    size = paths.database.stat().st_size / 1e6
    findings.append(
        Finding("database", ok == "ok", f"{paths.database}, {size:.1f} MB, {ok}", "it is set aside at the next start")
    )
    loose = [path for path in (paths.data, *paths.data.glob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    findings.append(
        Finding(
            "file modes", not loose, "readable by you only" if not loose else f"others may read {loose}", "chmod go="
        )
    )
    return findings


def _consent(paths: Paths, _settings: Settings) -> list[Finding]:
    typed = load_consent(paths.consent_file).typed
    running = "running" if client.running(paths) else "not running"
    return [
        Finding("typed text", True, typed if typed != "off" else "off: keys are counted, not read (assistant consent)"),
        Finding("assistant", True, running),
        _network(paths),
    ]


def _network(paths: Paths) -> Finding:
    """The internet sockets of the running processes, as the system lists them."""
    import psutil

    pid = client.supervisor_pid(paths)
    if pid is None:
        return Finding("network", True, "nothing runs, so nothing is sent")
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        sockets = [socket for one in family for socket in one.net_connections(kind="inet")]
    except psutil.Error as error:
        return Finding("network", False, f"the processes could not be looked at: {error}")
    if sockets:
        return Finding("network", False, f"{len(sockets)} internet sockets are open: {sockets[0]}", "report this")
    return Finding("network", True, f"no internet socket in any of the {len(family)} running processes")


_CHECKS: tuple[Check, ...] = (_senses, _focus, _showing, _model, _store, _consent)


def examine(paths: Paths, settings: Settings) -> list[Finding]:
    """Run every check; one that fails itself is a finding too."""
    findings: list[Finding] = []
    for check in _CHECKS:
        try:
            findings += check(paths, settings)
        except AssistantError as error:
            findings.append(Finding(check.__name__.strip("_"), False, str(error), error.hint))
        except Exception as error:
            findings.append(Finding(check.__name__.strip("_"), False, f"{type(error).__name__}: {error} (our bug)"))
    return findings


@click.command()
def doctor() -> int:
    """Look at every part of this system: what works, what is missing, how to get it."""
    paths = default_paths()
    findings = examine(paths, load_settings(paths.settings_file))
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.well else click.style("no  ", fg="yellow")
        click.echo(f"{mark}{finding.what:<16} {finding.found}")
        if not finding.well and finding.mend:
            click.echo(f"    {'':<16} → {finding.mend}")
    return 0 if all(finding.well for finding in findings) else 1

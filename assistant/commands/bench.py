"""bench capture, bench latency: the figures of this machine, each printed by the code that measured it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from typing import Any

import click

from assistant.commands.bench_learning import learning
from assistant.commands.bench_proactive import proactive

Part = tuple[str, Callable[[], dict[str, Any]]]


@click.group()
def bench() -> None:
    """Measure this machine; nothing of yours is read."""


def _run(parts: list[Part], only: tuple[str, ...], *, as_json: bool) -> None:
    if unknown := set(only) - {name for name, _ in parts}:
        raise click.UsageError(
            f"There is no part {', '.join(sorted(unknown))}; there are {', '.join(n for n, _ in parts)}."
        )
    chosen = [part for part in parts if not only or part[0] in only]
    report: dict[str, Any] = {"machine": _machine()}
    if not as_json:
        click.echo(", ".join(f"{key} {value}" for key, value in report["machine"].items()))
    try:
        for name, measure in chosen:
            report[name] = measure()
            if not as_json:
                click.secho(f"\n{name}", bold=True)
                for what, value in report[name].items():
                    click.echo(f"  {what:<52} {value}")
    finally:  # a part that fails must not take the others' figures with it
        if as_json:
            click.echo(json.dumps(report, indent=2, default=str))


def _machine() -> dict[str, Any]:
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    return {"cores": os.cpu_count(), "load": load, "python": platform.python_version(), "system": platform.system()}


@bench.command()
@click.option("--quick", is_flag=True, help="Shorter runs: rougher figures in about four minutes.")
@click.option("--only", multiple=True, help="One part (repeatable): keys windows kill xserver idle typing stop store.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def capture(*, quick: bool, only: tuple[str, ...], as_json: bool) -> None:
    """Capturing on a virtual desktop (Xvfb) with real applications: losses, delays, recovery, cost."""
    from assistant.bench import capture as figures
    from assistant.bench.storing import store

    parts: list[Part] = [
        ("keys", figures.keys),
        ("windows", lambda: figures.window_changes(6 if quick else 20)),
        ("kill", figures.kill_children),
        ("xserver", figures.x_restart),
        ("idle", lambda: figures.idle(45.0 if quick else 300.0)),
        ("typing", lambda: figures.typing_cost(20.0 if quick else 60.0)),
        ("stop", figures.stopping),
        ("store", lambda: store(5.0 if quick else 60.0)),
    ]
    _run(parts, only, as_json=as_json)


@bench.command()
@click.option("--only", multiple=True, help="One part (repeatable): model outputs popup.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def latency(*, only: tuple[str, ...], as_json: bool) -> None:
    """Deciding and showing: incremental against full prefill, gate, suggestion, popup; outputs that parse."""
    from assistant.bench import latency as figures

    parts: list[Part] = [
        ("model", figures.model),
        ("outputs", figures.outputs),
        ("popup", figures.popup),
    ]
    _run(parts, only, as_json=as_json)


@bench.command()
@click.option("--labels", "count", default=1_000, show_default=True, type=click.IntRange(40, 4_000), help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def training(*, count: int, as_json: bool) -> None:
    """How long your gate and judge take to train, with invented labels."""
    from assistant.bench.training import gate_and_judge

    _run([("training", lambda: gate_and_judge(count))], (), as_json=as_json)


bench.add_command(proactive)
bench.add_command(learning)
COMMANDS = (bench,)

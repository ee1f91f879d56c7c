"""bench proactive: when to speak and what to offer, against human votes (tables T1 to T5 and T7 of issue 3)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

# Where training puts what is shipped.
ARTEFACT = Path(__file__).resolve().parents[2] / "models" / "artefact" / "gate.npz"


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="ProactiveBench's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quick", is_flag=True, help="Rougher intervals, fewer hours of noise, no language model.")
@click.option(
    "--mode",
    type=click.Choice(["loto", "shipped"]),
    default="loto",
    help="loto: fit without each scored trace in turn. shipped: score the trained file as it is.",
)
@click.option("--artefact", type=click.Path(path_type=Path), default=ARTEFACT, help="The trained file for `shipped`.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write JSON, a page and plots into this folder.")
def proactive(*, data: Path, as_json: bool, quick: bool, mode: str, artefact: Path, out: Path | None) -> None:
    """Timing, offers, judge, choice, restraint and cost, with all baselines, on any set of traces."""
    from models.bench import report as pages
    from models.bench.data import load
    from models.bench.run import Plan, run, steps

    bench = load(data)
    plan = Plan(quick, artefact if mode == "shipped" else None, None if quick else _suggestion)
    with click.progressbar(range(steps(bench)), label="measuring", file=sys.stderr) as bar:

        def progress(label: str) -> None:
            bar.label = label
            bar.update(1)

        found = run(bench, plan, progress)
    written = pages.write(found, out) if out else []
    if as_json:
        click.echo(json.dumps(found, indent=1, allow_nan=False))
        return
    for name, value in found["about"].items():
        click.echo(f"{name}: {value}")
    for key, title in pages.TITLES.items():
        if found.get(key):
            click.secho(f"\n{title}", bold=True)
            click.echo(pages.as_text(key, found[key]))
    for file in written:
        click.echo(f"wrote {file}")


def _suggestion() -> dict[str, Any]:
    """The language model's part of T7, with this machine's settings."""
    from assistant.bench import latency as figures

    return figures.model()

"""bench proactive: when to speak and what to offer, against human votes (tables T1 to T5 and T7 of issue 3)."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from models.bench.speaking import Speaker, Speakers

# Traces are longer than what the default leaves room for.
CONTEXT_TOKENS = 4_096

# Where training puts what is shipped.
ARTEFACT = Path(__file__).resolve().parents[2] / "models" / "artefact" / "gate.npz"


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="ProactiveBench's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quick", is_flag=True, help="Rougher intervals, fewer hours of noise, no timing of suggestions.")
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
    plan = Plan(quick, artefact if mode == "shipped" else None, None if quick else _suggestion, _speakers())
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


def _speakers() -> Speakers | None:
    """The trained model and the untuned base; None where this copy has no trained one."""
    from assistant.paths import default_paths
    from assistant.settings import ModelOptions
    from models import decode
    from models import proposer as proposer_module
    from models.bench.speaking import Speaker, Speakers
    from models.proposer import TRAINED_TEMPERATURE, GgufProposer, Training, load_runtime
    from models.shipped import shipped_adapter

    adapter = shipped_adapter()
    if adapter is None:
        return None
    paths = default_paths().make()

    def speaker(name: str, options: ModelOptions, training: Training | None, version: str) -> Speaker:
        @cache
        def proposer() -> GgufProposer:
            return GgufProposer(load_runtime(options, paths)[0], options, name=name, training=training)

        file = paths.cache / f"bench-{name}.json"
        return Speaker(name, lambda context, count: proposer().drafts(context, count), version, file)

    # Nothing else runs beside a benchmark.
    options = ModelOptions(context_tokens=CONTEXT_TOKENS, threads=min(2, os.cpu_count() or 1))
    untuned = options.model_copy(update={"adapter": "none"})
    writing = [Path(source.__file__ or "") for source in (decode, proposer_module)]
    made_by = b"".join(file.read_bytes() for file in (adapter, *writing))
    version = f"{hashlib.sha256(made_by).hexdigest()} {TRAINED_TEMPERATURE}"
    return Speakers(speaker("ours", options, Training(), version), speaker("base", untuned, None, f"untuned {version}"))


def _suggestion() -> dict[str, Any]:
    """The language model's part of T7, with this machine's settings."""
    from assistant.bench import latency as figures

    return figures.model()

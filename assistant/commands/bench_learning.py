"""bench learning: does it learn from its owner? (table T6 of issue 4)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Literal

import click

from assistant.errors import SetupError


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), help="A folder of scenes in our corpus' format; else the package's own."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quick", is_flag=True, help="Six users, one seed: a look, not a result.")
@click.option("--seeds", type=click.IntRange(1, 50), help="Lives of each user; 5 without --quick.")
@click.option(
    "--split",
    type=click.Choice(["dev", "test"]),
    default="test",
    help="dev: the third of the scenes that constants were chosen on. test: the others.",
)
@click.option("--judge", "with_judge", is_flag=True, help="An offer also needs the judge's yes.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write JSON, a page and plots into this folder.")
def learning(
    *,
    data: Path | None,
    as_json: bool,
    quick: bool,
    seeds: int | None,
    split: Literal["dev", "test"],
    with_judge: bool,
    out: Path | None,
) -> None:
    """Simulated users with stated tastes: F1 and false offers after 0 to 200 labels against the shipped model."""
    from models import shipped
    from models.bench import learning_report as pages
    from models.bench.learned import Plan, quick_plan, steps, t6
    from models.bench.learning import Options
    from models.corpus import load_corpus, read_scenes

    gate, judge = shipped.default_gate(), shipped.judge()
    if judge is None:
        raise SetupError("This copy has no trained judge.", hint="Train one: assistant train base.")
    scenes, where = load_corpus(), "models/corpus"
    if data is not None:
        files = list(data.glob("*.json"))
        if files:
            scenes, where = read_scenes(files), str(data)
        else:
            # ProactiveBench's traces taught the shipped gate: no place to show that it learns.
            click.echo(f"{data} has no scenes; the package's own are used.", err=True)
    plan = quick_plan(split) if quick else Plan(split)
    plan = plan._replace(seeds=seeds or plan.seeds, options=Options(with_judge=with_judge))
    with click.progressbar(range(steps(plan)), label="living", file=sys.stderr) as bar:

        def progress(label: str) -> None:
            bar.label = label
            bar.update(1)

        found = t6(scenes, gate, judge, plan, progress)
    found["about"] |= {"scenes_from": where, "quick": quick, "gate": gate.name}
    written = pages.write(found, out) if out else []
    if as_json:
        click.echo(json.dumps({"T6": found}, indent=1, allow_nan=False))
        return
    click.echo(pages.as_text(found))
    for file in written:
        click.echo(f"wrote {file}")

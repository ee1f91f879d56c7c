"""annotate: candidate tasks are judged by people, on a page with keys only; and what came of it."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.child import log_to
from assistant.clock import SystemClock
from assistant.errors import SetupError
from assistant.paths import default_paths
from assistant.settings import load_settings

if TYPE_CHECKING:
    from assistant.annotation.report import Summary

_DAY_S = 86_400.0
_NAME_CHARS = 80


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--as", "annotator", default="owner", show_default=True, help="Who annotates.")
@click.option("--trace", "traces", multiple=True, metavar="NAME", help="A trace imported earlier, or 'all'.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only this day of your own record.")
@click.option("--draft", type=click.IntRange(0, 5), default=0, help="Let the model write so many further tasks.")
@click.option("--skipped", is_flag=True, help="Ask again what was skipped.")
@click.option("--report", is_flag=True, help="Print counts, classes and agreement instead.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def annotate(  # noqa: PLR0913 - one parameter for each option
    *,
    files: tuple[Path, ...],
    annotator: str,
    traces: tuple[str, ...],
    day: datetime | None,
    draft: int,
    skipped: bool,
    report: bool,
    as_json: bool,
) -> None:
    """Judge suggestions: your own record's, or those of trace FILES (ProactiveBench's JSON, or reward JSON Lines).

    At each point you see what happened and up to five tasks, and choose those that help, or none. Keys only;
    every answer is stored at once, and it goes on where you stopped.
    """
    from assistant.annotating import Wish
    from assistant.annotating import annotate as open_screen

    if report or as_json:
        _print_report(as_json=as_json)
        return
    name = annotator.strip()
    if not 1 <= len(name) <= _NAME_CHARS:
        raise SetupError(f"An annotator's name has 1 to {_NAME_CHARS} characters.", hint="Give it with --as NAME.")
    if day is not None and (files or traces):
        raise click.UsageError("--day is about your own record; leave out FILES and --trace.")
    paths = default_paths().make()
    log_to(paths.logs / "annotate.log")
    start = time.mktime(day.timetuple()) if day else 0.0
    wish = Wish(name, files, traces, (start, start + _DAY_S if day else float("inf")), draft, skipped)
    click.echo(open_screen(paths, load_settings(paths.settings_file), SystemClock(), wish))


def _print_report(*, as_json: bool) -> None:
    from assistant.annotating import annotation_report
    from assistant.store import open_reader

    paths = default_paths()
    if not paths.database.exists():
        raise SetupError(f"There is no database at {paths.database} yet.", hint="Start with `assistant annotate FILE`.")
    with open_reader(paths.database) as reader:
        found = annotation_report(reader)
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json"), indent=2))
        return
    if not found.traces:
        click.echo("Nothing has been annotated yet.")
        return
    for summary in (*found.traces, found.overall):
        click.echo("\n".join(_lines(summary)))


def _lines(summary: Summary) -> list[str]:
    classes = "  ".join(f"{name} {count}" for name, count in summary.classes.items())
    lines = [f"{summary.trace}: {summary.points} points, {summary.items} judgements  {classes}"]
    for who, counts in summary.annotators.items():
        lines.append(
            f"  {who:<12} {counts.points} points, {counts.accepted} tasks accepted, {counts.none} times none, "
            f"{counts.skipped} skipped"
        )
    lines += [
        f"  {pair.first} and {pair.second} agree on {pair.agreed} of {pair.items} ({pair.percent:.1f} %)"
        for pair in summary.pairs
    ]
    agreed = "only one annotator" if summary.agreement_percent is None else f"{summary.agreement_percent:.1f} %"
    alpha = "not defined" if summary.alpha is None else f"{summary.alpha:.3f}"
    return [*lines, f"  pairwise agreement {agreed}, Krippendorff's alpha {alpha}"]


COMMANDS = (annotate,)

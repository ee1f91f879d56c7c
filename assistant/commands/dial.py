"""dial: the wished share of wrong offers beside the one that was reached."""

from __future__ import annotations

import json
from typing import Any

import click

from assistant.errors import SetupError
from assistant.paths import default_paths
from assistant.settings import load_settings


@click.command()
@click.option("-n", "count", default=100, show_default=True, type=click.IntRange(min=1), help="Last answered offers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def dial(*, count: int, as_json: bool) -> None:
    """How many offers may be wrong (decision.wrong_one_in), how many were, and where it speaks because of that."""
    report = _report(count)
    click.echo(json.dumps(report, indent=2) if as_json else "\n".join(_lines(report)))


def _report(count: int) -> dict[str, Any]:
    from assistant.label_store import newest, read_labels
    from assistant.store import open_reader
    from models import shipped
    from models.personal.dial import Dial, achieved, answered
    from models.personal.owner import OWNER, personal

    paths = default_paths()
    if not paths.database.exists():
        raise SetupError(f"There is no database at {paths.database} yet.", hint="Start with `assistant run`.")
    options = load_settings(paths.settings_file).decision
    with open_reader(paths.database) as reader:
        labels = [label for label in newest(read_labels(reader, options)) if label.annotator == OWNER]
    base = shipped.default_gate(options.gate)
    gate = personal(base, None, labels, options).gate
    reached = achieved(answered(labels)[-count:], options.wrong_one_in)
    found = {"one_in": options.wrong_one_in, "personal": options.personal, **reached._asdict()}
    threshold = getattr(base, "threshold", None)
    if threshold is not None:
        found["threshold"] = {
            "shipped": threshold,
            "by_the_dial_alone": Dial(options.wrong_one_in).threshold(threshold),
            "with_your_answers": gate.dial.threshold(threshold),
        }
    return found


def _lines(report: dict[str, Any]) -> list[str]:
    wished, n = report["wished"], report["n"]
    lines = [f"Wished: at most 1 offer in {report['one_in']:g} wrong ({wished:.0%}); set with decision.wrong_one_in."]
    if n:
        low, high = report["low"], report["high"]
        verdict = "kept" if high <= wished else "missed" if low > wished else "not decided by so few answers"
        lines.append(
            f"Reached: {round(report['wrong'] * n)} of the last {n} answered offers were wrong: {report['wrong']:.0%} "
            f"(95 %: {low:.0%} to {high:.0%}), {verdict}."
        )
    else:
        lines.append("Reached: no offer was answered yet.")
    if threshold := report.get("threshold"):
        lines.append(
            f"It speaks from P(help) {threshold['with_your_answers']:.2f} on "
            f"(shipped {threshold['shipped']:.2f}, by the dial alone {threshold['by_the_dial_alone']:.2f})."
        )
    if not report["personal"]:
        lines.append("Your answers change nothing: decision.personal is off.")
    return lines


COMMANDS = (dial,)

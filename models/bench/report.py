"""The report as text, as Markdown with plots, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assistant.errors import SetupError
from models.bench.linear import HINT, MISSING

Plot = Callable[[Any, Mapping[str, Any]], None]
"""Draws a report on matplotlib's axes."""

TITLES = {
    "T1": "T1 timing: speak or silent against `help_needed` (every annotator accepted some task)",
    "T1_two": "T1 timing against “at least two annotators wanted something”",
    "T2": "T2 official formulas, our judge as the reward model",
    "T3": "T3 judge, unseen traces",
    "T3_leaky": "T3 on the official split, LEAKY: every test context is in its training file",
    "T4": "T4 choice: accepted share among voted candidates, by coverage in %",
    "T5": "T5 restraint: suggestions per hour of noise",
    "T7": "T7 cost",
    "proposer": "The proposer's drafts at the scored events: share that names what happened",
}
COLUMNS = {
    "T1": ("n", "spoke", "precision", "recall", "f1", "fpr", "auc"),
    "T1_two": ("n", "spoke", "precision", "recall", "f1", "fpr", "auc"),
    "T2": ("n", "spoke", "recall", "precision", "accuracy", "false_alarm", "f1", "f1_expected", "f1_votes",
           "false_alarm_votes", "official_f1", "official_false_alarm"),
    "T3": ("n", "auc", "accuracy", "f1", "ece", "agreed_auc", "agreed_accuracy", "mn", "cr", "cd", "fa"),
    "T3_leaky": ("n", "auc", "accuracy", "f1", "ece", "agreed_auc", "agreed_accuracy"),
    "T4": ("n", "accepted_100", "accepted_50", "accepted_30"),
    "T5": ("n", "per_hour", "silent_hours", "browsing_per_hour", "clicking_per_hour", "switching_per_hour",
           "video_per_hour"),
    "T7": ("n", "p50_ms", "p95_ms", "resident_mb", "suggestion_ms_median", "suggestion_ms_max", "incremental_ms",
           "full_prefill_ms", "prefill_tokens_per_s", "decode_tokens_per_s", "threads", "peak_rss_mb", "note"),
}  # fmt: skip
# Intervals are shown for these; the JSON has all.
WITH_INTERVAL = {"f1", "fpr", "auc", "false_alarm", "ece", "accepted_50", "per_hour"}
NOTES = {
    "T1": "Intervals: 95 %, whole traces drawn with replacement. Peers give no probability, so no AUC.",
    "T2": "Silence is judged by the human votes, offers by the judge (trained without the trace). The judge accepts as "
    "large a share as the majority of annotators did, one task in three, while the published reward model accepts "
    "about half: compare rows, not with published figures. Ours offers its own drafts: “ours” wherever the judge "
    "that picks accepts one (this table asks whether an offer is liked, not whether help was wanted; no threshold "
    "is fitted to it), “ours, gated” only where the gate of T1 speaks, as shipped. Drafts are made to use the words "
    "of the moment, and our judge likes just that: the votes of T1 are the better referee. Baselines without a "
    "proposer choose among the voted tasks; `f1_votes` is their figure by the humans' own verdicts.",
    "T3": "`mn` … `fa`: accuracy per class; on `mn` and `cr` (silence) the gate of the same name answers.",
    "T7": "Rows: the gate per event (no gate needs the language model). `suggestion`: the language model, one "
    "thread; its `peak_rss_mb` is this whole process, with scikit-learn in it.",
    "proposer": "`grounded`: half of the words that name something were seen (models.grounding). `fit`: serving would "
    "let it pass (a verb first, no statement, grounded).",
    "T4": "`best_possible`: some voted task of the context was accepted.",
}


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, float):
        edges = row.get(f"{name}_ci")
        tail = f" [{edges[0]:.2f}, {edges[1]:.2f}]" if name in WITH_INTERVAL and edges else ""
        return f"{value:.3f}{tail}"
    return str(value)


def _columns(key: str, table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    if key in COLUMNS:
        return [name for name in COLUMNS[key] if any(row.get(name) is not None for row in table.values())]
    return list(dict.fromkeys(name for row in table.values() for name in row))


def as_text(key: str, table: Mapping[str, Mapping[str, Any]]) -> str:
    """One table in aligned columns."""
    names = _columns(key, table)
    grid = [["", *names], *([model, *(_cell(row, name) for name in names)] for model, row in table.items())]
    widths = [max(len(line[at]) for line in grid) for at in range(len(names) + 1)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in grid)


def _markdown(key: str, table: Mapping[str, Mapping[str, Any]]) -> str:
    names = _columns(key, table)
    lines = [f"| {key} | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {model} | {' | '.join(_cell(row, name) for name in names)} |" for model, row in table.items()]
    note = f"\n{NOTES[key]}\n" if key in NOTES else ""
    return f"## {TITLES[key]}\n\n" + "\n".join(lines) + "\n" + note


def write(report: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``proactive.json``, ``proactive.md`` and the plots.

    :raises SetupError: matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plots = _draw(report, folder)
    data, page = folder / "proactive.json", folder / "proactive.md"
    data.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    parts = ["# How well it knows when to speak\n", "Made by `assistant bench proactive`; figures: `proactive.json`.\n"]
    parts += [_markdown(key, report[key]) for key in TITLES if report.get(key)]
    parts += [f"![{plot.stem}]({plot.name})\n" for plot in plots]
    about = "\n".join(f"- {name}: {value}" for name, value in report["about"].items())
    page.write_text("\n".join([*parts, "## Environment\n", about, ""]), encoding="utf-8")
    return [data, page, *plots]


def draw_plots(report: Mapping[str, Any], plots: Mapping[Path, Plot]) -> list[Path]:
    """Draw each plot of ``report`` into its PNG file; the files.

    :raises SetupError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SetupError(MISSING, hint=HINT) from error
    for file, draw in plots.items():
        figure = Figure(figsize=(6.5, 4.5), layout="constrained")
        draw(figure.subplots(), report)
        figure.savefig(file, dpi=110)
    return list(plots)


def _draw(report: Mapping[str, Any], folder: Path) -> list[Path]:
    plots = {"gate": _gate, "judge": _judge, "choice": _choice}
    return draw_plots(report, {folder / f"proactive-{name}.png": draw for name, draw in plots.items()})


def _gate(axes: Any, report: Mapping[str, Any]) -> None:
    for name, points in report["plots"]["gate"].items():
        axes.plot(*zip(*points, strict=True), label=name, linewidth=2.2 if name == "ours" else 1.2)
    for name in report["about"]["peers"]:
        row = report["T1"].get(name)
        if row:
            axes.plot(row["recall"], row["precision"], "o", color="grey", markersize=4)
    axes.plot([], [], "o", color="grey", label="published models")
    mine = report["T1"]["ours"]
    axes.plot(mine["recall"], mine["precision"], "*", color="black", markersize=11, label="ours, its threshold")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02), title="When to speak (human votes)")
    axes.legend()


def _judge(axes: Any, report: Mapping[str, Any]) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for p, share, count in report["plots"]["judge"]:
        axes.plot(p, share, "o", color="tab:blue", markersize=3 + count**0.5 / 2)
    axes.set(xlabel="P(accepted) by the judge", ylabel="share accepted", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("Reliability of the judge (size: how many tasks)")


def _choice(axes: Any, report: Mapping[str, Any]) -> None:
    for name, points in report["plots"]["choice"].items():
        axes.plot(*zip(*points, strict=True), label=name)
    axes.axhline(report["T4"]["always"]["accepted_100"], color="grey", linewidth=1, label="a random candidate")
    axes.set(xlabel="coverage, %", ylabel="accepted share", ylim=(0, 1), title="Choosing among the voted tasks")
    axes.legend()

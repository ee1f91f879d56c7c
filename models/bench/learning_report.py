"""T6 as text, as a page with plots, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bench.report import draw_plots

HEADLINE = {
    "f1_gain_50": "F1 after 50 labels, mean over users with a taste, points (targets +8, +15)",
    "false_offer_change_50": "false offers after 50 labels, mean over users with a taste, % (targets -25, -40)",
    "worst": "worst user at any point, F1 points (targets -3, -2)",
    "worst_user": "which",
    "recovery_labels": "labels until a changed taste is recovered, slowest user (targets 60, 30; None = over 100)",
    "recovery_held": "the same, and never further away at a later point",
    "random_drift": "largest drift of those who answer at random, F1 points (targets 3, 1)",
    "update_ms_p50": "one update, ms, median (targets 400, 50)",
    "update_ms_p95": "one update, ms, 95th percentile",
}
HOW = """Users are simulated, each with a taste stated in words. A user wants help where our corpus marks help as right
and the taste agrees, and answers with the stated noise. The shipped gate learned from ProactiveBench's votes alone, so
all scenes are new to it. Each user lives through learning scenes (up to six times over, at other hours, where they
are used up) and is scored on other scenes. At moments where silence is right the offer is the nearest other moment's
task of the same scene: plausible, unwanted. A label exists only where a suggestion was shown: the gate over its
threshold (with --judge also the judge over its own), at most one a minute, 5 % near the threshold at random; some users
also press "you should have helped".
Gain and change are against the shipped model on the same scored moments. Intervals: 95 %, whole users drawn for the
mean, seeds for one user. "No special taste" is the check of what is learned of the corpus itself, not of a taste.
Those who change their taste, after 100 labels, have a table of their own, with newcomers who had the later taste from
the beginning; recovered is within 3 points of theirs after as many labels. The mean is over the others with a taste."""


def as_text(report: Mapping[str, Any]) -> str:
    """For the terminal."""
    lines = [f"{report[key]!s:<10} {words}" for key, words in HEADLINE.items()]
    points = [point for point in _points(report) if point != "0"]
    for key, title in (("f1_gain", "F1 gain, points"), ("false_offer_change", "false offers, %")):
        lines += ["", f"{title:<36}" + "".join(f"{point:>9}" for point in points) + "   labels"]
        for name, row in report["users"].items():
            lines.append(
                f"{name:<36}" + "".join(f"{row[key][point]:>9.1f}" for point in points) + f"{row['labels']:>9.0f}"
            )
        mean = report["mean"].get(key)
        if mean:
            edges = report["mean"][f"{key}_ci"]
            lines.append(f"{'mean, users with a taste':<36}" + "".join(f"{mean[point]:>9.1f}" for point in points))
            lines.append(f"{'':<36}" + "".join(f"{f'{edges[p][0]:.0f}…{edges[p][1]:.0f}':>9}" for p in points))
    return "\n".join([*lines, "", *_change_lines(report)])


def _change_lines(report: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, row in report["changes"].items():
        mine, new = row["f1_after_change"], row["f1_newcomer"]
        words = f"recovered after {row['recovered']} labels, to stay after {row['held']}"
        lines.append(f"{name}: {words}; F1 after so many labels since the change")
        lines.append("  " + ", ".join(f"{point}: {mine[point]:.1f} (newcomer {new[point]:.1f})" for point in mine))
    return lines


def _points(report: Mapping[str, Any]) -> list[str]:
    return [str(point) for point in report["about"]["points"]]


def write(report: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``learning.json``, ``learning.md`` and the plots.

    :raises SetupError: matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plots = _draw(report, folder)
    data, page = folder / "learning.json", folder / "learning.md"
    data.write_text(json.dumps({"T6": report}, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    parts = [
        "# Does it learn from its owner? (T6)\n",
        "Made by `assistant bench learning`; figures: `learning.json`.\n",
        HOW,
    ]
    parts += ["", "| | |\n|---|---|"] + [f"| {words} | {report[key]} |" for key, words in HEADLINE.items()]
    parts += [_table(report, "f1_gain", "F1 gain, points"), _table(report, "false_offer_change", "False offers, %")]
    parts += ["\n## After a change of taste\n", *(f"- {line.strip()}" for line in _change_lines(report)), ""]
    parts += [f"![{plot.stem}]({plot.name})\n" for plot in plots]
    parts += ["## Environment\n", *(f"- {name}: {value}" for name, value in report["about"].items()), ""]
    page.write_text("\n".join(parts), encoding="utf-8")
    return [data, page, *plots]


def _table(report: Mapping[str, Any], key: str, title: str) -> str:
    points = [point for point in _points(report) if point != "0"]
    head = f"\n## {title}, after so many labels\n\n| user | taste | {' | '.join(points)} | labels |"
    rows = [head, "|---" * (len(points) + 3) + "|"]
    for name, row in report["users"].items():
        cells = [f"{row[key][point]:+.1f}{_edges(row.get(f'{key}_ci', {}), point)}" for point in points]
        rows.append(f"| {name} | {row['taste']} | {' | '.join(cells)} | {row['labels']:.0f} |")
    mean = report["mean"].get(key, {})
    cells = [f"{mean[point]:+.1f}{_edges(report['mean'][f'{key}_ci'], point)}" for point in points if mean]
    return "\n".join([*rows, f"| **mean** | users with a taste | {' | '.join(cells)} | |"])


def _edges(found: Mapping[str, Any], point: str) -> str:
    return f" [{found[point][0]:.1f}, {found[point][1]:.1f}]" if found.get(point) else ""


def _draw(report: Mapping[str, Any], folder: Path) -> list[Path]:
    plots = {"f1": _f1, "false-offers": _false, "change": _change}
    return draw_plots(report, {folder / f"learning-{name}.png": draw for name, draw in plots.items()})


def _curves(axes: Any, report: Mapping[str, Any], key: str, label: str) -> None:
    points = _points(report)
    x = [int(point) for point in points]
    for row in report["users"].values():
        colour = "tab:red" if row["random"] else "grey" if row["has_taste"] else "tab:orange"
        axes.plot(x, [row[key][point] for point in points], color=colour, linewidth=0.8, alpha=0.6)
    mean = report["mean"].get(key)
    if mean:
        edges = report["mean"][f"{key}_ci"]
        axes.fill_between(x, [edges[p][0] for p in points], [edges[p][1] for p in points], alpha=0.25)
        axes.plot(
            x, [mean[point] for point in points], color="tab:blue", linewidth=2.4, label="mean, users with a taste"
        )
    axes.plot([], [], color="tab:red", label="answer at random")
    axes.plot([], [], color="tab:orange", label="no special taste, never answers")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(xlabel="labels", ylabel=label)
    axes.legend(fontsize="small")


def _f1(axes: Any, report: Mapping[str, Any]) -> None:
    _curves(axes, report, "f1_gain", "F1 against the shipped model, points")


def _false(axes: Any, report: Mapping[str, Any]) -> None:
    _curves(axes, report, "false_offer_change", "false offers against the shipped model, %")
    axes.set_ylim(-105, 110)


def _change(axes: Any, report: Mapping[str, Any]) -> None:
    for number, (name, row) in enumerate(report["changes"].items()):
        x = [int(point) for point in row["f1_after_change"]]
        axes.plot(x, list(row["f1_after_change"].values()), color=f"C{number}", label=name)
        axes.plot(x, list(row["f1_newcomer"].values()), color=f"C{number}", linestyle=":")
    axes.set(xlabel="labels since the change (dotted: had that taste from the beginning)", ylabel="F1, points")
    if report["changes"]:
        axes.legend(fontsize="small")

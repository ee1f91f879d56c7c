"""The page of one training: what was decided and why, with plots where matplotlib is installed.

It quotes sentences and tasks, so it is removed when anything is forgotten (:meth:`models.registry.Registry.forget`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.narrator.clean import quoted
from models.owner.parts import Fitted
from models.owner.proof import Figures, Verdict, calibration
from models.owner.records import Manifest

PAGE = "report.md"
CHANGED = 8
QUOTE = 160
NO_PLOTS = "No pictures: matplotlib is not installed (extra `bench`)."


def write(folder: Path, about: Manifest, fitted: Mapping[str, Fitted], rule: str) -> Path:
    """Write ``report.md`` and its plots into ``folder``."""
    plots = _plots(folder, fitted)
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(about.made_at))
    decided = "**Promoted**: it serves now" if about.promoted else "**Kept aside**: the model before it goes on serving"
    lines = [
        f"# Your model, version {about.version}",
        f"Made {made} from version {about.parent}, by `assistant train`. {decided}.",
        f"Why: {about.reason}.",
        f"The rule: {rule} Each part is decided by itself.",
        "## Labels",
        _table(("outcome", "labels"), [(kind, str(count)) for kind, count in about.labels.items()]),
        f"Learned from {about.taught}; the newest {about.held} decided and were never learned from.",
        *(_section(one) for one in fitted.values()),
        *(f"![{plot.stem}]({plot.name})" for plot in plots),
        *([] if plots or not fitted else [NO_PLOTS]),
    ]
    page = folder / PAGE
    page.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return page


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _section(one: Fitted) -> str:
    verdict = one.verdict
    head = ("", "labels", "log-loss", "Brier", "F1", "wrong among its yeses")
    rows = [_row("before", verdict.current), _row("new", verdict.candidate)]
    parts = [
        f"## The {one.name}",
        f"{verdict.reason[0].upper()}{verdict.reason[1:]}.",
        _table(head, rows),
        _intervals(verdict),
        "Log-loss on the newest labels after learning from so many: "
        + ", ".join(f"{count}: {loss:.3f}" for count, loss in one.curve),
        _changed(one),
    ]
    return "\n\n".join(parts)


def _intervals(verdict: Verdict) -> str:
    edges = (verdict.log_loss_interval, verdict.brier_interval, verdict.f1_interval)
    said = [f"{name} {a:+.3f} to {b:+.3f}" for name, (a, b) in zip(("log-loss", "Brier", "F1"), edges, strict=True)]
    return f"Intervals of the differences (80 %): {', '.join(said)}."


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    numbers = (figures.log_loss, figures.brier, figures.f1, figures.false_offers)
    return (name, str(figures.n), *(f"{number:.3f}" for number in numbers))


def _changed(one: Fitted) -> str:
    """The held-out moments that are answered otherwise now, the greatest changes first."""
    rows = zip(one.labels, one.current, one.candidate, strict=True)
    moved = sorted(rows, key=lambda row: (row[1].yes == row[2].yes, -abs(row[2].p - row[1].p)))[:CHANGED]
    lines = [
        (
            _cell(label.context.events[-1].sentence),
            _cell(label.task),
            label.kind.value,
            f"{before.p:.2f} {_word(before.yes)}",
            f"{after.p:.2f} {_word(after.yes)}",
        )
        for label, before, after in moved
    ]
    return _table(("last event", "task", "you", "before", "new"), lines)


def _word(yes: bool) -> str:
    return "yes" if yes else "no"


def _cell(text: str) -> str:
    """Captured text as one harmless cell."""
    plain = quoted(text, QUOTE) if text else ""
    return plain.translate({ord(mark): f"\\{mark}" for mark in "|`<>[]*"})


def _plots(folder: Path, fitted: Mapping[str, Fitted]) -> list[Path]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    drawn = []
    for one in fitted.values():
        figure = Figure(figsize=(9.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        _curve(left, one)
        _calibration(right, one)
        file = folder / f"report-{one.name}.png"
        figure.savefig(file, dpi=100)
        drawn.append(file)
    return drawn


def _curve(axes: Any, one: Fitted) -> None:
    axes.plot(*zip(*one.curve, strict=True), marker="o", label="shipped + your labels")
    axes.axhline(one.verdict.current.log_loss, color="grey", linewidth=1, label="what serves")
    axes.set(xlabel="labels learned from", ylabel="log-loss on the newest", title=f"The {one.name} learns")
    axes.legend()


def _calibration(axes: Any, one: Fitted) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for name, answers in (("before", one.current), ("new", one.candidate)):
        p, share, _ = zip(*calibration(answers), strict=True)
        axes.plot(p, share, marker="o", label=name)
    axes.set(xlabel="probability said", ylabel="share of yes", xlim=(0, 1), ylim=(0, 1), title="Calibration")
    axes.legend()

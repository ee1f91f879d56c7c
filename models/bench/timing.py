"""T1: speak or silent at each event of a real trace, against what the annotators wanted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from models.bench.data import Moment
from models.bench.loto import Seen
from models.bench.metrics import Metrics, auc, grouped, measured, scores
from models.bench.models import Spoken

Row = tuple[Spoken, bool]


def figures(rows: Sequence[Row]) -> Metrics:
    """The figures of (answer, wanted) rows; ``auc`` is nan for models without a probability."""
    found = scores([(spoken.speak, wanted) for spoken, wanted in rows])
    known = [(spoken.p, wanted) for spoken, wanted in rows if spoken.p is not None]
    return found | {"auc": auc(known) if len(known) == len(rows) else math.nan}


def table(seen: Sequence[Seen], wanted: Callable[[Moment], bool], repeats: int) -> dict[str, Any]:
    """One row per timing model, over the events it answered."""
    real = [one for one in seen if one.moment.real]
    names = dict.fromkeys(name for one in real for name in one.spoken)
    return {
        name: measured(
            figures,
            grouped([(o.moment.trace, (o.spoken[name], wanted(o.moment))) for o in real if name in o.spoken]),
            repeats,
        )
        for name in names
    }


def t1(seen: Sequence[Seen], repeats: int) -> dict[str, Any]:
    """Against ``help_needed``: every annotator accepted some task."""
    return table(seen, lambda moment: moment.help_needed, repeats)


def t1_two(seen: Sequence[Seen], repeats: int) -> dict[str, Any]:
    """Against "at least two annotators wanted something"."""
    return table(seen, lambda moment: moment.wanted_by_two, repeats)


def curve(seen: Sequence[Seen], name: str) -> list[tuple[float, float]]:
    """(recall, precision) at every threshold, for the plot."""
    rows = [(one.spoken[name].p or 0.0, one.moment.help_needed) for one in seen if one.moment.real]
    points = []
    for threshold in sorted({p for p, _ in rows}, reverse=True):
        found = scores([(p >= threshold, wanted) for p, wanted in rows])
        points.append((found["recall"], found["precision"]))
    return points

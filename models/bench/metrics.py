"""Counts and curves: F1 and its relatives, AUC, calibration error, intervals by resampling whole traces."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10
SEED = 20_240_601
LEVEL = (2.5, 97.5)

Floats = NDArray[np.float64]
Metrics = dict[str, float]


def ratio(part: float, whole: float) -> float:
    """``part / whole``, 0 where there is nothing."""
    return part / whole if whole else 0.0


def counted(tp: float, fp: float, fn: float, tn: float) -> Metrics:
    """The official formulas from (possibly fractional) counts; ``false_alarm`` = FP/(TP+FP), ``fpr`` = FP/(FP+TN)."""
    return {
        "precision": ratio(tp, tp + fp),
        "recall": ratio(tp, tp + fn),
        "accuracy": ratio(tp + tn, tp + fp + fn + tn),
        "false_alarm": ratio(fp, tp + fp),
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "fpr": ratio(fp, fp + tn),
    }


def scores(pairs: Sequence[tuple[bool, bool]]) -> Metrics:
    """Of (spoke, wanted) pairs: n, the shares wanted and spoke, precision, recall, F1, false-positive rate."""
    tp = sum(spoke and wanted for spoke, wanted in pairs)
    fp = sum(spoke and not wanted for spoke, wanted in pairs)
    fn = sum(not spoke and wanted for spoke, wanted in pairs)
    shares = {"n": len(pairs), "wanted": ratio(tp + fn, len(pairs)), "spoke": ratio(tp + fp, len(pairs))}
    figures = counted(tp, fp, fn, len(pairs) - tp - fp - fn)
    return shares | {name: figures[name] for name in ("precision", "recall", "f1", "fpr")}


def auc(pairs: Sequence[tuple[float, bool]]) -> float:
    """Area under the ROC curve of (probability, wanted) pairs; ties count half; nan without both classes."""
    p = np.array([pair[0] for pair in pairs], dtype=float)
    wanted = np.array([pair[1] for pair in pairs], dtype=bool)
    yes, no = p[wanted], np.sort(p[~wanted])
    if not yes.size or not no.size:
        return math.nan
    below = np.searchsorted(no, yes, side="left") + np.searchsorted(no, yes, side="right")
    return float(below.sum() / (2 * yes.size * no.size))


def reliability(pairs: Sequence[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """(mean probability, share true, count) for each of ten equal bins of probability that is not empty."""
    p = np.array([pair[0] for pair in pairs], dtype=float)
    true = np.array([pair[1] for pair in pairs], dtype=float)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    full = [bins == number for number in range(BINS) if (bins == number).any()]
    return [(float(p[chosen].mean()), float(true[chosen].mean()), int(chosen.sum())) for chosen in full]


def ece(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error over ten equal bins."""
    return sum(count * abs(p - true) for p, true, count in reliability(pairs)) / max(1, len(pairs))


def intervals(
    measure: Callable[[list[Any]], Mapping[str, float]], by_trace: Mapping[str, Sequence[Any]], repeats: int
) -> dict[str, list[float]]:
    """95 % intervals of ``measure`` (rows → figures): whole traces drawn with replacement, fixed seed.

    :returns: ``NAME_ci`` → [low, high]; a draw in which a figure is not defined is left out.
    """
    random = np.random.default_rng(SEED)
    names = sorted(by_trace)
    drawn: dict[str, list[float]] = {}
    for _ in range(repeats):
        chosen = random.integers(len(names), size=len(names))
        for name, value in measure([row for place in chosen for row in by_trace[names[place]]]).items():
            drawn.setdefault(name, []).append(value)
    return {f"{name}_ci": _interval(values) for name, values in drawn.items()}


def _interval(values: list[float]) -> list[float]:
    known = [value for value in values if not math.isnan(value)]
    return [round(float(edge), 4) for edge in np.percentile(known, LEVEL)] if known else []


def measured(
    measure: Callable[[list[Any]], Mapping[str, float]], by_trace: Mapping[str, Sequence[Any]], repeats: int
) -> dict[str, Any]:
    """One row of a table: the figures of all rows together, then their intervals."""
    everything = [row for name in sorted(by_trace) for row in by_trace[name]]
    figures: dict[str, Any] = {
        name: (value if isinstance(value, int) else None if math.isnan(value) else round(float(value), 4))
        for name, value in measure(everything).items()
    }
    spread = intervals(measure, by_trace, repeats)
    return figures | {name: edges for name, edges in spread.items() if name not in {"n_ci", "wanted_ci"}}


def grouped(rows: Sequence[tuple[str, Any]]) -> dict[str, list[Any]]:
    """(trace, row) pairs by trace."""
    found: dict[str, list[Any]] = {}
    for trace, row in rows:
        found.setdefault(trace, []).append(row)
    return found

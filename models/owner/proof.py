"""Is the candidate better than what serves now? Decided on labels that it has not learned from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.bench.metrics import ratio, reliability

Floats = NDArray[np.float64]

DRAWS = 2_000
SEED = 20_240_601
# The interval's edges in percent: a model that is no better is promoted one time in ten; automatic rollback is there
# for that one. At 95 % a month of labels would hardly ever be enough.
EDGES = (10.0, 90.0)
# What F1 may lose by chance where the probabilities got better: half a label of 40.
F1_LOSS = 0.02
RULE = (
    "Promoted if, on the newest fifth of the labels (never learned from), its log-loss is lower with the whole "
    f"{EDGES[1] - EDGES[0]:.0f} % interval below zero, its Brier score is no worse, "
    f"and its F1 falls by no more than {F1_LOSS}."
)


class Answer(NamedTuple):
    """One held-out label as one model answers it: P(yes), whether that is a yes, the truth, its weight."""

    p: float
    yes: bool
    target: float
    weight: float


@dataclass(frozen=True)
class Figures:
    """Weighted means over the held-out labels; ``false_offers``: share of the yeses that were wrong."""

    n: int
    log_loss: float
    brier: float
    f1: float
    false_offers: float


@dataclass(frozen=True)
class Verdict:
    """What was decided and why; differences are candidate − current (below zero is better, but for F1)."""

    better: bool
    reason: str
    current: Figures
    candidate: Figures
    log_loss_interval: tuple[float, float]
    brier_interval: tuple[float, float]
    f1_interval: tuple[float, float]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def _losses(answers: Sequence[Answer]) -> tuple[Floats, Floats, Floats]:
    """(log-loss, Brier, weight) of each."""
    p, _, target, weight = np.array(answers, dtype=float).T
    return -np.log(np.where(target > 0, p, 1.0 - p)), (p - target) ** 2, weight


def _confusion(answers: Sequence[Answer]) -> Floats:
    """Weighted (true yes, false yes, false no) of each, shape (n, 3)."""
    _, yes, target, weight = np.array(answers, dtype=float).T
    counted: Floats = weight * np.array([yes * target, yes * (1 - target), (1 - yes) * target])
    return counted.T


def _f1(counted: Floats) -> Floats:
    tp, fp, fn = counted[..., 0], counted[..., 1], counted[..., 2]
    under = 2 * tp + fp + fn
    found: Floats = np.divide(2 * tp, under, out=np.zeros_like(tp), where=under > 0)
    return found


def figures(answers: Sequence[Answer]) -> Figures:
    """One model's figures."""
    log_loss, brier, weight = _losses(answers)
    counted = _confusion(answers).sum(axis=0)
    return Figures(
        n=len(answers),
        log_loss=float(weight @ log_loss / weight.sum()),
        brier=float(weight @ brier / weight.sum()),
        f1=float(_f1(counted)),
        false_offers=ratio(float(counted[1]), float(counted[:2].sum())),
    )


def decide(current: Sequence[Answer], candidate: Sequence[Answer]) -> Verdict:
    """Compare the two on the same labels by drawing labels with replacement, fixed seed."""
    now, new = figures(current), figures(candidate)
    drawn = np.random.default_rng(SEED).integers(len(current), size=(DRAWS, len(current)))
    old_log, old_brier, weight = _losses(current)
    new_log, new_brier, _ = _losses(candidate)
    weights = weight[drawn]
    intervals = [
        _edges((weights * values[drawn]).sum(axis=1) / weights.sum(axis=1))
        for values in (new_log - old_log, new_brier - old_brier)
    ]
    gain = _f1(_confusion(candidate)[drawn].sum(axis=1)) - _f1(_confusion(current)[drawn].sum(axis=1))
    better, reason = _rule(now, new, intervals[0])
    return Verdict(better, reason, now, new, intervals[0], intervals[1], _edges(gain))


def _edges(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, EDGES)
    return round(float(low), 4), round(float(high), 4)


def _rule(now: Figures, new: Figures, interval: tuple[float, float]) -> tuple[bool, str]:
    change = f"log-loss {now.log_loss:.3f} → {new.log_loss:.3f} (difference between {interval[0]:+.3f} and "
    change += f"{interval[1]:+.3f}), Brier {now.brier:.3f} → {new.brier:.3f}, F1 {now.f1:.2f} → {new.f1:.2f}"
    if new.log_loss >= now.log_loss:
        return False, f"not better: {change}"
    if interval[1] >= 0:
        return False, f"unclear with {now.n} labels: {change}"
    if new.brier > now.brier:
        return False, f"its Brier score is worse: {change}"
    if new.f1 < now.f1 - F1_LOSS:
        return False, f"its F1 is worse: {change}"
    return True, f"better: {change}"


def decide_losses(before: Sequence[float], after: Sequence[float]) -> tuple[bool, str]:
    """The same rule for an adapter: the losses of the held-out accepted tasks, in nats a token."""
    gain = np.array(after) - np.array(before)
    if not gain.size:
        return False, "no accepted task among the newest labels: nothing to measure the adapter on"
    drawn = np.random.default_rng(SEED).integers(len(gain), size=(DRAWS, len(gain)))
    low, high = _edges(gain[drawn].mean(axis=1))
    change = (
        f"loss of {len(gain)} accepted tasks {np.mean(before):.3f} → {np.mean(after):.3f} ({low:+.3f}, {high:+.3f})"
    )
    if gain.mean() >= 0:
        return False, f"not better: {change}"
    return (True, f"better: {change}") if high < 0 else (False, f"unclear: {change}")


def calibration(answers: Sequence[Answer]) -> list[tuple[float, float, int]]:
    """(mean probability, share of yeses, count) of each bin that is not empty."""
    return reliability([(answer.p, answer.target > 0) for answer in answers])


def summary(verdicts: Mapping[str, Verdict]) -> str:
    """One line for all parts."""
    return "; ".join(f"{name} {verdict.reason}" for name, verdict in verdicts.items())

"""Fitting one part (gate or judge) on the older labels and proving it on the newest fifth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.labels import Label
from assistant.ports import Gate, Judge
from models.bench.linear import Linear
from models.owner.dataset import Rows, gate_rows, judge_rows, refusal
from models.owner.fit import FEWEST_FOR_FOLDS, FOLDS, SPREADS, Row, choose, learn, log_loss, threshold
from models.owner.fit import difference as own_difference
from models.owner.model import GATE, JUDGE, OwnerGate, OwnerJudge, Part
from models.owner.proof import Answer, Verdict, decide
from models.owner.work import Work

# The learning curve: after so many of the older labels.
CURVE = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Fitted:
    """One part as it was fitted and what the held-out labels say of it. ``curve``: (labels learned, log-loss)."""

    name: str
    part: Part
    spread: float
    verdict: Verdict
    labels: tuple[Label, ...]
    current: tuple[Answer, ...]
    candidate: tuple[Answer, ...]
    curve: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Question:
    """One part to be fitted: its rows, and how the serving and the new one answer a label: (P(yes), yes)."""

    name: str
    about: str
    taught: Rows
    held: Rows
    otherwise: float
    current: Callable[[Label], tuple[float, bool]]
    candidate: Callable[[Part], Callable[[Label], tuple[float, bool]]]

    @property
    def refusal(self) -> str:
        """Why it cannot be fitted, '' when it can."""
        if why := refusal(self.taught.rows, self.held.rows, self.about):
            return why
        return "" if self.held.rows else f"none of the newest labels says something about {self.about}"

    @property
    def steps(self) -> int:
        """How many fits it takes."""
        folds = len(SPREADS) * len(FOLDS) if len(self.taught.rows) >= FEWEST_FOR_FOLDS else 1
        return 0 if self.refusal else folds + len(CURVE)


def gate_question(taught: Sequence[Label], held: Sequence[Label], root: Gate, serving: Gate) -> Question:
    """The gate: whether help was wanted."""

    def candidate(part: Part) -> Callable[[Label], tuple[float, bool]]:
        return gate_answer(OwnerGate(root, part, ""))

    rows = gate_rows(taught, root), gate_rows(held, root)
    level = root.judge(taught[0].context).threshold if taught else 0.5
    return Question(GATE, "when help is wanted", *rows, level, gate_answer(serving), candidate)


def judge_question(taught: Sequence[Label], held: Sequence[Label], root: Judge, serving: Judge) -> Question:
    """The judge: whether the task was right."""

    def candidate(part: Part) -> Callable[[Label], tuple[float, bool]]:
        return judge_answer(OwnerJudge(root, part))

    rows = judge_rows(taught, root), judge_rows(held, root)
    return Question(JUDGE, "which tasks are right", *rows, root.threshold, judge_answer(serving), candidate)


def gate_answer(gate: Gate) -> Callable[[Label], tuple[float, bool]]:
    """How a gate answers a label."""

    def answer(label: Label) -> tuple[float, bool]:
        verdict = gate.judge(label.context)
        return verdict.p_help, verdict.speak

    return answer


def judge_answer(judge: Judge) -> Callable[[Label], tuple[float, bool]]:
    """How a judge answers a label."""

    def answer(label: Label) -> tuple[float, bool]:
        p = judge.p_accept(label.context, label.task)
        return p, p >= judge.threshold

    return answer


def answers(rows: Rows, answer: Callable[[Label], tuple[float, bool]]) -> tuple[Answer, ...]:
    """One model's answers to held-out labels."""
    return tuple(
        Answer(*answer(label), row.target, row.weight) for row, label in zip(rows.rows, rows.labels, strict=True)
    )


def fit_part(question: Question, work: Work, step: Callable[[str, int], None]) -> Fitted:
    """Fit (or take what was fitted before), and prove; the held-out rows take no part in the fitting.

    :param step: called with what is done, after each fit.
    :raises Paused: from ``step``.
    """
    name, rows = question.name, question.taught.rows
    assert not {id(row) for row in rows} & {id(row) for row in question.held.rows}  # noqa: S101 - by construction
    assert not rows or rows[-1].at <= question.held.rows[0].at  # noqa: S101 - the past is learned from, not the future
    known = work.kept(name)
    if known is None:
        choice = choose(rows, lambda: step(name, 1))
        fitted = learn(rows, choice.spread)
        known = Part(fitted, threshold(choice.foretold, question.otherwise)), choice.spread
        work.keep(name, *known)
    part, spread = known
    curve = [(0, _mean_loss(None, question.held.rows))]
    for share in CURVE:
        first = rows[: max(1, round(share * len(rows)))]
        curve.append(
            (len(first), _mean_loss(part.linear if share == 1.0 else learn(first, spread), question.held.rows))
        )
        step(f"{name}, learning curve", 1)
    current = answers(question.held, question.current)
    candidate = answers(question.held, question.candidate(part))
    verdict = decide(current, candidate)
    return Fitted(name, part, spread, verdict, question.held.labels, current, candidate, tuple(curve))


def _mean_loss(fitted: Linear | None, rows: Sequence[Row]) -> float:
    margin = np.array([row.prior + (own_difference(fitted, row.example) if fitted else 0.0) for row in rows])
    weight, target = (np.array([getattr(row, name) for row in rows]) for name in ("weight", "target"))
    return round(float(weight @ log_loss(margin, target) / weight.sum()), 4)

"""The judges: would the offer be accepted, P(accepted | context, task). Learned from the annotators' shares."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from assistant.ports import Context
from models.bench.data import Moment
from models.bench.features import Example, Remember, judge_example, task_example
from models.bench.folds import Guard, inner_folds
from models.bench.linear import Lesson, Linear, Options, fit, platt, sigmoid
from models.bench.metrics import SEED, ratio
from models.bench.models import rate_threshold


class JudgeModel(Protocol):
    """A row of T3: learns from voted tasks; ``threshold`` is where it accepts."""

    threshold: float

    @property
    def name(self) -> str: ...

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None: ...

    def p_accept(self, context: Context, task: str) -> float: ...


class ConstantJudge:
    """Accepts every task, or none."""

    threshold = 0.5

    def __init__(self, name: str, *, accept: bool) -> None:
        self.name = name
        self._p = float(accept)

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        pass

    def p_accept(self, context: Context, task: str) -> float:
        return self._p


class BaseRateJudge:
    """Accepts at random, as often as annotators did in training."""

    name = "random"

    def __init__(self) -> None:
        self._random = random.Random(SEED)  # noqa: S311 - seeded, not cryptography
        self.threshold = 1.0

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        valid = [task.valid for moment in guard.admit(moments, "fit") for task in moment.tasks]
        self.threshold = 1.0 - ratio(sum(valid), len(valid))

    def p_accept(self, context: Context, task: str) -> float:
        return self._random.random()


class LinearJudge:
    """A linear model of task and context, Platt-calibrated on an inner leave-one-trace-out.

    Accepts as large a share of the training tasks as the annotators' majority did: with a rate of one in three and an
    AUC below 0.7 a threshold of one half would accept next to nothing.
    """

    def __init__(self, name: str, example: Callable[[Context, str], Example], options: Options) -> None:
        self.name = name
        self._example = Remember(example)
        self._options = options
        self.linear = Linear({}, 0.0)
        self.slope, self.offset = 1.0, 0.0
        self.threshold = 0.5

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        inner = [
            (moment, number, linear.margin(self._example(moment.context, task.task or "")))
            for train, held, inside in inner_folds(moments, guard)
            for linear in [self._learn(train, inside)]
            for moment in held
            for number, task in enumerate(moment.tasks)
        ]
        guard.admit([moment for moment, _, _ in inner], "calibration")
        valid = [moment.tasks[number].valid for moment, number, _ in inner]
        margins = [margin for _, _, margin in inner]
        self.linear = self._learn(moments, guard)
        self.slope, self.offset = platt(margins, [float(value) for value in valid])
        guard.admit([moment for moment, _, _ in inner], "threshold")
        calibrated = [sigmoid(self.slope * margin + self.offset) for margin in margins]
        self.threshold = rate_threshold(calibrated, valid)

    def _learn(self, moments: Sequence[Moment], guard: Guard) -> Linear:
        rows = guard.admit(moments, "fit")
        lessons = [
            Lesson(moment.trace, self._example(moment.context, task.task or ""), task.share)
            for moment in rows
            for task in moment.tasks
        ]
        return fit(lessons, self._options)

    def p_accept(self, context: Context, task: str) -> float:
        return sigmoid(self.slope * self.linear.margin(self._example(context, task)) + self.offset)


def our_judge() -> LinearJudge:
    """The project's judge: n-grams of the task, how it fits the moment, the moment."""
    return LinearJudge("ours", judge_example, Options(strength=0.3, own_level=2.0))


class ShippedJudge:
    """A judge that is as it is: nothing is learned here."""

    def __init__(self, judge: LinearJudge) -> None:
        self.name = judge.name
        self.threshold = judge.threshold
        self.p_accept = judge.p_accept

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        pass


def judge_models(shipped: LinearJudge | None = None) -> list[JudgeModel]:
    """All rows of T3 and T4; ``shipped`` takes the place of the judge that is fitted inside the folds."""
    return [
        ShippedJudge(shipped) if shipped else our_judge(),
        LinearJudge("ngrams", task_example, Options()),
        ConstantJudge("always", accept=True),
        ConstantJudge("never", accept=False),
        BaseRateJudge(),
    ]

"""The personal judge: any judge, shifted by which tasks its owner took and which he refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from assistant.labels import Label
from assistant.ports import Context, Judge
from models.bench.linear import sigmoid
from models.personal.layer import HALF_LIFE_DAYS, MOST_LABELS, Layer, Lesson, log_odds
from models.personal.mixture import TUNING, Tuning
from models.personal.words import Facts, moment_facts, task_facts

# Of the moment only what tells kinds of tasks apart: whether help is wanted at all is the gate's question.
_OF_MOMENT = frozenset({"always", "work", "domain", "type", "language"})


class PersonalJudge:
    """:class:`assistant.ports.Judge`. Without labels it is the global judge."""

    def __init__(
        self,
        base: Judge,
        labels: Iterable[Label] = (),
        *,
        half_life_days: float = HALF_LIFE_DAYS,
        tuning: Tuning = TUNING,
        facts: Callable[[Context], Facts] = moment_facts,
    ) -> None:
        self._base, self._moment = base, facts
        self._layer = Layer(half_life_days, tuning)
        self.threshold = base.threshold
        # Answers come in the engine's thread, candidates in the proposer's.
        self._lock = threading.RLock()
        for label in sorted(labels, key=lambda label: label.at)[-MOST_LABELS:]:
            self.learn(label)

    def p_accept(self, context: Context, task: str) -> float:
        """The global probability, shifted."""
        p = self._base.p_accept(context, task)
        if not self._layer.labels or not context.events:
            return p
        with self._lock:
            return sigmoid(log_odds(p) + self._layer.mixture.shift(self._facts(context, task), context.now))

    def learn(self, label: Label) -> None:
        """Take in one label; what says nothing about its task is left out."""
        factor = self._layer.answering.worth(label)
        weight = factor * label.accepted_weight
        if label.accepted is None or not weight or not label.task or not label.context.events:
            return
        odds = log_odds(self._base.p_accept(label.context, label.task))
        with self._lock:
            facts = self._facts(label.context, label.task)
            self._layer.learn(Lesson(facts, odds, label.accepted, weight, label.at, label.task, label.suggestion_id))

    def _facts(self, context: Context, task: str) -> Facts:
        moment = {k: v for k, v in self._moment(context).items() if k.partition("=")[0] in _OF_MOMENT}
        return moment | task_facts(context, task) | self._layer.topics.facts(task)

"""The personal gate: any gate, shifted by what its owner's answers say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from assistant.events import OutcomeKind
from assistant.labels import Label
from assistant.ports import Context, Gate, Verdict
from models.bench.linear import sigmoid
from models.personal.dial import Dial
from models.personal.layer import HALF_LIFE_DAYS, MOST_LABELS, Layer, Lesson, in_words, log_odds
from models.personal.mixture import TUNING, Tuning
from models.personal.words import Facts, moment_facts


class PersonalGate:
    """:class:`assistant.ports.Gate`. Without labels, and with the dial at its default, it is the global gate."""

    def __init__(
        self,
        base: Gate,
        labels: Iterable[Label] = (),
        *,
        half_life_days: float = HALF_LIFE_DAYS,
        dial: Dial | None = None,
        tuning: Tuning = TUNING,
        facts: Callable[[Context], Facts] = moment_facts,
    ) -> None:
        self._base, self._moment = base, facts
        self._layer = Layer(half_life_days, tuning)
        self._dial = dial or Dial()
        for label in sorted(labels, key=lambda label: label.at)[-MOST_LABELS:]:
            self.learn(label)

    @property
    def name(self) -> str:
        """``fitted + 12 labels``."""
        count = self._layer.labels
        return f"{self._base.name} + {count} labels" if count else self._base.name

    @property
    def layer(self) -> Layer:
        """What was learned."""
        return self._layer

    @property
    def dial(self) -> Dial:
        """Where it speaks."""
        return self._dial

    def judge(self, context: Context) -> Verdict:
        """The global verdict, shifted."""
        verdict = self._base.judge(context)
        threshold = self._dial.threshold(verdict.threshold)
        if not self._layer.labels or not context.events:
            return verdict if threshold == verdict.threshold else verdict.model_copy(update={"threshold": threshold})
        facts = self._facts(context)
        shift = self._layer.mixture.shift(facts, context.now)
        p_help = sigmoid(log_odds(verdict.p_help) + shift)
        strongest = self._layer.strongest(facts, context.now)
        return Verdict(
            p_help=p_help,
            threshold=threshold,
            reason=_reason(verdict, p_help >= threshold, in_words(shift, strongest)),
            features=verdict.features | _features(verdict.p_help, shift, dict(strongest)),
        )

    def learn(self, label: Label) -> None:
        """Take in one label; what says nothing about the moment is left out."""
        factor = self._layer.answering.worth(label)
        weight = factor * label.wanted_weight
        if label.wanted is None or not weight or not label.context.events:
            return
        verdict = self._base.judge(label.context)
        facts = self._facts(label.context)
        odds = log_odds(verdict.p_help)
        shift = self._layer.mixture.shift(facts, label.context.now)
        if label.task and label.kind is not OutcomeKind.MISSED:  # what the owner called for is no offer
            self._dial.learn(odds + shift, label.wanted, weight, label.suggestion_id)
        topic = label.context.events[-1].sentence
        self._layer.learn(Lesson(facts, odds, label.wanted, weight, label.at, topic, label.suggestion_id))

    def _facts(self, context: Context) -> Facts:
        return self._moment(context) | self._layer.topics.facts(context.events[-1].sentence)


def _reason(verdict: Verdict, speak: bool, personal: str) -> str:
    if not personal:
        return verdict.reason
    if speak == verdict.speak:
        return f"{verdict.reason} {personal}"
    return personal if speak else f"Quiet: {personal[:1].lower()}{personal[1:]}"


def _features(p_global: float, shift: float, strongest: Mapping[str, float]) -> dict[str, float]:
    return {"global": round(p_global, 4), "personal": round(shift, 3)} | {
        f"personal {name}": round(value, 3) for name, value in strongest.items()
    }

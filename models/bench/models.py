"""The rows of the timing table: when does a model speak. One small adapter class per kind of model.

To add one: give it a ``name``, learn in ``fit`` (rows only through ``guard.admit``), answer in ``judge``, and list it
in :func:`timing_models`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from assistant.ports import Context, Verdict
from models.bench.data import Answer, Bench, Moment
from models.bench.features import Example, Remember, gate_example, last_event_example
from models.bench.folds import Guard, inner_folds
from models.bench.linear import Lesson, Linear, Options, fit, platt, sigmoid
from models.bench.metrics import SEED, ratio
from models.rule_gate import RuleGate

# Generated traces are neater than life, and their users want help twice as often.
GENERATED_WEIGHT = 0.5


class Spoken(NamedTuple):
    """``p``: P(help wanted), None where the model gives no probability."""

    p: float | None
    speak: bool


class TimingModel(Protocol):
    """A row of T1: learns from voted moments, then says at others whether it would speak."""

    @property
    def name(self) -> str: ...

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None: ...

    def judge(self, context: Context, moment: Moment | None = None) -> Spoken | None:
        """None: this model has no answer for this moment. ``moment`` is None for contexts outside the data."""


class Constant:
    """Always speaks, or never."""

    def __init__(self, name: str, *, speak: bool) -> None:
        self.name = name
        self._speak = speak

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        pass

    def judge(self, context: Context, moment: Moment | None = None) -> Spoken:
        return Spoken(float(self._speak), self._speak)


class BaseRate:
    """Speaks at random, as often as help was wanted in training."""

    name = "random"

    def __init__(self) -> None:
        self._random = random.Random(SEED)  # noqa: S311 - seeded, not cryptography
        self._rate = 0.0

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        wanted = [moment.help_needed for moment in guard.admit(moments, "fit")]
        self._rate = ratio(sum(wanted), len(wanted))

    def judge(self, context: Context, moment: Moment | None = None) -> Spoken:
        drawn = self._random.random()
        return Spoken(drawn, drawn >= 1.0 - self._rate)


class Rules:
    """The plain rule gate; nothing is fitted."""

    name = "rules"

    def __init__(self) -> None:
        self._gate = RuleGate()

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        pass

    def judge(self, context: Context, moment: Moment | None = None) -> Spoken:
        verdict = self._gate.judge(context)
        return Spoken(verdict.p_help, verdict.speak)


class Peer:
    """A published model's stored answers."""

    def __init__(self, name: str, answers: Mapping[tuple[str, int], Answer]) -> None:
        self.name = name
        self._answers = answers

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        pass

    def answer(self, moment: Moment) -> Answer | None:
        """None: no such event in its file."""
        return self._answers.get((moment.trace, len(moment.observed) - 1)) if moment.real else None

    def judge(self, context: Context, moment: Moment | None = None) -> Spoken | None:
        answer = self.answer(moment) if moment is not None else None
        return None if answer is None else Spoken(None, bool(answer.tasks))


class Member(NamedTuple):
    """One linear model of an average: what it looks at, how it is fitted."""

    example: Callable[[Context], Example]
    options: Options


class FittedGate:
    """Averaged linear models, Platt-calibrated; :class:`assistant.ports.Gate`. Serves without scikit-learn."""

    def __init__(self, examples: Sequence[Callable[[Context], Example]], linears: Sequence[Linear]) -> None:
        self.linears = tuple(linears)
        self._parts = tuple(zip(examples, linears, strict=True))
        self.slope, self.offset, self.threshold = 1.0, 0.0, 0.5
        self.version = ""

    @property
    def name(self) -> str:
        return f"fitted {self.version}".rstrip()

    def margin(self, context: Context) -> float:
        """Averaged log-odds, not calibrated."""
        return sum(linear.margin(example(context)) for example, linear in self._parts) / len(self._parts)

    def judge(self, context: Context) -> Verdict:
        p_help = sigmoid(self.slope * self.margin(context) + self.offset)
        words = "Help may be wanted" if p_help >= self.threshold else "Quiet"
        return Verdict(p_help=p_help, threshold=self.threshold, reason=f"{words}: P(help) is {p_help:.2f}.")


class LinearTiming:
    """Learns a :class:`FittedGate`; calibration and threshold come from an inner leave-one-trace-out."""

    def __init__(self, name: str, members: Sequence[Member]) -> None:
        self.name = name
        # The same moment is looked at in many folds; its features hold nothing fitted.
        self._members = [Member(Remember(member.example), member.options) for member in members]
        self.gate = FittedGate([], [])

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        inner = [
            (moment, gate.margin(moment.context))
            for train, held, inside in inner_folds(moments, guard)
            for gate in [self._learn(train, inside)]
            for moment in held
        ]
        # Served to real users: where real traces are among the training rows, they set level and threshold.
        real = [pair for pair in inner if pair[0].real] or inner
        self.gate = self._learn(moments, guard)
        admitted = guard.admit([moment for moment, _ in real], "calibration")
        margins = [margin for _, margin in real]
        self.gate.slope, self.gate.offset = platt(margins, [float(moment.help_needed) for moment in admitted])
        wanted = [moment.help_needed for moment in guard.admit(admitted, "threshold")]
        calibrated = [sigmoid(self.gate.slope * margin + self.gate.offset) for margin in margins]
        self.gate.threshold = rate_threshold(calibrated, wanted)

    def _learn(self, moments: Sequence[Moment], guard: Guard) -> FittedGate:
        rows = guard.admit(moments, "fit")
        linears = [fit([_lesson(moment, member) for moment in rows], member.options) for member in self._members]
        return FittedGate([member.example for member in self._members], linears)

    def judge(self, context: Context, moment: Moment | None = None) -> Spoken:
        verdict = self.gate.judge(context)
        return Spoken(verdict.p_help, verdict.speak)


def _lesson(moment: Moment, member: Member) -> Lesson:
    weight = 1.0 if moment.real else GENERATED_WEIGHT
    return Lesson(moment.trace, member.example(moment.context), float(moment.help_needed), weight)


def rate_threshold(p: Sequence[float], true: Sequence[bool]) -> float:
    """Where the share said yes to is the share that is true.

    Of a few hundred rows a threshold at the best F1 is mostly chance (docs/lab-log.md); this moves little.
    """
    return float(np.quantile(p, 1.0 - ratio(sum(true), len(true))))


def _in_words(context: Context) -> Example:
    return gate_example(context, characters=False)


def _in_characters(context: Context) -> Example:
    return gate_example(context, characters=True)


OURS_OPTIONS = Options(strength=1.0, own_level=2.0)
OURS = (Member(_in_words, OURS_OPTIONS), Member(_in_characters, OURS_OPTIONS))


def ours() -> LinearTiming:
    """The fitted gate that would be shipped: words and characters of the last event, each with the moment."""
    return LinearTiming("ours", OURS)


class Shipped:
    """A gate that is as it is: nothing is learned here."""

    name = "ours"

    def __init__(self, gate: FittedGate) -> None:
        self._gate = gate

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        pass

    def judge(self, context: Context, moment: Moment | None = None) -> Spoken:
        verdict = self._gate.judge(context)
        return Spoken(verdict.p_help, verdict.speak)


def timing_models(bench: Bench, shipped: FittedGate | None = None) -> list[TimingModel]:
    """All rows of T1; ``shipped`` takes the place of the gate that is fitted inside the folds."""
    plain = LinearTiming("ngrams", [Member(last_event_example, Options())])
    baselines: list[TimingModel] = [Constant("always", speak=True), Constant("never", speak=False), BaseRate(), Rules()]
    return [
        Shipped(shipped) if shipped else ours(),
        plain,
        *baselines,
        *(Peer(name, answers) for name, answers in bench.peers.items()),
    ]

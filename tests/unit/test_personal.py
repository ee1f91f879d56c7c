"""The personal layer: learns in the right direction, stays bounded, fades, and is nothing without labels."""

from __future__ import annotations

import random
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.events import OutcomeKind
from assistant.settings import DecisionOptions
from models.bench.linear import sigmoid
from models.personal.belief import MOST, Belief
from models.personal.gate import PersonalGate
from models.personal.judge import PersonalJudge
from models.personal.layer import log_odds
from models.personal.mixture import TUNING, Mixture
from models.personal.owner import personal

owner = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("owner_contexts.py"))))
CODING, LETTER, READING = owner.CODING, owner.LETTER, owner.READING
FixedGate, FixedJudge, moment = owner.FixedGate, owner.FixedJudge, owner.moment
after, answer, answers = owner.after, owner.answer, owner.answers


def shift(gate: PersonalGate, context) -> float:
    return log_odds(gate.judge(context).p_help) - log_odds(0.45)


def test_without_labels_it_is_the_global_gate_to_the_bit() -> None:
    base = FixedGate(p_help=0.4123456789012345)
    for context in (moment(), moment(LETTER)):
        assert PersonalGate(base).judge(context) == base.judge(context)
    assert PersonalJudge(FixedJudge()).p_accept(moment(), "Write it") == 0.5


def test_five_labels_already_tell_two_kinds_of_work_apart() -> None:
    labels = answers(5)
    gate = PersonalGate(FixedGate(), labels)
    assert shift(gate, after(labels, CODING)) > shift(gate, after(labels, LETTER)) + 0.2


def test_forty_labels_decide_what_it_speaks_about() -> None:
    labels = answers(40)
    gate = PersonalGate(FixedGate(), labels)
    assert gate.judge(after(labels, CODING)).speak
    assert not gate.judge(after(labels, LETTER)).speak


def test_the_verdict_says_what_the_layer_did() -> None:
    labels = answers(40)
    verdict = PersonalGate(FixedGate(), labels).judge(after(labels, LETTER))
    assert "decline" in verdict.reason
    assert f"{verdict.features['personal']:+.1f}" in verdict.reason
    assert verdict.features["personal"] < 0
    assert verdict.features["global"] == 0.45
    assert verdict.features["x"] == 1.0
    assert any(name.startswith("personal ") for name in verdict.features)


@pytest.mark.parametrize("count", [1, 5, 40, 300])
def test_the_distance_from_the_global_gate_is_bounded(count: int) -> None:
    labels = [answer(LETTER, OutcomeKind.REJECTED, n) for n in range(count)]
    gate = PersonalGate(FixedGate(), labels)
    mixture = gate.layer.mixture
    context = after(labels, LETTER)
    bound = mixture.bound(context.now)
    assert -bound - 1e-9 <= shift(gate, context) < 0
    assert bound <= TUNING.most
    assert bound <= TUNING.first + TUNING.growth * (1 + count)


def test_the_bound_holds_against_any_facts() -> None:
    mixture = Mixture(1e9)
    for n in range(200):
        mixture.learn({"always=": 1.0, "app=X": 50.0}, 0.0, True, 1.0, float(n))
    assert mixture.shift({"always=": 1.0, "app=X": 1e6}, 200.0) == pytest.approx(mixture.bound(200.0))


def test_old_answers_fade() -> None:
    labels = answers(40)
    gate = PersonalGate(FixedGate(), labels, half_life_days=30.0)
    shifts = [abs(shift(gate, after(labels, LETTER, days))) for days in (0, 30, 60, 3_000)]
    assert shifts == sorted(shifts, reverse=True)
    assert shifts[1] == pytest.approx(shifts[0] / 2, rel=0.05)
    assert shifts[-1] < 1e-6


def test_rebuilt_from_the_labels_it_is_the_same_whatever_their_order() -> None:
    labels = answers(30)
    live = PersonalGate(FixedGate())
    for label in labels:
        live.learn(label)
    shuffled = random.Random(3).sample(labels, len(labels))
    for what in (CODING, LETTER, READING):
        context = after(labels, what)
        assert live.judge(context) == PersonalGate(FixedGate(), shuffled).judge(context)


@pytest.mark.parametrize("kind", [OutcomeKind.ACCEPTED, OutcomeKind.REJECTED])
def test_one_kind_of_answer_alone_is_no_trouble(kind: OutcomeKind) -> None:
    labels = [answer(CODING, kind, n) for n in range(60)]
    moved = shift(PersonalGate(FixedGate(), labels), after(labels, CODING))
    assert moved > 0.3 if kind is OutcomeKind.ACCEPTED else moved < -0.3


def test_a_changed_mind_replaces_the_first_word() -> None:
    first = answer(LETTER, OutcomeKind.REJECTED, 0)
    second = first.model_copy(update=answer(LETTER, OutcomeKind.ACCEPTED, 0).model_dump(include={"kind", "wanted"}))
    gate = PersonalGate(FixedGate(), [first])
    gate.learn(second.model_copy(update={"at": first.at + 1}))
    assert gate.layer.labels == 1
    assert shift(gate, after([first], LETTER)) > 0


def test_who_never_answers_moves_nothing() -> None:
    labels = [answer(LETTER, OutcomeKind.IGNORED, n) for n in range(100)]
    context = after(labels, LETTER)
    assert PersonalGate(FixedGate(), labels).judge(context) == FixedGate().judge(context)


def test_silence_counts_where_the_owner_usually_answers() -> None:
    labels = answers(40) + [answer(READING, OutcomeKind.IGNORED, 40 + n) for n in range(20)]
    before = PersonalGate(FixedGate(), labels[:40])
    gate = PersonalGate(FixedGate(), labels)
    assert shift(gate, after(labels, READING)) < shift(before, after(labels, READING))


def test_answers_at_random_teach_no_difference() -> None:
    draw = random.Random(5)
    labels = [
        answer(draw.choice((CODING, LETTER, READING)), draw.choice((OutcomeKind.ACCEPTED, OutcomeKind.REJECTED)), n)
        for n in range(150)
    ]
    gate = PersonalGate(FixedGate(), labels)
    shifts = [shift(gate, after(labels, what)) for what in (CODING, LETTER, READING)]
    assert max(shifts) - min(shifts) < 0.6


def test_a_changed_taste_is_taken_over_within_sixty_labels() -> None:
    labels = answers(80)
    turned = answers(60, yes=LETTER, no=CODING)
    later = [
        label.model_copy(update={"at": label.at + 80 * 1_800.0, "suggestion_id": 5_000 + n, "context": context})
        for n, label in enumerate(turned)
        for context in [moment(LETTER if n % 2 == 0 else CODING, label.at + 80 * 1_800.0)]
    ]
    gate = PersonalGate(FixedGate(), labels + later)
    assert shift(gate, after(later, LETTER)) > shift(gate, after(later, CODING)) + 0.3


def test_missed_help_is_a_wish() -> None:
    labels = [answer(READING, OutcomeKind.MISSED, n, task="") for n in range(10)]
    gate = PersonalGate(FixedGate(p_help=0.2), labels)
    assert log_odds(gate.judge(after(labels, READING)).p_help) > log_odds(0.2) + 0.3
    assert gate.dial.answers == []


def test_the_judge_learns_which_tasks_are_taken() -> None:
    labels = [
        answer(CODING, OutcomeKind.ACCEPTED if n % 2 else OutcomeKind.REJECTED, n, task)
        for n in range(20)
        for task in ["Explain why total(rows) is empty" if n % 2 else "Draft a thank-you letter to the neighbours"]
    ]
    judge = PersonalJudge(FixedJudge(), labels)
    context = after(labels, CODING)
    assert judge.p_accept(context, "Explain why the sum is wrong") > 0.55
    assert judge.p_accept(context, "Draft a letter to the landlord") < 0.45


def test_another_annotators_answers_are_not_the_owners() -> None:
    labels = [label.model_copy(update={"annotator": "somebody"}) for label in answers(20)]
    own = personal(FixedGate(), FixedJudge(), labels, DecisionOptions())
    own.learn(labels[0])
    assert own.gate.judge(moment()) == FixedGate().judge(moment())


def test_switched_off_only_the_dial_counts() -> None:
    own = personal(FixedGate(), None, answers(40), DecisionOptions(personal=False, wrong_one_in=4.0))
    assert own.gate.judge(moment(LETTER)).p_help == 0.45
    assert own.gate.judge(moment(LETTER)).threshold > FixedGate().threshold


def test_a_belief_keeps_a_bounded_number_of_facts() -> None:
    belief = Belief(lambda _: 1.0, 1e9)
    for n in range(MOST + 50):
        belief.learn({f"app={n}": 1.0}, 0.0, True, 1.0, float(n))
    assert len(belief.weights()) == MOST
    assert belief.shift({f"app={MOST + 10}": 1.0}, 1e3) == 0.0


def test_one_label_moves_as_far_as_bayes_says() -> None:
    """One fact, one answer: the mode of N(0, 1) times a logistic is where the slope of its logarithm is zero."""
    belief = Belief(lambda _: 1.0, 1e12)
    belief.learn({"app=X": 1.0}, 0.3, True, 1.0, 0.0)
    mode = belief.shift({"app=X": 1.0}, 0.0)
    assert mode == pytest.approx(1.0 - sigmoid(0.3 + mode), abs=1e-5)

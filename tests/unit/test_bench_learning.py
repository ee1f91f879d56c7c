"""T6 in small: streams are apart, looked-up verdicts are the gate's own, the table has what it must have."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import pytest

from assistant.events import OutcomeKind
from assistant.ports import PastOffer
from models.bench import learning_report
from models.bench.learned import Plan, t6
from models.bench.learning import Known, Life, Options, Said, run
from models.bench.stream import Prepared, days, of_split, prepare
from models.bench.tastes import USERS, User
from models.corpus import Scene, load_corpus
from models.personal.words import moment_facts
from models.rule_gate import RuleGate


class LongerIsBetter:
    """A judge that needs no trained file."""

    threshold = 0.3

    def p_accept(self, context, task: str) -> float:
        return min(0.9, len(task.split()) / 10)


@cache
def scenes() -> tuple[Scene, ...]:
    return tuple(scene for scene in load_corpus() if of_split(scene, "dev"))[:8]


@cache
def prepared() -> tuple[Prepared, ...]:
    return tuple(prepare(scene, RuleGate()) for scene in scenes())


def user(name: str) -> User:
    return next(one for one in USERS if one.name == name)


def test_there_are_enough_users_with_different_tastes() -> None:
    assert len(USERS) >= 20
    assert len({one.name for one in USERS}) == len(USERS)
    assert sum(one.later is not None for one in USERS) >= 3
    assert sum(one.has_taste and one.later is None for one in USERS) >= 15


def test_development_and_test_scenes_are_apart() -> None:
    corpus = load_corpus()
    dev = {scene.id for scene in corpus if of_split(scene, "dev")}
    test = {scene.id for scene in corpus if of_split(scene, "test")}
    assert not dev & test
    assert dev | test == {scene.id for scene in corpus}
    assert len(dev) < len(test)


def test_what_is_scored_was_never_lived_through() -> None:
    cut = days(prepared(), "seed")
    lived = {moment.scenario.key.split()[0] for scene in cut.learning for moment in scene}
    scored = {moment.scenario.key.split()[0] for moment in cut.scored}
    assert lived
    assert scored
    assert not lived & scored


def test_the_same_seed_gives_the_same_life() -> None:
    one, other = (run(user("mornings"), 3, prepared(), RuleGate(), LongerIsBetter(), small()) for _ in range(2))
    assert one.at == other.at
    assert one.reached == other.reached


def small() -> Options:
    return Options(points=(0, 5, 10))


@pytest.mark.parametrize("refused", [False, True])
def test_looked_up_verdicts_and_facts_are_the_real_ones(refused: bool) -> None:
    known = Known(RuleGate())
    cut = days(prepared(), "seed")
    known.add(cut.scored)
    for moment in cut.scored:
        context = moment.scenario.context
        if refused:
            offer = PastOffer(time=context.now - 60, task=moment.task, outcome=OutcomeKind.REJECTED)
            context = context.model_copy(update={"offers": (offer,)})
        assert known.judge(context) == RuleGate().judge(context)
        assert known.facts(context) == moment_facts(context)


def test_a_label_exists_only_for_what_was_shown() -> None:
    shown = user("only searches")
    life = Life(shown, 0, RuleGate(), LongerIsBetter(), small())
    labels = [
        label
        for scene in days(prepared(), "seed").learning
        for moment in scene
        if (label := life.live(moment, shown.taste)) is not None
    ]
    assert labels
    assert all(label.task for label in labels)  # this user presses no key
    times = [label.at for label in labels]
    assert all(later - earlier >= 60 for earlier, later in pairwise(times))


def test_who_presses_the_key_gives_labels_without_a_task() -> None:
    presses = User("presses", "everything, and says so", lambda at: at.right, presses=1.0)
    life = Life(presses, 0, RuleGate(), LongerIsBetter(), small())
    moments = [moment for scene in days(prepared(), "seed").learning for moment in scene]
    labels = [label for moment in moments if (label := life.live(moment, presses.taste)) is not None]
    missed = [label for label in labels if label.kind is OutcomeKind.MISSED]
    assert missed
    assert all(not label.task and label.wanted for label in missed)


def test_who_never_answers_is_served_as_at_the_beginning() -> None:
    lived = run(user("never answers"), 0, prepared(), RuleGate(), LongerIsBetter(), small())
    assert lived.at[10] == lived.at[0]


def test_the_table_and_its_page(tmp_path) -> None:
    chosen = tuple(user(name) for name in ("only searches", "random", "change: searches to typing"))
    seen: list[str] = []
    plan = Plan("dev", seeds=1, repeats=20, users=chosen)
    found = t6(scenes(), RuleGate(), LongerIsBetter(), plan, seen.append)
    assert seen == ["scenes", *(one.name for one in chosen)]
    for key in ("f1_gain_50", "false_offer_change_50", "worst", "random_drift", "update_ms_p50", "update_ms_p95"):
        assert isinstance(found[key], float), key
    assert "recovery_labels" in found
    assert found["users"]["only searches"]["f1_gain"]["0"] == 0.0
    assert found["mean"]["users"] == 1
    assert set(found["users"]["only searches"]["f1"]) == {"0", "10", "20", "50", "100", "200"}
    assert "only searches" in learning_report.as_text(found)
    pytest.importorskip("matplotlib")
    written = learning_report.write(found, tmp_path)
    assert [file.suffix for file in written] == [".json", ".md", ".png", ".png", ".png"]
    assert json.loads(written[0].read_text())["T6"]["f1_gain_50"] == found["f1_gain_50"]


def test_false_offers_and_f1_are_counted_by_hand() -> None:
    from models.bench.learned import f1, false_offers

    said = [Said(True, True), Said(True, False), Said(False, True), Said(False, False)]
    assert f1(said) == 50.0
    assert false_offers(said) == 1


def test_the_splits_draw_differently() -> None:
    one, other = (
        run(user("mornings"), 3, prepared(), RuleGate(), LongerIsBetter(), small()._replace(draws=split))
        for split in ("dev", "test")
    )
    assert one.at != other.at


def test_recovered_and_recovered_to_stay() -> None:
    from models.bench.learned import AFTER, _change
    from models.bench.learning import Run

    def life(hits: dict[int, int]) -> Run:
        at = {point: [Said(n < hits[point], True) for n in range(10)] for point in AFTER}
        return Run(user("change: all to errors"), 0, at, dict.fromkeys(AFTER, 0), [])

    new = life(dict.fromkeys(AFTER, 8))
    mine = life({0: 2, 10: 8, 20: 4, 30: 8, 40: 8, 60: 8, 100: 9})
    found = _change(user("change: all to errors"), [mine], [new])
    assert (found["recovered"], found["held"]) == (10, 30)
    never = _change(user("change: all to errors"), [life(dict.fromkeys(AFTER, 1))], [new])
    assert (never["recovered"], never["held"]) == (None, None)

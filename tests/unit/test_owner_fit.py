"""The owner's difference from the shipped model: what is learned, how little of it without labels, and never ahead."""

from __future__ import annotations

import numpy as np
import pytest

from models.bench.features import Block, Example
from models.owner import fit
from models.owner.features import LEVEL, SHIPPED
from models.owner.fit import Row, choose, design, learn, probability, settle, threshold


def row(at: int, word: str, *, yes: bool, prior: float = 0.0) -> Row:
    block = Block("w", {f"w:{word}": 1.0, "w:the": 2.0})
    return Row(Example((block,), {LEVEL: 1.0, SHIPPED: prior, "x": 0.5}), prior, float(yes), 1.0, float(at))


def taste(count: int) -> list[Row]:
    return [row(n, "code" if n % 2 else "mail", yes=bool(n % 2)) for n in range(count)]


def test_it_learns_what_tells_yes_from_no():
    fitted = learn(taste(60), 1.0)
    assert probability(fitted, row(99, "code", yes=True)) > 0.8
    assert probability(fitted, row(99, "mail", yes=True)) < 0.2


def test_few_labels_move_it_little():
    few, many = (learn(taste(count), 0.4) for count in (4, 200))
    asked = row(999, "code", yes=True)
    assert 0.5 < probability(few, asked) < probability(many, asked)


def test_without_spread_only_the_level_moves():
    fitted = learn([row(n, "code" if n % 2 else "mail", yes=n % 10 == 0, prior=1.0) for n in range(50)], 0.0)
    code, mail = (probability(fitted, row(9, word, yes=True, prior=1.0)) for word in ("code", "mail"))
    assert code == pytest.approx(mail)
    assert code < 0.4


def test_the_margin_of_the_kept_model_is_that_of_the_fitted_one():
    rows = taste(20)
    fitted, made = learn(rows, 0.4), design([one.example for one in rows])
    weights = np.array([fitted.table.get(int(key), (0.0, 0.0))[1] for key in made.columns])
    margins = made.matrix @ weights
    assert margins == pytest.approx([fitted.margin(one.example) for one in rows], abs=1e-5)


def test_the_solution_is_the_best_one_nearby():
    draw = np.random.default_rng(1)
    x = draw.normal(size=(30, 8))
    kernel, prior = x @ x.T, draw.normal(size=30)
    target, weight = (draw.random(30) < 0.4).astype(float), draw.random(30)
    pull = settle(kernel, prior, target, weight)
    best = fit._height(kernel, pull, prior, target, weight)
    for _ in range(50):
        other = pull + 0.01 * draw.normal(size=30)
        assert fit._height(kernel, other, prior, target, weight) <= best + 1e-9
    p = fit.sigmoid(prior + kernel @ pull)
    assert x.T @ pull == pytest.approx(x.T @ (weight * (target - p)), abs=1e-4)


def test_the_owner_may_not_move_it_without_bound():
    rows = [row(n, "code", yes=True, prior=-9.0) for n in range(300)]
    fitted = learn(rows, 5.0)
    assert abs(fit.difference(fitted, rows[0].example)) <= fit.BOUND


def test_choosing_asks_only_about_what_came_later(monkeypatch):
    taught: list[float] = []

    def spy(rows, spread):
        taught[:] = [one.at for one in rows]
        return learn(rows, spread)

    def ask(fitted, one):
        assert one.at > max(taught)
        return probability(fitted, one)

    monkeypatch.setattr(fit, "learn", spy)
    monkeypatch.setattr(fit, "probability", ask)
    steps: list[int] = []
    choice = choose(taste(60), lambda: steps.append(1))
    assert choice.spread > 0
    assert len(choice.foretold) == 36
    assert len(steps) == len(fit.SPREADS) * len(fit.FOLDS)


def test_the_threshold_is_where_f1_is_expected_to_be_best():
    rows = [(p, row(1, "a", yes=True)) for p in (0.9, 0.8, 0.1, 0.05)]
    assert threshold(rows, 0.5) == pytest.approx(0.8)
    assert threshold([], 0.4) == 0.4


def test_overflow_is_none():
    assert fit.sigmoid(np.array([-2_000.0, 2_000.0])).tolist() == [0.0, 1.0]

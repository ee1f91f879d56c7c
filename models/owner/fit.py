"""Logistic regression around a prior, with numpy alone: it runs on a plain install.

The shipped model's log-odds stand as they are (the offset); what is fitted is the owner's difference from them, each
weight drawn to 0 by a normal prior. So no label means no difference, and few labels a small one. Solved in the space of
the rows (Newton's method for the Laplace approximation, Rasmussen & Williams 2006, algorithm 3.1): a thousand rows cost
the same however many words they hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.bench.features import Example
from models.bench.linear import Linear, column
from models.owner.features import LEVEL, SHIPPED

Floats = NDArray[np.float64]

# A word of one moment only says which moment it was (as models.bench.linear).
MIN_ROWS = 2
# The most frequent ones: 4,000 rows of them are 130 MB.
MOST_COLUMNS = 8_192
# Standard deviations of the prior, log-odds. Help rates range from .08 to .84 between people (FINDINGS): 2 log-odds
# either side of one half cover that in two deviations. The shipped margin is believed to within a third.
LEVEL_SPREAD, SHIPPED_SPREAD = 1.0, 0.3
# What else may differ; which of these it is, the labels say (:func:`choose`). 0: level and belief only.
SPREADS = (0.0, 0.15, 0.4, 1.0)
# Newton's method needs 5 to 8 rounds here; more only where it does not settle.
ROUNDS, SETTLED = 40, 1e-6
# A step that makes it worse is halved so often at most.
HALVINGS = 12
# Forward in time: taught the first 40, 60, 80 %, asked about the fifth that follows.
FOLDS = (0.4, 0.6, 0.8)
FOLD = 0.2
# Below this many rows a fold would say nothing; the careful spread is taken.
FEWEST_FOR_FOLDS = 40
CAREFUL = 0.15


@dataclass(frozen=True)
class Row:
    """One label to learn from: ``prior`` the shipped log-odds, ``target`` in {0, 1}, ``weight`` in (0, 1]."""

    example: Example
    prior: float
    target: float
    weight: float
    at: float


def sigmoid(x: Floats) -> Floats:
    """Logistic function that does not overflow."""
    out: Floats = np.exp(-np.logaddexp(0.0, -x))
    return out


def log_loss(margin: Floats, target: Floats) -> Floats:
    """Of each row, in nats."""
    out: Floats = np.logaddexp(0.0, np.where(target > 0, -margin, margin))
    return out


@dataclass(frozen=True)
class Design:
    """Which columns there are, how rare each is, and the rows in them (rows, columns)."""

    columns: NDArray[np.int64]
    rarity: Floats
    matrix: NDArray[np.float32]


def design(examples: Sequence[Example]) -> Design:
    """Look at all rows: n-grams of at least two of them, and every plain feature."""
    grams = [[column(name) for block in example.blocks for name in block.counts] for example in examples]
    plain = sorted({column(name) for example in examples for name in example.plain})
    found, counts = np.unique(np.array([key for row in grams for key in set(row)], dtype=np.int64), return_counts=True)
    kept = np.flatnonzero(counts >= MIN_ROWS)
    kept = np.sort(kept[np.argsort(-counts[kept], kind="stable")[: max(0, MOST_COLUMNS - len(plain))]])
    rare = np.log((1 + len(examples)) / (1 + counts[kept])) + 1.0
    columns = np.concatenate([found[kept], np.array(plain, dtype=np.int64)])
    rarity = np.concatenate([rare, np.ones(len(plain))])
    places = {int(key): place for place, key in enumerate(columns)}
    matrix = np.zeros((len(examples), len(columns)), dtype=np.float32)
    for row, example in zip(matrix, examples, strict=True):
        _fill(row, example, places, rarity)
    return Design(columns, rarity, matrix)


def _fill(row: NDArray[np.float32], example: Example, places: dict[int, int], rarity: Floats) -> None:
    for name, value in example.plain.items():
        row[places[column(name)]] += value
    for block in example.blocks:
        pairs = [(places.get(column(name)), 1.0 + math.log(count)) for name, count in block.counts.items()]
        known = [(place, value * rarity[place]) for place, value in pairs if place is not None]
        length = math.sqrt(sum(value * value for _, value in known))
        for place, value in known:
            row[place] += value / length


def learn(rows: Sequence[Row], spread: float) -> Linear:
    """The owner's difference from the shipped model."""
    made = design([row.example for row in rows])
    variances = _variances(made.columns, spread)
    scaled = made.matrix * np.sqrt(variances).astype(np.float32)
    kernel = (scaled @ scaled.T).astype(np.float64)
    prior, target, weight = (np.array([getattr(row, name) for row in rows]) for name in ("prior", "target", "weight"))
    pull = settle(kernel, prior, target, weight)
    weights = variances * (made.matrix.T @ pull)
    pairs = zip(made.columns.tolist(), zip(made.rarity.tolist(), weights.tolist(), strict=True), strict=True)
    # Also those of weight 0: they belong to the length of their block.
    return Linear(dict(pairs), 0.0)


def _variances(columns: NDArray[np.int64], spread: float) -> Floats:
    own = {column(LEVEL): LEVEL_SPREAD, column(SHIPPED): SHIPPED_SPREAD}
    return np.array([own.get(int(key), spread) ** 2 for key in columns])


def settle(kernel: Floats, prior: Floats, target: Floats, weight: Floats) -> Floats:
    """Each row's pull on the weights at the most likely ones."""
    pull = np.zeros(len(prior))
    best = _height(kernel, pull, prior, target, weight)
    for _ in range(ROUNDS):
        wanted = _newton(kernel, pull, prior, target, weight)
        for halving in range(HALVINGS):
            tried = pull + 0.5**halving * (wanted - pull)
            height = _height(kernel, tried, prior, target, weight)
            if height >= best:
                break
        else:
            break
        gain, pull, best = height - best, tried, height
        if gain < SETTLED:
            break
    return pull


def _height(kernel: Floats, pull: Floats, prior: Floats, target: Floats, weight: Floats) -> float:
    own = kernel @ pull
    return float(-weight @ log_loss(prior + own, target) - 0.5 * pull @ own)


def _newton(kernel: Floats, pull: Floats, prior: Floats, target: Floats, weight: Floats) -> Floats:
    own = kernel @ pull
    p = sigmoid(prior + own)
    curve = weight * p * (1.0 - p)
    root = np.sqrt(curve)
    inner = np.eye(len(prior)) + root[:, None] * kernel * root[None, :]
    aim = curve * own + weight * (target - p)
    out: Floats = aim - root * np.linalg.solve(inner, root * (kernel @ aim))
    return out


@dataclass(frozen=True)
class Choice:
    """The spread that foretold best, and what it foretold: (probability, row) of rows it had not seen."""

    spread: float
    foretold: tuple[tuple[float, Row], ...]


def choose(rows: Sequence[Row], step: Callable[[], None] = lambda: None) -> Choice:
    """Which spread foretells best, forward in time; ``rows`` oldest first.

    :param step: called after each fit; what it raises ends the work.
    """
    if len(rows) < FEWEST_FOR_FOLDS:
        fitted = learn(rows, CAREFUL)
        step()
        return Choice(CAREFUL, tuple((probability(fitted, row), row) for row in rows))
    found = []
    for spread in SPREADS:
        foretold: list[tuple[float, Row]] = []
        for share in FOLDS:
            first, last = round(share * len(rows)), round((share + FOLD) * len(rows))
            fitted = learn(rows[:first], spread)
            foretold += [(probability(fitted, row), row) for row in rows[first:last]]
            step()
        loss = sum(-row.weight * math.log(p if row.target else 1.0 - p) for p, row in foretold)
        found.append((loss, spread, tuple(foretold)))
    _, spread, best = min(found, key=lambda one: one[:2])
    return Choice(spread, best)


# Further than this the owner's labels may not move the shipped model: e^4 = 55-fold odds either way.
BOUND = 4.0


def difference(fitted: Linear, example: Example) -> float:
    """The owner's difference at one moment, log-odds, bounded."""
    return min(max(fitted.margin(example), -BOUND), BOUND)


def probability(fitted: Linear, row: Row) -> float:
    """P(yes) of one row."""
    return float(sigmoid(np.array(row.prior + difference(fitted, row.example))))


def threshold(foretold: Sequence[tuple[float, Row]], otherwise: float) -> float:
    """Where F1 is expected to be best, by the probabilities themselves.

    The best place by the labels is mostly chance where there are few (docs/lab-log.md); sums of probabilities are not.

    :param otherwise: without any row.
    """
    if not foretold:
        return otherwise
    pairs = sorted(((p, row.weight) for p, row in foretold), reverse=True)
    p, weight = np.array(pairs).T
    spoken = np.cumsum(weight)
    right = np.cumsum(weight * p)
    f1 = 2 * right / (spoken + (weight * p).sum())
    return float(p[int(np.argmax(f1))])

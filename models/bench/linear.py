"""A logistic model over hashed features: fitted with scikit-learn, served and kept with numpy alone.

Names become 32-bit numbers (CRC-32), so that a kept model holds no words of the data. Per n-gram: weight by rarity
(learned from the training rows), each block scaled to length 1, then one weight.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import SetupError
from models.bench.features import Example

FORMAT = 1
SEED = 7
# An n-gram of one history only says which history it is.
MIN_HISTORIES = 2
# Log-odds where all training rows say the same: 95 %.
ONE_SIDED = 3.0
MISSING = "scikit-learn and matplotlib are needed to fit and to plot, and are not installed."
HINT = (
    "pip install --require-hashes -r requirements/bench.lock (or the extra: pip install 'proactive-assistant[bench]')."
)


def sklearn_linear() -> Any:
    """scikit-learn's linear models, imported when first needed.

    :raises SetupError: it is not installed.
    """
    try:
        from sklearn import linear_model
    except ImportError as error:
        raise SetupError(MISSING, hint=HINT) from error
    return linear_model


@lru_cache(maxsize=1 << 18)
def column(name: str) -> int:
    """The number of a feature's name."""
    return zlib.crc32(name.encode())


def sigmoid(x: float) -> float:
    """Logistic function that does not overflow."""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


@dataclass(frozen=True)
class Linear:
    """``table``: column → (rarity, weight); plain features have rarity 1."""

    table: Mapping[int, tuple[float, float]]
    intercept: float

    def margin(self, example: Example) -> float:
        """Log-odds."""
        total = self.intercept
        for name, value in example.plain.items():
            total += value * self.table.get(column(name), (0.0, 0.0))[1]
        for block in example.blocks:
            total += self._block(block.counts)
        return total

    def _block(self, counts: Mapping[str, float]) -> float:
        dot = square = 0.0
        for name, count in counts.items():
            known = self.table.get(column(name))
            if known is not None:
                value = (1.0 + math.log(count)) * known[0]
                dot += value * known[1]
                square += value * value
        return dot / math.sqrt(square) if square else 0.0

    def arrays(self) -> dict[str, np.ndarray]:
        """What is kept: columns (uint32), rarity and weights (float32), the intercept."""
        columns = sorted(self.table)
        pairs = np.array([self.table[key] for key in columns], dtype=np.float32).reshape(len(columns), 2)
        return {
            "columns": np.array(columns, dtype=np.uint32),
            "rarity": pairs[:, 0],
            "weights": pairs[:, 1],
            "intercept": np.array([self.intercept], dtype=np.float64),
        }

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Linear:
        """The inverse of :meth:`arrays`."""
        rows = zip(arrays["columns"].tolist(), arrays["rarity"].tolist(), arrays["weights"].tolist(), strict=True)
        return cls({key: (rarity, weight) for key, rarity, weight in rows}, float(arrays["intercept"][0]))


@dataclass(frozen=True)
class Options:
    """``strength``: inverse of the L2 penalty (scikit-learn's C). ``own_level``: a free constant per trace, of this
    scale: help rates range from .08 to .84 between traces (FINDINGS), and words must not have to explain that.
    """

    strength: float = 1.0
    own_level: float = 0.0


@dataclass(frozen=True)
class Lesson:
    """One row to learn from: ``target`` in [0, 1] (a share of votes is a soft label)."""

    trace: str
    example: Example
    target: float
    weight: float = 1.0


def fit(lessons: Sequence[Lesson], options: Options) -> Linear:
    """Fit; the caller has asked the guard for the rows.

    :raises SetupError: scikit-learn is not installed.
    """
    linear_model = sklearn_linear()
    from scipy import sparse  # scikit-learn brings it

    examples = [lesson.example for lesson in lessons]
    columns, rarity = _rarity(examples)
    matrix = _matrix(examples, columns, rarity)
    if options.own_level:
        matrix = sparse.hstack([matrix, options.own_level * _levels([lesson.trace for lesson in lessons])])
    target = np.array([lesson.target for lesson in lessons])
    weight = np.array([lesson.weight for lesson in lessons])
    weights = np.concatenate([weight * target, weight * (1.0 - target)])
    classes = np.concatenate([np.ones(len(lessons)), np.zeros(len(lessons))])
    used = weights > 0
    if len(set(classes[used])) == 1:
        return Linear({}, ONE_SIDED if classes[used][0] else -ONE_SIDED)
    model = linear_model.LogisticRegression(C=options.strength, max_iter=2_000, random_state=SEED)
    model.fit(sparse.vstack([matrix, matrix]).tocsr()[used], classes[used], sample_weight=weights[used])
    pairs = zip(rarity.tolist(), model.coef_[0][: len(columns)].tolist(), strict=True)
    return Linear(dict(zip(columns.tolist(), pairs, strict=True)), float(model.intercept_[0]))


@lru_cache(maxsize=1 << 15)
def _numbered(example: Example) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """(columns, values) of the plain features, then of each block; counts as 1 + their logarithm."""
    plain = [(column(name), value) for name, value in example.plain.items()]
    blocks = [[(column(name), 1.0 + math.log(n)) for name, n in block.counts.items()] for block in example.blocks]
    return tuple(
        (np.array([key for key, _ in part], dtype=np.int64), np.array([value for _, value in part], dtype=float))
        for part in (plain, *blocks)
    )


def _rarity(examples: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
    """(columns, rarity), sorted by column: n-grams of at least two histories, and all plain features at 1."""
    grams = [keys for example in examples for keys, _ in _numbered(example)[1:]]
    found, histories = np.unique(np.concatenate([*grams, np.array([], dtype=np.int64)]), return_counts=True)
    kept = histories >= MIN_HISTORIES
    plain = np.unique(np.concatenate([_numbered(example)[0][0] for example in examples]))
    columns = np.concatenate([found[kept], plain])
    rarity = np.concatenate([np.log((1 + len(examples)) / (1 + histories[kept])) + 1.0, np.ones(len(plain))])
    order = np.argsort(columns, kind="stable")
    return columns[order], rarity[order]


def _matrix(examples: Sequence[Example], columns: np.ndarray, rarity: np.ndarray) -> Any:
    from scipy import sparse

    places: list[np.ndarray] = []
    values: list[np.ndarray] = []
    counts: list[int] = []
    for example in examples:
        before = len(places)
        for number, (keys, raw) in enumerate(_numbered(example)):
            place = np.minimum(np.searchsorted(columns, keys), len(columns) - 1)
            known = columns[place] == keys
            place, value = place[known], raw[known] * rarity[place[known]]
            if number and value.size:
                value = value / np.linalg.norm(value)
            places.append(place)
            values.append(value)
        counts.append(sum(part.size for part in places[before:]))
    edges = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_matrix((np.concatenate(values), np.concatenate(places), edges), (len(examples), len(columns)))


def _levels(traces: Sequence[str]) -> Any:
    from scipy import sparse

    names = {name: place for place, name in enumerate(sorted(set(traces)))}
    places = [names[trace] for trace in traces]
    return sparse.csr_matrix((np.ones(len(traces)), (range(len(traces)), places)), shape=(len(traces), len(names)))


def platt(margins: Sequence[float], targets: Sequence[float]) -> tuple[float, float]:
    """(slope, offset) that turn margins into probabilities; a slope below 0 is not believed."""
    linear_model = sklearn_linear()
    x = np.array(list(margins) * 2, dtype=float).reshape(-1, 1)
    soft = np.array(targets, dtype=float)
    weights = np.concatenate([soft, 1.0 - soft])
    classes = np.concatenate([np.ones(len(soft)), np.zeros(len(soft))])
    if soft.min() == soft.max():
        return 1.0, 0.0
    model = linear_model.LogisticRegression(C=1e3, max_iter=1_000).fit(
        x[weights > 0], classes[weights > 0], weights[weights > 0]
    )
    slope = float(model.coef_[0, 0])
    return (slope, float(model.intercept_[0])) if slope > 0 else (1.0, math.log(soft.mean() / (1.0 - soft.mean())))


def save(file: Path, models: Mapping[str, Linear], about: Mapping[str, Any]) -> None:
    """Write models and their description as one .npz without pickle."""
    arrays = {f"{name}.{part}": array for name, model in models.items() for part, array in model.arrays().items()}
    text = json.dumps({"format": FORMAT, "models": sorted(models), **about}, sort_keys=True)
    arrays["about"] = np.frombuffer(text.encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    file.write_bytes(buffer.getvalue())


def read(file: Path) -> tuple[dict[str, Linear], dict[str, Any]]:
    """What :func:`save` wrote.

    :raises SetupError: no such file, or not of this format.
    """
    try:
        # Not the file itself: numpy leaves one that is no archive open.
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as kept:
            arrays = dict(kept)
        about = json.loads(arrays["about"].tobytes())
        if about["format"] != FORMAT:
            raise SetupError(f"{file} is of format {about['format']}, not {FORMAT}.", hint="Train it again.")
        parts = ("columns", "rarity", "weights", "intercept")
        models = {name: Linear.of({part: arrays[f"{name}.{part}"] for part in parts}) for name in about["models"]}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SetupError(f"{file} cannot be read as a gate or judge: {error}", hint="Train it again.") from error
    return models, about

"""T3: the judge on unseen traces. T4: how often its choice among a context's voted tasks is one that was accepted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from models.bench.data import Bench, Moment
from models.bench.folds import OPEN
from models.bench.judges import judge_models
from models.bench.loto import Judged, Seen, judged
from models.bench.metrics import Metrics, auc, ece, grouped, measured, ratio, scores

COVERAGES = (100, 50, 30)


class Row(NamedTuple):
    """One voted answer; ``word`` is the judge's on a task, ``silent`` the gate's where the answer is silence."""

    word: Judged | None
    silent: bool
    valid: bool
    agreed: bool
    category: str

    @property
    def right(self) -> bool:
        return (self.silent if self.word is None else self.word.accepted) == self.valid


def rows_of(one: Seen, name: str) -> list[Row]:
    """All voted answers of a moment as the judge (and, for silence, the gate of the same name) sees them."""
    words = one.judged[name]
    rows = [
        Row(word, False, task.valid, len(set(task.votes)) == 1, task.category)
        for word, task in zip(words, one.moment.tasks, strict=True)
    ]
    silence, spoken = one.moment.silence, one.spoken.get(name)
    if silence is not None and spoken is not None:
        agreed = len(set(silence.votes)) == 1
        rows.append(Row(None, not spoken.speak, silence.valid, agreed, silence.category))
    return rows


def figures(rows: Sequence[Row]) -> Metrics:
    """On tasks: AUC, accuracy, F1, calibration error, the first two where all annotators agree. Accuracy per class."""
    tasks = [(row.word, row) for row in rows if row.word is not None]
    pairs = [(word.p, row.valid) for word, row in tasks]
    agreed = [(word, row) for word, row in tasks if row.agreed]
    per_class = {name.lower(): [row.right for row in rows if row.category == name] for name in ("MN", "CR", "CD", "FA")}
    return {
        "n": len(tasks),
        "auc": auc(pairs),
        "accuracy": ratio(sum(row.right for _, row in tasks), len(tasks)),
        "f1": scores([(word.accepted, row.valid) for word, row in tasks])["f1"],
        "ece": ece(pairs),
        "agreed_auc": auc([(word.p, row.valid) for word, row in agreed]),
        "agreed_accuracy": ratio(sum(row.right for _, row in agreed), len(agreed)),
    } | {name: ratio(sum(right), len(right)) if right else math.nan for name, right in per_class.items()}


def t3(seen: Sequence[Seen], repeats: int) -> dict[str, Any]:
    """One row per judge, over the traces with votes, generated ones too."""
    return {
        name: measured(figures, grouped([(o.moment.trace, row) for o in seen for row in rows_of(o, name)]), repeats)
        for name in seen[0].judged
    }


def t3_leaky(bench: Bench) -> dict[str, Any]:
    """The official split: every context of its test file is in its training file, so this flatters. No intervals."""
    train, test = (_only(bench.moments, split) for split in ("train", "test"))
    if not train or not test:
        return {}
    found = {}
    for judge in judge_models():
        judge.fit(train, OPEN)
        rows = [
            Row(judged(judge, moment, task.task or ""), False, task.valid, len(set(task.votes)) == 1, task.category)
            for moment in test
            for task in moment.tasks
        ]
        known = {name: value for name, value in figures(rows).items() if not math.isnan(value)}
        found[judge.name] = {name: round(value, 4) for name, value in known.items()}
    return found


def _only(moments: Sequence[Moment], split: str) -> list[Moment]:
    kept = [replace(m, voted=tuple(row for row in m.voted if row.split == split)) for m in moments]
    return [moment for moment in kept if moment.tasks]


class Choice(NamedTuple):
    """One context: the judge's probability of its best task, and that task's worth (0 or 1; a mean on ties)."""

    p: float
    accepted: float


def choice(words: Sequence[Judged], valid: Sequence[bool]) -> Choice:
    """The best task; of equals none is preferred."""
    best = max(word.p for word in words)
    worth = [right for word, right in zip(words, valid, strict=True) if word.p == best]
    return Choice(best, sum(worth) / len(worth))


def covered(choices: Sequence[Choice], percent: int) -> float:
    """The accepted share of the ``percent`` of contexts that the judge is surest of; equals at the edge shared out."""
    ordered = sorted((entry.p for entry in choices), reverse=True)
    count = max(1, round(len(ordered) * percent / 100))
    edge = ordered[count - 1]
    above = [entry.accepted for entry in choices if entry.p > edge]
    at = [entry.accepted for entry in choices if entry.p == edge]
    return (sum(above) + (count - len(above)) * sum(at) / len(at)) / count


def choice_figures(choices: Sequence[Choice]) -> Metrics:
    """Accepted share at each coverage."""
    return {"n": len(choices)} | {f"accepted_{percent}": covered(choices, percent) for percent in COVERAGES}


def choices(seen: Sequence[Seen], name: str) -> list[tuple[str, Choice]]:
    """(trace, choice) of each real moment with voted tasks."""
    real = [one for one in seen if one.moment.real and one.moment.tasks]
    return [(o.moment.trace, choice(o.judged[name], [task.valid for task in o.moment.tasks])) for o in real]


def t4(seen: Sequence[Seen], repeats: int) -> dict[str, Any]:
    """One row per judge; ``always`` accepts all alike, so it is the random candidate."""
    names = [name for name in seen[0].judged if name != "never"]
    found: dict[str, Any] = {name: measured(choice_figures, grouped(choices(seen, name)), repeats) for name in names}
    real = [one for one in seen if one.moment.real and one.moment.tasks]
    best = [(o.moment.trace, Choice(1.0, float(any(t.valid for t in o.moment.tasks)))) for o in real]
    return found | {"best_possible": measured(choice_figures, grouped(best), repeats)}


def curve(seen: Sequence[Seen], name: str) -> list[tuple[float, float]]:
    """(coverage %, accepted share) for the plot."""
    found = [entry for _, entry in choices(seen, name)]
    return [(percent, covered(found, percent)) for percent in range(5, 101, 5)]

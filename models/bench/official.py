"""T2: ProactiveBench's own formulas, with the project's judge as the reward model.

An offer counts as right where the reward judge (which learned without the trace) accepts it; silence where annotators
wanted nothing (human votes: all these events have them, and our own gate must not be its own referee).

Ours offers what its own proposer drafts, the best by the half judge that is not the rewarding one; where no draft is
grounded it stays silent, as in use. The baselines and the rules have no proposer and choose among the context's voted
tasks; "ours, voted tasks" does, too. For these rows the humans' own verdict on the chosen task is known: ``f1_votes``,
``false_alarm_votes``.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from models.bench.loto import Seen
from models.bench.metrics import SEED, Metrics, counted, grouped, measured, ratio

# BENCH.md, "Where the bar stands": the paper's figure of Qwen2-7B-Proactive, the repository's CSV of Qwen2-72B.
OFFICIAL: dict[str, dict[str, float]] = {
    "activeqwen": {"official_f1": 0.6647, "official_false_alarm": 0.502},
    "qwen2-72b-instruct": {"official_f1": 0.699, "official_false_alarm": 0.414},
}


VOTED = "ours, voted tasks"


class Scored(NamedTuple):
    """One event: the offer's worth in [0, 1] by the judge, by its probability and by votes; None = silent."""

    accepted: float | None
    expected: float
    voted: float | None
    wanted: bool


def _counts(worths: Sequence[tuple[float | None, bool]]) -> Metrics:
    tp = sum(worth for worth, _ in worths if worth is not None)
    fp = sum(1.0 - worth for worth, _ in worths if worth is not None)
    fn = sum(wanted for worth, wanted in worths if worth is None)
    return counted(tp, fp, fn, sum(not wanted for worth, wanted in worths if worth is None))


def figures(rows: Sequence[Scored]) -> Metrics:
    """The official figures, the same with expected counts (``f1_expected``), and by votes where they are known."""
    spoke = [row for row in rows if row.accepted is not None]
    found: Metrics = {"n": len(rows), "spoke": ratio(len(spoke), len(rows))}
    official = _counts([(row.accepted, row.wanted) for row in rows])
    found |= {name: official[name] for name in ("precision", "recall", "accuracy", "false_alarm", "f1")}
    expected = _counts([(row.accepted if row.accepted is None else row.expected, row.wanted) for row in rows])
    found |= {"f1_expected": expected["f1"]}
    if spoke and all(row.voted is not None for row in spoke):
        votes = _counts([(row.voted, row.wanted) for row in rows])
        found |= {"f1_votes": votes["f1"], "false_alarm_votes": votes["false_alarm"]}
    return found


def t2(seen: Sequence[Seen], repeats: int) -> dict[str, Any]:
    """One row per model, every one under the same judges."""
    draw = random.Random(SEED)  # noqa: S311 - seeded, not cryptography
    rows: dict[str, list[tuple[str, Scored]]] = {}
    for one in seen:
        if not one.moment.real or not one.moment.tasks:
            continue
        pick = draw.randrange(len(one.moment.tasks))
        for name in one.spoken:
            rows.setdefault(name, []).append((one.moment.trace, _score(one, name, pick)))
        if "ours" in one.drafts:
            rows.setdefault(VOTED, []).append((one.moment.trace, _score(one, VOTED, pick)))
    own = {name for one in seen for name in (*one.offers, *one.drafts)}
    return {
        name: {"offers": "its own" if name in own else "voted tasks"}
        | measured(figures, grouped(found), repeats)
        | OFFICIAL.get(name, {})
        for name, found in rows.items()
    }


def _score(one: Seen, name: str, pick: int) -> Scored:
    silent = Scored(None, 0.0, None, one.moment.help_needed)
    drafts = one.drafts.get(name)
    if not one.spoken["ours" if name == VOTED else name].speak or drafts == ():
        return silent
    tasks = drafts or tuple(task.task or "" for task in one.moment.tasks)
    chosen = [_offer(one, name, tasks, picker, pick) for picker in reversed(one.rewards)]
    words = [rewards[task] for rewards, task in zip(one.rewards, chosen, strict=True)]
    valid = {task.task: task.valid for task in one.moment.tasks}
    own = name in one.offers or drafts is not None
    votes = [] if own else [float(valid[task]) for task in chosen]
    return Scored(
        sum(word.accepted for word in words) / len(words),
        sum(word.p for word in words) / len(words),
        None if own else sum(votes) / len(votes),
        one.moment.help_needed,
    )


def _offer(one: Seen, name: str, tasks: Sequence[str], picker: Mapping[str, Any], pick: int) -> str:
    if name in one.offers:
        return one.offers[name]
    if name in {"ours", VOTED}:
        return max(tasks, key=lambda task: picker[task].p)
    return tasks[pick % len(tasks)]

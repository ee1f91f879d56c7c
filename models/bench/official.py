"""T2: ProactiveBench's own formulas, with the project's judge as the reward model.

An offer counts as right where the reward judge (which learned without the trace) accepts it; silence where annotators
wanted nothing (human votes: all these events have them, and our own gate must not be its own referee).

Ours offers what its own proposer drafts, the best by the half judge that is not the rewarding one; where no draft is
grounded it stays silent, as in use. This table asks whether an offer is liked, not whether help was wanted, so here
"ours" is the assistant with its dial at talkative: it speaks wherever the picking judge accepts its best draft, as the
peers speak wherever they have something to say. "ours, gated" speaks only where the gate of T1 does, as shipped. No
threshold is fitted to this table: the judge's own comes from the training folds. The baselines and the rules have no
proposer and choose among the context's voted tasks; "ours, voted tasks" does, too. For these rows the humans' own
verdict on the chosen task is known: ``f1_votes``, ``false_alarm_votes``.
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
GATED, OURS = "ours, gated", "ours"
HALF = 0.5


class Scored(NamedTuple):
    """One event: the offer's worth in [0, 1] by the judge, by its probability and by votes; None = silent.

    ``weight``: one half where each of the two judges that pick decided for itself whether to speak.
    """

    accepted: float | None
    expected: float
    voted: float | None
    wanted: bool
    weight: float = 1.0


class _Worth(NamedTuple):
    worth: float | None
    wanted: bool
    weight: float


def _counts(worths: Sequence[_Worth]) -> Metrics:
    tp = sum(one.weight * one.worth for one in worths if one.worth is not None)
    fp = sum(one.weight * (1.0 - one.worth) for one in worths if one.worth is not None)
    fn = sum(one.weight * one.wanted for one in worths if one.worth is None)
    return counted(tp, fp, fn, sum(one.weight * (not one.wanted) for one in worths if one.worth is None))


def figures(rows: Sequence[Scored]) -> Metrics:
    """The official figures, the same with expected counts (``f1_expected``), and by votes where they are known."""
    spoke = [row for row in rows if row.accepted is not None]
    n = sum(row.weight for row in rows)
    found: Metrics = {"n": round(n), "spoke": ratio(sum(row.weight for row in spoke), n)}
    official = _counts([_Worth(row.accepted, row.wanted, row.weight) for row in rows])
    found |= {name: official[name] for name in ("precision", "recall", "accuracy", "false_alarm", "f1")}
    expected = _counts([_Worth(None if row.accepted is None else row.expected, row.wanted, row.weight) for row in rows])
    found |= {"f1_expected": expected["f1"]}
    if spoke and all(row.voted is not None for row in spoke):
        votes = _counts([_Worth(row.voted, row.wanted, row.weight) for row in rows])
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
        trace = one.moment.trace
        for name in one.spoken:
            talkative = name == OURS and OURS in one.drafts
            found = _talkative(one) if talkative else [_score(one, name, pick)]
            rows.setdefault(name, []).extend((trace, row) for row in found)
        if OURS in one.drafts:
            rows.setdefault(GATED, []).append((trace, _score(one, GATED, pick)))
            rows.setdefault(VOTED, []).append((trace, _score(one, VOTED, pick)))
    own = {name for one in seen for name in (*one.offers, *one.drafts, GATED)}
    return {
        name: {"offers": "its own" if name in own else "voted tasks"}
        | measured(figures, grouped(found), repeats)
        | OFFICIAL.get(name, {})
        for name, found in rows.items()
    }


def _talkative(one: Seen) -> list[Scored]:
    """Ours with its dial at talkative: for each pair of judges, one picks and decides, the other rewards."""
    found = []
    for picker, rewarding in zip(reversed(one.rewards), one.rewards, strict=True):
        ranked = sorted((picker[task].p, task) for task in one.drafts[OURS])
        if ranked and picker[best := ranked[-1][1]].accepted:
            word = rewarding[best]
            found.append(Scored(float(word.accepted), word.p, None, one.moment.help_needed, HALF))
        else:
            found.append(Scored(None, 0.0, None, one.moment.help_needed, HALF))
    return found


def _score(one: Seen, name: str, pick: int) -> Scored:
    silent = Scored(None, 0.0, None, one.moment.help_needed)
    drafts = one.drafts.get(OURS if name == GATED else name)
    if not one.spoken[OURS if name in {VOTED, GATED} else name].speak or drafts == ():
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
    if name in {OURS, GATED, VOTED}:
        return max(tasks, key=lambda task: picker[task].p)
    return tasks[pick % len(tasks)]

"""T6 as a table: many users, several seeds, figures with intervals, and what a change of taste costs."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import numpy as np

from assistant.ports import Gate, Judge
from models.bench.learning import POINTS, Options, Run, Said, run
from models.bench.metrics import intervals, ratio, scores
from models.bench.stream import Prepared, Split, of_split, prepare
from models.bench.tastes import USERS, User
from models.corpus import Scene

Progress = Callable[[str], None]

SEEDS, QUICK_SEEDS = 5, 1
REPEATS, QUICK_REPEATS = 1_000, 200
# After the change of taste: until when F1 is looked at, and how near a newcomer's counts as recovered, in points.
AFTER = (0, 10, 20, 30, 40, 60, 100)
NEAR = 3.0
CHANGE_AT = 100
TARGET_AT = 50
QUICK_USERS = ("only coding", "mornings", "only searches", "change: searches to typing", "random", "never answers")


class Plan(NamedTuple):
    """What to run."""

    split: Split = "test"
    seeds: int = SEEDS
    repeats: int = REPEATS
    users: tuple[User, ...] = USERS
    options: Options = Options()


def quick_plan(split: Split) -> Plan:
    """Six users, one seed: a look, not a result."""
    return Plan(split, QUICK_SEEDS, QUICK_REPEATS, tuple(user for user in USERS if user.name in QUICK_USERS))


def steps(plan: Plan) -> int:
    """How often :func:`t6` reports progress."""
    return 1 + len(plan.users)


def t6(scenes: Sequence[Scene], gate: Gate, judge: Judge, plan: Plan, progress: Progress) -> dict[str, Any]:
    """The whole table."""
    plan = plan._replace(options=plan.options._replace(draws=plan.split))
    prepared = [prepare(scene, gate) for scene in scenes if of_split(scene, plan.split)]
    progress("scenes")
    users: dict[str, dict[str, Any]] = {}
    changes: dict[str, dict[str, Any]] = {}
    updates: list[float] = []
    for user in plan.users:
        lives = _lives(user, prepared, gate, judge, plan)
        updates += [seconds for life in lives for seconds in life.updates]
        if user.later is None:
            users[user.name] = _row(user, lives, plan)
        else:
            newcomers = _newcomers(user, prepared, gate, judge, plan)
            changes[user.name] = _change(user, lives, newcomers)
        progress(user.name)
    points = [str(point) for point in plan.options.points]
    return {
        "about": _about(prepared, plan),
        **_headline(users, changes, updates),
        "mean": _mean(users, points, plan.repeats),
        "users": users,
        "changes": changes,
    }


def _lives(user: User, prepared: Sequence[Prepared], gate: Gate, judge: Judge, plan: Plan) -> list[Run]:
    options = plan.options
    if user.later is not None:
        options = options._replace(points=AFTER, change_at=CHANGE_AT)
    return [run(user, seed, prepared, gate, judge, options) for seed in range(plan.seeds)]


def _newcomers(user: User, prepared: Sequence[Prepared], gate: Gate, judge: Judge, plan: Plan) -> list[Run]:
    """The same user on the same days, who had the later taste from the beginning."""
    assert user.later is not None  # noqa: S101 - the caller looked
    options = plan.options._replace(points=AFTER)
    always = replace(user, taste=user.later, later=None)
    return [run(always, seed, prepared, gate, judge, options) for seed in range(plan.seeds)]


def f1(said: Sequence[Said]) -> float:
    """In points, 0 to 100."""
    return 100 * scores([(one.spoke, one.wanted) for one in said])["f1"]


def false_offers(said: Sequence[Said]) -> int:
    """How often it spoke where this user wanted nothing."""
    return sum(one.spoke and not one.wanted for one in said)


def _row(user: User, lives: Sequence[Run], plan: Plan) -> dict[str, Any]:
    points = plan.options.points
    gains = {point: [f1(life.at[point]) - f1(life.at[0]) for life in lives] for point in points}
    before = sum(false_offers(life.at[0]) for life in lives)
    spread = intervals(
        lambda rows: {str(point): float(np.mean([row[point] for row in rows])) for point in points},
        {str(life.seed): [{point: gains[point][place] for point in points}] for place, life in enumerate(lives)},
        plan.repeats,
    )
    wanted = [one.wanted for life in lives for one in life.at[0]]
    return {
        "taste": user.says,
        "noise": user.noise,
        "silent": user.silent,
        "presses": user.presses,
        "has_taste": user.has_taste,
        "random": user.random is not None,
        "wanted_share": round(ratio(sum(wanted), len(wanted)), 4),
        "labels": round(float(np.mean([life.reached[points[-1]] for life in lives])), 1),
        "f1": {str(point): round(float(np.mean([f1(life.at[point]) for life in lives])), 2) for point in points},
        "f1_gain": {str(point): round(float(np.mean(gains[point])), 2) for point in points},
        "f1_gain_ci": {str(point): spread[f"{point}_ci"] for point in points},
        "false_offers": {str(point): sum(false_offers(life.at[point]) for life in lives) for point in points},
        "false_offer_change": {
            str(point): round(100 * (ratio(sum(false_offers(life.at[point]) for life in lives), before) - 1), 1)
            for point in points
        },
        "offers": {str(point): sum(one.spoke for life in lives for one in life.at[point]) for point in points},
    }


def _change(user: User, lives: Sequence[Run], newcomers: Sequence[Run]) -> dict[str, Any]:
    """``recovered``: labels after the change until F1 is as near to a newcomer's after as many; ``held``: and stays so
    at every later point. None = not within 100.
    """
    mine = {point: float(np.mean([f1(life.at[point]) for life in lives])) for point in AFTER}
    new = {point: float(np.mean([f1(life.at[point]) for life in newcomers])) for point in AFTER}
    near = [point for point in AFTER if mine[point] >= new[point] - NEAR]
    held = [point for point in near if all(later in near for later in AFTER if later > point)]
    return {
        "taste": user.says,
        "f1_after_change": {str(point): round(mine[point], 2) for point in AFTER},
        "f1_newcomer": {str(point): round(new[point], 2) for point in AFTER},
        "f1_global": round(new[0], 2),
        "recovered": near[0] if near else None,
        "held": held[0] if held else None,
        "labels": [life.reached[AFTER[-1]] for life in lives],
    }


def _mean(users: dict[str, dict[str, Any]], points: Sequence[str], repeats: int) -> dict[str, Any]:
    """Over users with a taste; intervals by drawing whole users."""
    tasted = {name: [row] for name, row in users.items() if row["has_taste"]}
    found: dict[str, Any] = {"users": len(tasted)}
    for key in ("f1_gain", "false_offer_change"):

        def measure(rows: list[dict[str, Any]], key: str = key) -> dict[str, float]:
            return {point: float(np.mean([row[key][point] for row in rows])) for point in points}

        if tasted:
            found[key] = {
                name: round(value, 2)
                for name, value in measure([row for rows in tasted.values() for row in rows]).items()
            }
            spread = intervals(measure, tasted, repeats)
            found[f"{key}_ci"] = {point: spread[f"{point}_ci"] for point in points}
    return found


def _headline(
    users: dict[str, dict[str, Any]], changes: dict[str, dict[str, Any]], updates: Sequence[float]
) -> dict[str, Any]:
    tasted = [row for row in users.values() if row["has_taste"]]
    worst = [
        (gain, name, point)
        for name, row in users.items()
        if not row["random"]
        for point, gain in row["f1_gain"].items()
    ]
    drift = [abs(gain) for row in users.values() if row["random"] for gain in row["f1_gain"].values()]
    recovery = {key: [row[key] for row in changes.values()] for key in ("recovered", "held")}
    lowest = min(worst, default=(0.0, "", "0"))
    at = str(TARGET_AT)
    return {
        "f1_gain_50": round(float(np.mean([row["f1_gain"][at] for row in tasted])), 2) if tasted else None,
        "false_offer_change_50": round(float(np.mean([row["false_offer_change"][at] for row in tasted])), 1)
        if tasted
        else None,
        "worst": lowest[0],
        "worst_user": f"{lowest[1]}, after {lowest[2]} labels",
        "recovery_labels": _slowest(recovery["recovered"]),
        "recovery_held": _slowest(recovery["held"]),
        "random_drift": max(drift, default=None),
        "update_ms_p50": round(1e3 * float(np.percentile(updates, 50)), 2) if updates else None,
        "update_ms_p95": round(1e3 * float(np.percentile(updates, 95)), 2) if updates else None,
    }


def _slowest(recovered: Sequence[int | None]) -> int | None:
    known = [labels for labels in recovered if labels is not None]
    return max(known) if known and len(known) == len(recovered) else None


def _about(prepared: Sequence[Prepared], plan: Plan) -> dict[str, Any]:
    options = plan.options
    return {
        "split": plan.split,
        "scenes": len(prepared),
        "moments": sum(len(one.contexts) for one in prepared),
        "seeds": plan.seeds,
        "one_in": options.one_in,
        "judge": options.with_judge,
        "tuning": asdict(options.tuning),
        "points": list(POINTS),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
    }

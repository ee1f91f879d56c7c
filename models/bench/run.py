"""All tables in one go: what ``assistant bench proactive`` runs."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from models.bench import cost, judging, official, restraint, timing
from models.bench.artefact import Artefact, load_artefact, trained_on
from models.bench.data import Bench
from models.bench.judges import judge_models
from models.bench.linear import sklearn_linear
from models.bench.loto import Progress, Seen, leave_one_out
from models.bench.metrics import SEED, ratio, reliability
from models.bench.models import Peer, timing_models
from models.bench.speaking import DRAFTS, ModelTiming, Speakers

# Draws of the bootstrap: quick intervals are a little rougher.
REPEATS, QUICK_REPEATS = 2_000, 300
HOURS, QUICK_HOURS = 10, 3
FITTED = ("data", "features", "folds", "judges", "linear", "loto", "models")


class Plan(NamedTuple):
    """What to run. ``artefact``: score this file as it is; None: fit inside the folds."""

    quick: bool = False
    artefact: Path | None = None
    suggestion: Callable[[], dict[str, Any]] | None = None
    speakers: Speakers | None = None


def run(bench: Bench, plan: Plan, progress: Progress) -> dict[str, Any]:
    """Every table under its key, with the environment and the points of the plots.

    :raises SetupError: scikit-learn is missing, or the artefact may not be scored on these traces.
    """
    sklearn_linear()
    artefact = load_artefact(plan.artefact) if plan.artefact else None
    refused = trained_on(artefact, bench) if artefact else frozenset[str]()
    models = timing_models(bench, artefact.gate if artefact else None)
    judges = judge_models(artefact.judge if artefact else None)
    if plan.speakers:
        models = [models[0], *plan.speakers.timing(), *models[1:]]
    seen = leave_one_out(bench, models, judges, progress, refused, plan.speakers)
    repeats = QUICK_REPEATS if plan.quick else REPEATS
    report: dict[str, Any] = {"about": _about(bench, artefact, plan, refused)}
    progress("T1")
    report |= {"T1": timing.t1(seen, repeats), "T1_two": timing.t1_two(seen, repeats)}
    progress("T2")
    report["T2"] = official.t2(seen, repeats)
    progress("T3, T4")
    report |= {"T3": judging.t3(seen, repeats), "T3_leaky": {} if artefact else judging.t3_leaky(bench)}
    report["T4"] = judging.t4(seen, repeats)
    progress("T5")
    alone = [model for model in models if not isinstance(model, (Peer, ModelTiming))]
    report["T5"] = restraint.t5(alone, bench.moments, QUICK_HOURS if plan.quick else HOURS, repeats)
    progress("T7")
    if plan.speakers:
        report["proposer"] = offers(seen, plan.speakers)
    return report | {"T7": cost.t7(alone, plan.suggestion), "plots": _plots(seen)}


def offers(seen: list[Seen], speakers: Speakers) -> dict[str, Any]:
    """Of the first drafts at the scored moments: how many are about what happened (models.grounding)."""
    table = {}
    for name, speaker, count in (("ours", speakers.ours, DRAFTS), ("untuned base", speakers.base, 1)):
        said = [speaker.said(one.moment, count) for one in seen if one.moment.real]
        first = [one for one in said if one.drafts]
        grounded = sum(one.drafts[0] in one.grounded for one in first)
        table[name] = {
            "n": len(said),
            "written": len(first),
            "first_grounded": ratio(grounded, len(first)),
            "some_grounded": ratio(sum(bool(one.grounded) for one in said), len(said)),
            "first_fit": ratio(sum(one.drafts[0] in one.fit for one in first), len(first)),
            "some_fit": ratio(sum(bool(one.fit) for one in said), len(said)),
            "offers_grounded": ratio(
                sum(task in one.grounded for one in said for task in one.fit), sum(len(one.fit) for one in said)
            ),
            "drafts": sum(len(one.drafts) for one in said) / max(1, len(said)),
            "different": ratio(len({one.drafts[0] for one in first}), len(first)),
        }
    return table


def steps(bench: Bench) -> int:
    """How often :func:`run` reports progress."""
    return len({moment.trace for moment in bench.moments}) + 5


def _plots(seen: list[Seen]) -> dict[str, Any]:
    pairs = [(row.word.p, row.valid) for one in seen for row in judging.rows_of(one, "ours") if row.word is not None]
    return {
        "gate": {name: timing.curve(seen, name) for name in ("ours", "ngrams", "rules")},
        "judge": reliability(pairs),
        "choice": {name: judging.curve(seen, name) for name in ("ours", "ngrams")},
    }


def _about(bench: Bench, artefact: Artefact | None, plan: Plan, refused: frozenset[str]) -> dict[str, Any]:
    return {
        "mode": "shipped" if artefact else "loto",
        "quick": plan.quick,
        "artefact_sha256": artefact.hash if artefact else None,
        "refused_traces": sorted(refused),
        "code_sha256": _code(),
        "data_sha256": hashlib.sha256(json.dumps([moment.key for moment in bench.moments]).encode()).hexdigest(),
        "traces": {name: len(events) for name, events in sorted(bench.traces.items())},
        "voted_contexts": len(bench.moments),
        "scored_events": len(bench.scored),
        "peers": sorted(bench.peers),
        "seed": SEED,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "versions": {name: metadata.version(name) for name in ("numpy", "scipy", "scikit-learn")},
    }


def _code() -> str:
    """Hash of what is fitted inside the folds: the files that weights, thresholds and features come from."""
    here = Path(__file__).parent
    files = [here / f"{name}.py" for name in FITTED] + [here.parent / "signals.py", here.parent / "rule_gate.py"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

"""Everything that is shipped, from the data: adapter, gate, judge, manifest. What ``assistant train base`` runs."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.errors import SetupError
from assistant.prompt import NULL, VALUE, build_prompt
from models import shipped
from models.base import PACKAGE, bundled_file
from models.corpus import load_corpus
from models.runtime import Runtime
from models.train import NEEDED, export
from models.train.curve import plot, read_curve
from models.train.loop import CURVE, load_adapter, train
from models.train.packing import Packed, Points, pack, scene_points
from models.train.peers import peer_points
from models.train.sft import SftOptions, adapter_state, load_base, margins, split, with_adapter

HINT = "pip install -r requirements/train.txt (or the extra: pip install 'proactive-assistant[train]')."
# Enough to tokenize with.
TOKENIZER_CONTEXT = 512
# Of the held-out moments where help is right, so many may be lost to the proposer's own veto.
LOST = 0.1

# The second stage: a pass over the corpus at a lower rate, with the peers' offers (200 moments) twice in it.
PEER_PASSES = 2
# It is about tasks: only one scene in four has the other fields, against forgetting them. Half the tokens.
WHOLE_EVERY = 4
SECOND_RATE = 3e-4
CORPUS, MIXED = "corpus", "mixed"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """``first``: how the corpus is learned; ``start``: a GGUF adapter that takes that stage's place; ``base``: a GGUF
    file in place of the bundled model.
    """

    data: Path | None
    work: Path
    out: Path
    first: SftOptions
    start: Path | None = None
    base: Path | None = None

    @property
    def second(self) -> SftOptions:
        return replace(self.first, epochs=1, rate=SECOND_RATE, seed=self.first.seed + 1)

    @property
    def last(self) -> tuple[Path, SftOptions]:
        """Where the trained adapter lies, and the options of the stage that made it."""
        return (self.work / CORPUS, self.first) if self.data is None else (self.work / MIXED, self.second)


class Ready(NamedTuple):
    """What training needs: base file, tokenizer, all histories, (token of null, token that begins a task)."""

    base: Path
    tokenizer: Runtime
    points: list[Points]
    decision: tuple[int, int]


def ready(file: Path | None = None) -> Ready:
    """Open base and corpus.

    :param file: a GGUF file of llama's architecture in place of the bundled model.
    :raises SetupError: one of the packages that training needs is not installed.
    """
    for name in NEEDED:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError as error:
            raise SetupError(f"Training needs {name}, which is not installed.", hint=HINT) from error
    base = file or bundled_file()
    tokenizer = Runtime(base, context_tokens=TOKENIZER_CONTEXT, threads=1)
    points = [scene_points(scene) for scene in load_corpus()]
    return Ready(base, tokenizer, points, (tokenizer.tokenize(NULL)[0], tokenizer.tokenize(VALUE)[0]))


def train_adapter(parts: Ready, plan: Plan, say: Say) -> None:
    """Fine-tune in two stages, or go on where ``plan.work`` left off.

    The second stage needs ProactiveBench (``plan.data``); without it the first is all.
    """
    import torch

    model = with_adapter(load_base(parts.base), plan.first)
    if torch.cuda.is_available():
        model = model.to("cuda")
    if plan.start is None:
        say("first stage: the corpus")
        train(model, parts.points, parts.tokenizer, parts.decision, plan.work / CORPUS, plan.first, say=say)
        load_adapter(model, plan.work / CORPUS)
    else:
        start_from(model, plan.start)
    if plan.data is not None:
        from models.bench.data import load

        peers = peer_points(load(plan.data))
        say(f"second stage: the corpus again, and the peers' offers on {len(peers)} generated traces without votes")
        scenes, held = split(parts.points)
        thinned = [one._replace(task_only=number % WHOLE_EVERY > 0) for number, one in enumerate(scenes)]
        points = [*held, *thinned, *peers * PEER_PASSES]
        train(model, points, parts.tokenizer, parts.decision, plan.work / MIXED, plan.second, say=say)


def start_from(model: Any, file: Path) -> None:
    """Put a GGUF adapter of ours into ``model``."""
    config = model.config
    state = export.read_adapter(file, config.num_attention_heads, config.num_key_value_heads)
    model.load_state_dict(state, strict=False)


def export_adapter(parts: Ready, plan: Plan) -> dict[str, Any]:
    """Write adapter and record from the last checkpoint; what the manifest says about them."""
    work, options = plan.last
    model = with_adapter(load_base(parts.base, exact=True), options)
    steps = load_adapter(model, work)
    export.write_adapter(plan.out / shipped.ADAPTER, adapter_state(model), model.config, options)
    held = [pack(one, parts.tokenizer) for one in split(parts.points)[1]]
    record = export.agreement_record(model, held)
    export.write_record(plan.out / shipped.AGREEMENT, record)
    return {"steps": steps, **own_level(model, held, parts.decision)}


def own_level(model: Any, held: Sequence[Packed], decision: tuple[int, int]) -> dict[str, Any]:
    """``min_offer``: the P(a task) that nine in ten held-out moments with a task reach; and what it silences."""
    from models.bench.metrics import auc

    rows = [row for packed in held for row in margins(model, packed, *decision)]
    p = 1.0 / (1.0 + np.exp(-np.array([gap for gap, _ in rows])))
    wanted = np.array([right for _, right in rows])
    level = float(np.quantile(p[wanted], LOST))
    return {
        "min_offer": round(level, 4),
        "held_out": {
            "scenes": len(held),
            "moments": len(rows),
            "auc": round(auc(rows), 4),
            "silenced_where_silence_is_right": round(float((p[~wanted] < level).mean()), 4),
        },
    }


def fit_gate(data: Path | None, out: Path, say: Say) -> dict[str, Any]:
    """Fit gate and judge on all votes in ``data``; without it the ones that are there stay."""
    from models.bench.artefact import ship
    from models.bench.data import load

    if data is None:
        say("no --data: gate and judge stay as they are")
        return {}
    bench = load(data)
    ship(bench, out / shipped.GATE)
    say(f"gate and judge: {len(bench.moments)} voted moments of {len({m.trace for m in bench.moments})} traces")
    return {
        "votes": {
            "moments": len(bench.moments),
            "traces": sorted({moment.trace for moment in bench.moments}),
            "contexts_sha256": hashlib.sha256("".join(sorted(m.key for m in bench.moments)).encode()).hexdigest(),
        }
    }


def write_manifest(parts: Ready, plan: Plan, found: dict[str, Any]) -> None:
    """Describe what lies in ``plan.out``."""
    work, options = plan.last
    out = plan.out
    curve = [json.loads(line) for line in (work / CURVE).read_text(encoding="utf-8").splitlines()]
    files = (shipped.ADAPTER, shipped.GATE, shipped.AGREEMENT)
    about = {
        "made_by": "assistant train base",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "licence": "Apache-2.0",
        "base": {
            **_base(plan),
            "sha256": _sha(parts.base),
        },
        "data": {
            "corpus": "models/corpus",
            "scenes": len(parts.points),
            "corpus_sha256": hashlib.sha256(repr(parts.points).encode()).hexdigest(),
            "held_out_scenes": sorted(one.name for one in split(parts.points)[1]),
        },
        "prompt_sha256": hashlib.sha256(build_prompt([], tuned=True).text.encode()).hexdigest(),
        "stages": _stages(plan),
        "options": asdict(options),
        "curve": [row for row in curve if "held_loss" in row],
        "seconds": round(sum(_spent(curve))),
        "versions": {name: metadata.version(name) for name in NEEDED},
        "python": platform.python_version(),
        "sha256": {name: _sha(out / name) for name in files if (out / name).exists()},
        **found,
    }
    (out / shipped.MANIFEST).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _base(plan: Plan) -> dict[str, str]:
    if plan.base is not None:
        return {"name": plan.base.stem}
    package = f"{PACKAGE} {metadata.version(PACKAGE)}"
    return {"name": "SmolLM2-135M-Instruct", "licence": "Apache-2.0", "package": package}


def _stages(plan: Plan) -> list[dict[str, Any]]:
    first = {"on": "corpus", "rate": plan.first.rate, "epochs": plan.first.epochs}
    if plan.start is not None:
        first |= {"taken_from_adapter_sha256": _sha(plan.start)}
    second = {"on": f"corpus + peers' offers x {PEER_PASSES}", "rate": SECOND_RATE, "epochs": 1}
    return [first, second] if plan.data is not None else [first]


def _spent(curve: Sequence[dict[str, float]]) -> list[float]:
    """Seconds of each run: their clocks start anew when training goes on."""
    ends = [a["s"] for a, b in pairwise(curve) if b["s"] < a["s"]]
    return [*ends, curve[-1]["s"]] if curve else []


def _sha(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def run(plan: Plan, say: Say) -> None:
    """All of it; killed, it goes on from its last checkpoint when run again.

    :raises SetupError: a package is missing, or ``plan.data`` is no ProactiveBench folder.
    """
    parts = ready(plan.base)
    plan.out.mkdir(parents=True, exist_ok=True)
    # `accelerate launch` starts several of us: all train, one speaks and writes.
    first = os.environ.get("RANK", "0") == "0"
    try:
        train_adapter(parts, plan, say if first else _silent)
        if not first:
            return
        found = export_adapter(parts, plan)
        say(f"adapter: {plan.out / shipped.ADAPTER}, held-out AUC of its decision {found['held_out']['auc']:.3f}")
        found |= fit_gate(plan.data, plan.out, say)
        write_manifest(parts, plan, found)
        say(f"manifest: {plan.out / shipped.MANIFEST}")
        stages = [(name, read_curve(plan.work / name / CURVE)) for name in (CORPUS, MIXED)]
        if plot(stages, picture := plan.work / "learning-curve.png"):
            say(f"learning curve: {picture}")
    finally:
        parts.tokenizer.close()


def _silent(_words: str) -> None:
    """What the other processes say."""


def preference(data: Path, work: Path, adapter: Path, most: int, say: Say) -> dict[str, dict[str, float]]:
    """KTO on one half of the voted traces, measured on the other, both ways; nothing is shipped.

    :param most: so many answers of a half are learned from, and half as many histories of the other are scored.

    :raises SetupError: a package or the data is missing.
    """
    from models.bench.data import load
    from models.train import preference as votes
    from models.train.kto import KtoOptions, train_kto

    parts, options = ready(), SftOptions()
    moments = [moment for moment in load(data).moments if moment.tasks]
    scorer = with_adapter(load_base(parts.base), options)
    found: dict[str, dict[str, float]] = {}
    for number, (taught, scored) in enumerate(permutations(votes.halves(moments)), 1):
        held = [votes.voted(moment, parts.tokenizer) for moment in votes.some(scored, most // 2)]
        start_from(scorer, adapter)
        known = votes.reference(scorer, held)
        model = with_adapter(load_base(parts.base, attention="sdpa"), options)
        start_from(model, adapter)
        train_kto(model, parts.base, votes.answers_of(taught, most), work / f"half{number}", KtoOptions(), say=say)
        scorer.load_state_dict(adapter_state(model), strict=False)
        after = votes.reference(scorer, held)
        found[f"half {number}, fine-tuned"] = votes.figures(held, known)
        found[f"half {number}, preference"] = votes.figures(held, after)
        found[f"half {number}, gain"] = votes.figures(held, after, known)
        for name, row in list(found.items())[-3:]:
            say(f"{name}: " + " ".join(f"{key} {value:.3f}" for key, value in row.items()))
    return found

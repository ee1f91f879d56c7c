"""Gate and judge as one file without pickle, and the list of the histories that they learned from."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from assistant.errors import SetupError
from models.bench.data import Bench
from models.bench.folds import OPEN
from models.bench.judges import LinearJudge, our_judge
from models.bench.linear import read, save
from models.bench.models import OURS, FittedGate, ours

GATE = tuple(f"gate{number}" for number in range(len(OURS)))
JUDGE = "judge"


class Artefact(NamedTuple):
    """What is shipped. ``contexts``: keys of the histories that it learned from; ``hash``: of the file, SHA-256."""

    gate: FittedGate
    judge: LinearJudge
    contexts: frozenset[str]
    hash: str


def ship(bench: Bench, file: Path) -> None:
    """Fit gate and judge on all votes and write them."""
    timing, judge = ours(), our_judge()
    timing.fit(bench.moments, OPEN)
    judge.fit(bench.moments, OPEN)
    about: dict[str, Any] = {
        "gate": [timing.gate.slope, timing.gate.offset, timing.gate.threshold],
        JUDGE: [judge.slope, judge.offset, judge.threshold],
        "contexts": sorted(moment.key for moment in bench.moments),
    }
    save(file, dict(zip(GATE, timing.gate.linears, strict=True)) | {JUDGE: judge.linear}, about)


def load_artefact(file: Path) -> Artefact:
    """Read what :func:`ship` wrote.

    :raises SetupError: there is no such file, or it is something else.
    """
    if not file.exists():
        raise SetupError(f"There is no trained gate at {file}.", hint="Use --mode loto, or name the file: --artefact.")
    linears, about = read(file)
    try:
        gate = FittedGate([member.example for member in OURS], [linears[name] for name in GATE])
        gate.slope, gate.offset, gate.threshold = about["gate"]
        judge = our_judge()
        judge.linear = linears[JUDGE]
        judge.slope, judge.offset, judge.threshold = about[JUDGE]
        contexts = frozenset(about["contexts"])
    except (KeyError, TypeError, ValueError) as error:
        raise SetupError(f"{file} lacks a part: {error}", hint="Train it again.") from error
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    gate.version = digest[:8]  # goes into every decision
    return Artefact(gate, judge, contexts, digest)


def trained_on(artefact: Artefact, bench: Bench) -> frozenset[str]:
    """The traces that may not be scored with it.

    :raises SetupError: no real trace is left.
    """
    refused = frozenset(moment.trace for moment in bench.moments if moment.key in artefact.contexts)
    if not {moment.trace for moment in bench.scored} - refused:
        raise SetupError(
            f"The shipped model was trained on all of these traces: {', '.join(sorted(refused))}.",
            hint="Score it on others, or use --mode loto.",
        )
    return refused

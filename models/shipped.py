"""What is shipped trained: adapter, gate and judge as package data, described by a manifest."""

from __future__ import annotations

import json
import logging
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from assistant.ports import Gate, Judge
from models.rule_gate import RuleGate

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "artefact"
ADAPTER, GATE, MANIFEST, AGREEMENT = "adapter.gguf", "gate.npz", "manifest.json", "agreement.jsonl"
# An adapter that comes without a word about itself.
EVEN = 0.5


def shipped_adapter() -> Path | None:
    """The proposer's LoRA for the bundled base; None = this copy has none."""
    file = FOLDER / ADAPTER
    return file if file.exists() else None


@cache
def manifest() -> dict[str, Any]:
    """What the artefact says about itself; empty without one."""
    file = FOLDER / MANIFEST
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def min_offer(adapter: Path) -> float:
    """The shipped adapter's own P(a task) below which it stays silent; one half for any other adapter."""
    return float(manifest().get("min_offer", EVEN)) if adapter == shipped_adapter() else EVEN


def default_gate(kind: str = "trained") -> Gate:
    """The trained gate; the plain rules for ``kind`` "rules" and where this copy has no trained one."""
    from models.bench.artefact import load_artefact

    file = FOLDER / GATE
    if kind == "rules":
        return RuleGate()
    if not file.exists():
        log.warning("no trained gate in this copy: the rules decide")
        return RuleGate()
    return load_artefact(file).gate


def judge() -> Judge | None:
    """The trained judge; None where this copy has none."""
    from models.bench.artefact import load_artefact

    file = FOLDER / GATE
    return load_artefact(file).judge if file.exists() else None


class Serving(NamedTuple):
    """What serves: one version's gate, judge and adapter. ``note``: why it is another one than was asked for."""

    version: str
    gate: Gate
    judge: Judge | None
    adapter: Path | None
    min_offer: float
    note: str = ""


VERSION = "shipped"


def serving(note: str = "") -> Serving:
    """What is shipped, as a version like any other: the root of all of the owner's."""
    adapter = shipped_adapter()
    return Serving(VERSION, default_gate(), judge(), adapter, min_offer(adapter) if adapter else EVEN, note)

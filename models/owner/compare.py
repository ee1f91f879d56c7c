"""Two versions side by side, on labels that neither has learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.errors import SetupError
from assistant.labels import Label
from models.owner.dataset import gate_rows, judge_rows, usable
from models.owner.model import GATE, JUDGE
from models.owner.parts import answers, gate_answer, judge_answer
from models.owner.proof import decide
from models.owner.records import SHIPPED
from models.registry import Registry


def compare(registry: Registry, one: str, other: str, labels: Sequence[Label]) -> dict[str, Any]:
    """Figures of both, part by part; ``one`` stands as "current", ``other`` as "candidate".

    :raises SetupError: a version is not there, or no label is left that is new to both.
    """
    first, second = registry.load(one), registry.load(other)
    until = max(registry.manifest(name).taught_until if name != SHIPPED else 0.0 for name in (one, other))
    new = [label for label in usable(labels) if label.at > until]
    found: dict[str, Any] = {"labels": len(new)}
    rows = gate_rows(new, registry.load(SHIPPED).gate)
    if rows.rows:
        found[GATE] = decide(answers(rows, gate_answer(first.gate)), answers(rows, gate_answer(second.gate))).as_json()
    if first.judge is not None and second.judge is not None and (rows := judge_rows(new, first.judge)).rows:
        pair = [answers(rows, judge_answer(judge)) for judge in (first.judge, second.judge)]
        found[JUDGE] = decide(pair[0], pair[1]).as_json()
    if len(found) == 1:
        raise SetupError("There is no label that is new to both versions.", hint="Answer a few suggestions first.")
    return found


def as_lines(one: str, other: str, found: dict[str, Any]) -> list[str]:
    """As a table for a person."""
    lines = [f"{found['labels']} labels that neither has learned from"]
    for part in (GATE, JUDGE):
        if part in found:
            lines.append(f"{part:<7}{'log-loss':>10}{'Brier':>8}{'F1':>7}{'wrong among its yeses':>24}")
            for name, key in ((one, "current"), (other, "candidate")):
                row = found[part][key]
                figures = f"{row['log_loss']:>10.3f}{row['brier']:>8.3f}{row['f1']:>7.2f}{row['false_offers']:>24.2f}"
                lines.append(f"{name:<7}{figures}")
            lines.append(f"  {other} against {one}: {found[part]['reason']}")
    return lines

"""A past day through another version: what it would have decided otherwise."""

from __future__ import annotations

import time
from typing import Any

from assistant.events import Decision
from assistant.label_store import contexts_of
from assistant.ports import Context
from assistant.store.queries import Reader
from models.shipped import Serving

# A probability that moved by less shows nothing to a person.
SHOWN = 0.1


def replay(reader: Reader, start: float, end: float, serving: Serving) -> dict[str, Any]:
    """Every decision made in ``[start, end)``, as it was and as this version's gate (and judge) has it."""
    decisions = reader.decisions_between(start, end)
    contexts = contexts_of(reader, [decision.id for decision in decisions])
    tasks = {one.decision_id: one.task.task for one in reader.suggestions_since(start)}
    rows, forgotten = [], 0
    for decision in decisions:
        row = _row(decision, contexts[decision.id], serving, tasks.get(decision.id))
        if row is None:
            forgotten += 1
        else:
            rows.append(row)
    return {
        "version": serving.version,
        "decisions": len(rows),
        "forgotten": forgotten,
        "spoke": sum(row["was"]["speak"] for row in rows),
        "would_speak": sum(row["now"]["speak"] for row in rows),
        "differences": [row for row in rows if _differs(row)],
    }


def _row(decision: Decision, context: Context, serving: Serving, task: str | None) -> dict[str, Any] | None:
    if not context.events or decision.p_help is None or decision.threshold is None:
        return None
    verdict = serving.gate.judge(context)
    was: dict[str, Any] = {"p_help": decision.p_help, "speak": decision.p_help >= decision.threshold}
    now: dict[str, Any] = {"p_help": round(verdict.p_help, 4), "speak": verdict.speak}
    if task is not None and serving.judge is not None:
        p_accept = serving.judge.p_accept(context, task)
        now |= {"p_accept": round(p_accept, 4), "offer": verdict.speak and p_accept >= serving.judge.threshold}
        was |= {"p_accept": decision.p_accept, "offer": True}
    return {
        "time": decision.time,
        "event": context.events[-1].sentence,
        "task": task or "",
        "stage": decision.stage,
        "was": was,
        "now": now,
    }


def _differs(row: dict[str, Any]) -> bool:
    was, now = row["was"], row["now"]
    if was["speak"] != now["speak"] or was.get("offer") != now.get("offer"):
        return True
    pairs = [(was.get(name), now.get(name)) for name in ("p_help", "p_accept")]
    return any(abs(a - b) >= SHOWN for a, b in pairs if a is not None and b is not None)


def as_lines(found: dict[str, Any]) -> list[str]:
    """For a person."""
    counts = f"help wanted at {found['spoke']} then, at {found['would_speak']} by version {found['version']}"
    lines = [f"{found['decisions']} decisions; {counts}; {len(found['differences'])} differ"]
    if found["forgotten"]:
        lines.append(f"{found['forgotten']} more cannot be run again: their events are forgotten")
    for row in found["differences"]:
        when = time.strftime("%H:%M:%S", time.localtime(row["time"]))
        lines.append(f"{when}  {_words(row['was'])} → {_words(row['now'])}  {row['event']}")
        if row["task"]:
            lines.append(f"          task: {row['task']}")
    return lines


def _words(side: dict[str, Any]) -> str:
    said = f"{'speak' if side['speak'] else 'quiet'} {side['p_help']:.2f}"
    return said if side.get("p_accept") is None else f"{said}, accept {side['p_accept']:.2f}"

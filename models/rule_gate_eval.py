"""What the rule gate scores on human votes: ``python -m models.rule_gate_eval --data DIR`` (T1 of BENCH.md).

One row per (trace, history) with a vote; nothing is fitted, so there is nothing to split.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import SetupError
from assistant.events import Event
from assistant.ports import Context
from models.rule_gate import RuleGate

# ProactiveBench's sentences carry no type; the first verb that matches gives it.
_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("search", r"\bsearch(?:es|ed)\b(?! results)|google search box|\bsearch(?:ing)? for\b"),
        ("scroll", r"\bscroll"),
        ("paste", r"\bpast(?:es|ed)\b|cmd\+?v"),
        ("typing", r"\b(?:types|typed|typing|writes|wrote|inputs|updates|records|enters)\b"),
        ("click", r"\bclick"),
        ("switch", r"\b(?:switch|return|revert|resum)"),
        ("title", r"\b(?:opens|opened|visits|navigat|view|read|brows|explor|stayed|interact)"),
    )
)


def as_event(number: int, row: dict[str, str]) -> Event:
    """One ``{"time", "event"}`` of the data; times that are no numbers ("Day 1, 11:00 PM") become minutes apart."""
    sentence = row["event"]
    try:
        time = float(row["time"])
    except ValueError:
        time = 60.0 * number
    type_ = next((name for name, pattern in _TYPES if pattern.search(sentence)), "title")
    return Event(id=number + 1, time=time, sentence=sentence, type=type_, source="proactivebench")


def contexts(folder: Path) -> Iterable[tuple[str, Context, dict[str, Any]]]:
    """(trace, context, row) for each history with a vote, once.

    :raises SetupError: the folder holds no ``reward/*.jsonl``.
    """
    files = sorted((folder / "reward").glob("*.jsonl"))
    if not files:
        raise SetupError(f"There is no reward/*.jsonl in {folder}.", hint="Give ProactiveBench's folder as --data.")
    seen: set[str] = set()
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            key = json.dumps([row["trace"], row["obs"]])
            if key not in seen:
                seen.add(key)
                events = tuple(as_event(number, obs) for number, obs in enumerate(row["obs"]))
                yield row["trace"], Context(events=events, now=events[-1].time if events else 0.0), row


def scores(pairs: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    """Precision, recall, F1, false-positive rate of (spoke, wanted) pairs."""
    tp = sum(spoke and wanted for spoke, wanted in pairs)
    fp = sum(spoke and not wanted for spoke, wanted in pairs)
    fn = sum(not spoke and wanted for spoke, wanted in pairs)
    tn = len(pairs) - tp - fp - fn
    return {
        "n": len(pairs),
        "wanted": (tp + fn) / max(1, len(pairs)),
        "spoke": (tp + fp) / max(1, len(pairs)),
        "precision": tp / max(1, tp + fp),
        "recall": tp / max(1, tp + fn),
        "f1": 2 * tp / max(1, 2 * tp + fp + fn),
        "fpr": fp / max(1, fp + tn),
    }


def auc(pairs: Sequence[tuple[float, bool]]) -> float:
    """Area under the ROC curve of (probability, wanted) pairs; ties count half; nan without both classes."""
    yes = [p for p, wanted in pairs if wanted]
    no = [p for p, wanted in pairs if not wanted]
    if not yes or not no:
        return float("nan")
    wins = sum((a > b) + 0.5 * (a == b) for a in yes for b in no)
    return wins / (len(yes) * len(no))


def evaluate(folder: Path) -> dict[str, dict[str, float]]:
    """Scores on all traces, on the real ones (``code_``, ``writing_``), and of always speaking."""
    gate = RuleGate()
    rows = [(trace, gate.judge(context), bool(row["help_needed"])) for trace, context, row in contexts(folder)]
    results = {}
    for name, chosen in (("all", rows), ("real", [row for row in rows if not row[0].startswith("gen_")])):
        ours = scores([(verdict.speak, wanted) for _, verdict, wanted in chosen])
        results[name] = ours | {"auc": auc([(verdict.p_help, wanted) for _, verdict, wanted in chosen])}
        results[f"{name}, always speaking"] = scores([(True, wanted) for _, _, wanted in chosen])
    return results


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="ProactiveBench's folder")
    for name, row in evaluate(parser.parse_args(argv).data).items():
        figures = "  ".join(f"{key} {value:.3f}" if key != "n" else f"n {value:.0f}" for key, value in row.items())
        print(f"{name:22} {figures}")  # noqa: T201 - a command prints


if __name__ == "__main__":
    main()

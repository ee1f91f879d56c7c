"""What the rule gate scores on human votes: ``python -m models.rule_gate_eval --data DIR`` (T1 of BENCH.md).

One row per (trace, history) with a vote; nothing is fitted, so there is nothing to split.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import SetupError
from assistant.ports import Context
from assistant.published import as_event
from models.bench.metrics import auc, scores
from models.rule_gate import RuleGate


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

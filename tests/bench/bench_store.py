"""Print the store's figures: ``python tests/bench/bench_store.py [seconds] [rate]``."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from assistant.store.bench import run_store_bench

if __name__ == "__main__":
    seconds, rate = (float(word) for word in [*sys.argv[1:], "60", "1000"][:2])
    with tempfile.TemporaryDirectory() as folder:
        figures = run_store_bench(seconds, int(rate), Path(folder))
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}, indent=2))

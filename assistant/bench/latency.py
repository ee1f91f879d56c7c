"""`assistant bench latency`: issue 2's figures on deciding and showing."""

from __future__ import annotations

from typing import Any

from assistant.paths import default_paths
from assistant.settings import load_settings

Figures = dict[str, Any]


def model() -> Figures:
    """Incremental decision against full prefill in one run, gate, suggestion, memory."""
    from models.bench_latency import run_latency_bench

    paths = default_paths().make()
    return dict(run_latency_bench(load_settings(paths.settings_file), paths))


def outputs(contexts: int = 200) -> Figures:
    """Every output of the model over ``contexts`` contexts, hostile ones included: do they parse and validate."""
    from models.bench_latency import run_parse_bench

    paths = default_paths().make()
    return dict(run_parse_bench(load_settings(paths.settings_file), paths, contexts))


def popup(times: int = 20) -> Figures:
    """Decision → painted, warm, in the real web view on a private display."""
    from assistant.bench.popup import run_popup_bench

    return dict(run_popup_bench(times, own_display=True))

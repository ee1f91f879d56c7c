"""How long from the engine's word to pixels: the real ui process, warm, on the given or a private display."""

from __future__ import annotations

import json
import os
import statistics
import time
from typing import Any

from assistant.bench.desktop import private_desktop
from assistant.bench.ui_child import UiChild, offer

# A person sees a popup come up for a moment before it goes; long enough for the page to be idle again.
REST_S = 0.15


def run_popup_bench(n: int = 20, *, own_display: bool | None = None) -> dict[str, Any]:
    """Show ``n`` suggestions and wait for each to be painted.

    ``own_display``: None = a private Xvfb where there is no ``DISPLAY``. Gives ``cold_s`` (process start → ready),
    ``median_ms``, ``p95_ms``, ``max_ms`` (message sent → page painted, seen from the engine's end), ``page_median_ms``
    (the same, measured inside the ui process), ``shown`` and ``notifier``.

    :raises SetupError: no display, and no Xvfb to make one.
    """
    if own_display or (own_display is None and not os.environ.get("DISPLAY")):
        with private_desktop() as desktop:
            return _measure(desktop.env, n)
    return _measure(dict(os.environ), n)


def _measure(env: dict[str, str], n: int) -> dict[str, Any]:
    begun = time.monotonic()
    with UiChild(env, notifier="popup") as ui:
        ready = ui.ready()
        cold = time.monotonic() - begun
        outside, inside = [], []
        for number in range(n + 1):
            sent = time.monotonic()
            ui.show(offer(number + 1, f"Bench suggestion number {number + 1}", "It measures how fast it comes"))
            painted = ui.painted()
            outside.append((time.monotonic() - sent) * 1000)
            inside.append(painted.took_ms)
            ui.withdraw(number + 1)
            ui.outcome()
            time.sleep(REST_S)
    warm = sorted(outside[1:])
    return {
        "notifier": ready.notifier,
        "shown": n,
        "cold_s": round(cold, 2),
        "first_ms": round(outside[0], 1),
        "median_ms": round(statistics.median(warm), 1),
        "p95_ms": round(warm[max(0, round(0.95 * len(warm)) - 1)], 1),
        "max_ms": round(warm[-1], 1),
        "page_median_ms": round(statistics.median(inside[1:]), 1),
    }


if __name__ == "__main__":
    print(json.dumps(run_popup_bench(), indent=2))  # noqa: T201 - a bench prints

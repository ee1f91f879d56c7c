"""Runs of the same thing become one observation: pure, order kept."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.events import Click, KeysCounted, KeyText, Observation, Scroll
from assistant.policy.redaction import redact


def merge(observations: Iterable[Observation]) -> list[Observation]:
    """Join neighbours of one kind: typed text, counted keys of one reason, clicks of one button, scrolls."""
    merged: list[Observation] = []
    for obs in observations:
        joined = _join(merged[-1], obs) if merged else None
        if joined is None:
            merged.append(obs)
        else:
            merged[-1] = joined
    return [_clean(obs) for obs in merged]


def _join(a: Observation, b: Observation) -> Observation | None:
    if isinstance(a, KeyText) and isinstance(b, KeyText):
        return a.model_copy(update={"text": a.text + b.text, "until": b.until or b.at})
    if isinstance(a, KeysCounted) and isinstance(b, KeysCounted) and a.reason == b.reason:
        return a.model_copy(update={"count": a.count + b.count, "until": b.until or b.at})
    if isinstance(a, Click) and isinstance(b, Click) and a.button == b.button:
        return a.model_copy(update={"count": a.count + b.count})
    if isinstance(a, Scroll) and isinstance(b, Scroll):
        sums = {name: getattr(a, name) + getattr(b, name) for name in ("dx", "dy", "count")}
        return a.model_copy(update={**sums, "until": b.until or b.at})
    return None


def _clean(obs: Observation) -> Observation:
    """Characters came one by one through the gate; together they may show a secret."""
    if isinstance(obs, KeyText) and (clean := redact(obs.text)).rules:
        return obs.model_copy(update={"text": clean.text})
    return obs

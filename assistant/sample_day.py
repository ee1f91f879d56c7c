"""The bundled sample day: raw observations of one invented working day, for demos and tests."""

from __future__ import annotations

from importlib import resources

from assistant.events import Observation, ObservationAdapter

BEGINS_S = 8 * 3600.0 + 58 * 60.0
"""The time of day at which the sample day begins (8:58), in seconds since midnight."""

# Fields that hold a time, besides ``at``; 0 means "same as at" and stays.
_MORE_TIMES = ("until", "since")


def load_sample_day(start: float, mono_start: float = 0.0) -> list[Observation]:
    """The sample day as if it had begun at ``start`` (s since epoch) and at ``mono_start`` (monotonic s), in order."""
    text = resources.files("assistant").joinpath("data/sample_day.jsonl").read_text(encoding="utf-8")
    return [_moved(ObservationAdapter.validate_json(line), start, mono_start) for line in text.splitlines()]


def _moved(one: Observation, start: float, mono_start: float) -> Observation:
    moved = {"at": one.at + start, "mono": one.mono + mono_start}
    for name in _MORE_TIMES:
        if value := getattr(one, name, 0.0):
            moved[name] = value + start
    return one.model_copy(update=moved)

from __future__ import annotations

from assistant.engine.triggers import Triggers
from assistant.events import Event
from assistant.settings import DecisionOptions


def event(id_: int, type_: str = "click", time: float = 0.0, *, closed: bool = True) -> Event:
    return Event(id=id_, time=time, sentence="x", type=type_, source="t", closed=closed)


def triggers(**options: object) -> Triggers:
    return Triggers(DecisionOptions(**{"min_interval_s": 0.0, **options}))


def test_nothing_new_asks_nothing() -> None:
    fresh = triggers()
    assert fresh.due(1e9) == ""
    fresh.see([event(1, "idle"), event(2, "lock")])
    assert fresh.due(1e9) == ""


def test_every_n_events() -> None:
    fresh = triggers(every_events=3)
    fresh.see([event(1), event(2)])
    assert fresh.due(1.0) == ""
    fresh.see([event(2)])  # a growing event seen again is not a new one
    assert fresh.due(1.0) == ""
    fresh.see([event(3)])
    assert fresh.due(1.0) == "count"
    fresh.decided(1.0)
    assert fresh.due(1e9) == ""


def test_switch_counts_only_after_dwell() -> None:
    fresh = triggers(dwell_s=5.0)
    fresh.see([event(1, "switch", 100.0)])
    fresh.decided(100.0)
    fresh.see([event(2, "switch", 102.0)])
    assert fresh.due(200.0) == ""
    fresh.see([event(3, "switch", 110.0)])
    assert fresh.due(200.0) == "switch"


def test_end_of_a_burst() -> None:
    fresh = triggers()
    fresh.see([event(1, "typing", closed=False)])
    assert fresh.due(5.0) == ""
    fresh.see([event(1, "typing", closed=True)])
    assert fresh.due(5.0) == "burst_end"


def test_back_needs_something_new_too() -> None:
    fresh = triggers()
    fresh.see([event(1, "back")])
    assert fresh.due(5.0) == ""
    fresh.see([event(2, "switch", 1.0)])
    assert fresh.due(5.0) in {"back", "switch"}


def test_too_soon_waits_and_is_not_lost() -> None:
    fresh = triggers(min_interval_s=5.0)
    fresh.see([event(1, "search")])
    assert fresh.due(1.0) == "search"
    fresh.decided(1.0)
    fresh.see([event(2, "search")])
    assert fresh.due(3.0) == ""
    assert fresh.due(6.1) == "search"

"""Near the threshold a verdict is turned now and then, and the log says how likely that was."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.policy.explore import explore
from assistant.ports import Verdict
from assistant.settings import DecisionOptions

HALF = DecisionOptions(explore=0.05, explore_band=0.1)


def verdict(p_help: float) -> Verdict:
    return Verdict(p_help=p_help, threshold=0.5, reason="because")


def never() -> float:
    raise AssertionError("no chance may be asked here")


@pytest.mark.parametrize(
    ("p_help", "number", "speak", "propensity", "tried"),
    [
        (0.45, 0.04, True, 0.05, True),
        (0.45, 0.05, False, 0.05, False),
        (0.55, 0.04, False, 0.95, True),
        (0.55, 0.99, True, 0.95, False),
        (0.5, 0.99, True, 0.95, False),
    ],
)
def test_in_the_band(p_help: float, number: float, *, speak: bool, propensity: float, tried: bool) -> None:
    found = explore(verdict(p_help), HALF, lambda: number, allowed=True)
    assert (found.speak, found.propensity) == (speak, pytest.approx(propensity))
    assert found.reason.startswith("tried: ") is tried
    assert "because" in found.reason


@pytest.mark.parametrize(("p_help", "speak"), [(0.39, False), (0.61, True), (0.0, False), (1.0, True)])
def test_outside_the_band_chance_is_not_asked(p_help: float, *, speak: bool) -> None:
    assert explore(verdict(p_help), HALF, never, allowed=True) == (speak, float(speak), "because")


@given(st.floats(0, 1), st.floats(0, 1))
def test_switched_off_or_not_allowed_the_verdict_stands(p_help: float, band: float) -> None:
    off = DecisionOptions(explore=0.0, explore_band=band)
    on = DecisionOptions(explore=0.3, explore_band=band)
    stands = (p_help >= 0.5, float(p_help >= 0.5), "because")
    assert explore(verdict(p_help), off, never, allowed=True) == stands
    assert explore(verdict(p_help), on, never, allowed=False) == stands


@pytest.mark.parametrize("p_help", [0.45, 0.55])
def test_the_logged_propensity_is_how_often_it_speaks(p_help: float) -> None:
    dice = random.Random(4)
    options = DecisionOptions(explore=0.2)
    found = [explore(verdict(p_help), options, dice.random, allowed=True) for _ in range(5_000)]
    # Four standard deviations of 5,000 draws.
    assert sum(one.speak for one in found) / 5_000 == pytest.approx(found[0].propensity, abs=0.023)

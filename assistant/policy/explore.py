"""Exploration: near the threshold the gate is sometimes contradicted, so that labels also tell what it never shows.

Without it, a later gate could only be judged on what an earlier one chose to show (issue 4: 5 % of near-threshold
decisions, with the propensity logged). Pure; where delivery withholds, the caller does not explore.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from assistant.ports import Verdict
from assistant.settings import DecisionOptions


class Explored(NamedTuple):
    """What is done, P(the policy speaks here), and the reason in a readable line."""

    speak: bool
    propensity: float
    reason: str


def explore(verdict: Verdict, options: DecisionOptions, chance: Callable[[], float], *, allowed: bool) -> Explored:
    """The verdict, or near the threshold now and then its opposite.

    :param chance: gives a number in [0, 1), evenly; asked only where it matters.
    :param allowed: False in do-not-disturb, shadow mode and wherever else nothing may be shown.
    """
    speak = verdict.speak
    near = abs(verdict.p_help - verdict.threshold) <= options.explore_band
    if not (allowed and near and options.explore > 0):
        return Explored(speak, float(speak), verdict.reason)
    propensity = 1.0 - options.explore if speak else options.explore
    if chance() >= options.explore:
        return Explored(speak, propensity, verdict.reason)
    what = "silence although" if speak else "an offer although"
    numbers = f"p(help) {verdict.p_help:.2f} of {verdict.threshold:.2f}"
    return Explored(not speak, propensity, f"tried: {what} {numbers}; it said: {verdict.reason}")

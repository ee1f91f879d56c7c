"""Labels: what an outcome, or a verdict of the annotation screen, teaches gate and judge. Pure.

Outcomes are of different worth. Weights are our own choice, in proportion to how much the owner said: a click is a
statement about this very offer, silence under a popup hardly one, and what was not seen says nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field

from assistant.events import Frozen, OutcomeKind
from assistant.ports import Context

BAD_MOMENT, WRONG, NOT_USEFUL = "bad moment", "wrong", "not useful"
"""The popup's one-click reasons for a rejection."""


class Worth(NamedTuple):
    """What one verdict teaches: targets in {0, 1} (None = nothing) and their weights in [0, 1]."""

    wanted: bool | None
    wanted_weight: float
    accepted: bool | None
    accepted_weight: float


class Label(Frozen):
    """One human verdict with the context that it was given in; what training learns from.

    ``wanted`` is the gate's target (was help wanted at this moment?), ``accepted`` the judge's (was this ``task``
    right?); None = the verdict does not say. ``propensity``: the probability with which the suggestion was shown,
    None = not known.
    """

    context: Context
    task: str = Field(default="", description="'' = no task was offered (missed, or 'none of these')")
    kind: OutcomeKind
    reason: str = ""
    at: float
    wanted: bool | None
    wanted_weight: float = Field(ge=0.0, le=1.0)
    accepted: bool | None
    accepted_weight: float = Field(ge=0.0, le=1.0)
    source: str = Field(default="popup", description="popup notification terminal hotkey history shadow annotation")
    annotator: str = "owner"
    model: str = Field(default="", description="version of the model that offered")
    propensity: float | None = Field(default=None, ge=0.0, le=1.0)
    suggestion_id: int | None = None
    decision_id: int | None = None


_NOTHING = Worth(None, 0.0, None, 0.0)
# (outcome, reason) → worth; '' stands for no reason, or one that is not listed.
_WORTHS = {
    (OutcomeKind.ACCEPTED, ""): Worth(True, 1.0, True, 1.0),
    (OutcomeKind.REJECTED, ""): Worth(False, 0.7, False, 0.7),
    (OutcomeKind.REJECTED, BAD_MOMENT): Worth(False, 1.0, None, 0.0),
    # Help may have been wanted, only not this one.
    (OutcomeKind.REJECTED, WRONG): Worth(False, 0.3, False, 1.0),
    (OutcomeKind.REJECTED, NOT_USEFUL): Worth(False, 0.3, False, 1.0),
    (OutcomeKind.SNOOZED, ""): Worth(False, 0.5, None, 0.0),
    (OutcomeKind.IGNORED, ""): Worth(False, 0.3, False, 0.2),
    (OutcomeKind.MISSED, ""): Worth(True, 1.0, None, 0.0),
}


def worth(kind: OutcomeKind, reason: str = "") -> Worth:
    """What an outcome teaches; what was not seen teaches nothing."""
    return _WORTHS.get((kind, reason), _WORTHS.get((kind, ""), _NOTHING))


def make_label(context: Context, kind: OutcomeKind, *, at: float, task: str = "", reason: str = "") -> Label:
    """A label with the worth of its outcome; further fields by ``model_copy(update=…)``."""
    found = worth(kind, reason)
    return Label(context=context, task=task, kind=kind, reason=reason, at=at, **found._asdict())

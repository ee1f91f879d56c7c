"""Whether what serves now still beats what served before it. Asked at each label; if not, it goes back."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from assistant.errors import AssistantError
from assistant.labels import Label
from assistant.ports import Gate
from models.owner.dataset import usable
from models.owner.records import SHIPPED
from models.registry import Registry
from models.shipped import Serving

log = logging.getLogger(__name__)

# The last 50 labels (issue 4); from 20 on they may decide: a wrong model need not stay for four days.
LAST, FEWEST = 50, 20
# The mean Brier score must be worse by this much (what being off by 0.1 in every probability costs) and by one
# standard error of the difference, so that chance alone rarely sends a good model away.
MARGIN, ERRORS = 0.01, 1.0


class Scored(NamedTuple):
    """One label: (P(yes) − truth)² by what serves and by what served before, and its weight."""

    current: float
    before: float
    weight: float


def worse(rows: Sequence[Scored]) -> str:
    """Why to go back, '' when there is no reason. Only the last 50 count."""
    last = rows[-LAST:]
    if len(last) < FEWEST:
        return ""
    total = sum(row.weight for row in last)
    now, then = (sum(row.weight * row[place] for row in last) / total for place in (0, 1))
    gap = now - then
    spread = sum(row.weight * (row.current - row.before - gap) ** 2 for row in last) / total
    if gap <= MARGIN or gap <= ERRORS * math.sqrt(spread / len(last)):
        return ""
    return f"over the last {len(last)} labels its Brier score is {now:.3f}, that of the version before it {then:.3f}"


def scored(labels: Sequence[Label], current: Gate, before: Gate) -> list[Scored]:
    """The last labels, as both gates see them."""
    found = []
    for label in [one for one in labels if one.wanted is not None and one.wanted_weight > 0][-LAST:]:
        truth = float(bool(label.wanted))
        errors = [(gate.judge(label.context).p_help - truth) ** 2 for gate in (current, before)]
        found.append(Scored(errors[0], errors[1], label.wanted_weight))
    return found


class Keeper:
    """The owner's models as the engine needs them; :class:`assistant.ports.Keeper`."""

    def __init__(self, registry: Registry, active: Serving, labels: Callable[[], Sequence[Label]]) -> None:
        """:param labels: reads them from the store; called only while a version of the owner's serves."""
        self._registry, self._active, self._labels = registry, active, labels
        self._before: Gate | None = None

    def status(self) -> dict[str, Any]:
        pointer = self._registry.pointer()
        last = pointer.switches[-1].why if pointer.switches else ""
        return {"version": self._active.version, "problem": self._active.note, "last_switch": last}

    def labelled(self) -> str:
        """A label came: go back to the version before when the live figures say so.

        Only labels given since it serves count: both versions are blind to them.

        :return: why it went back, '' when it did not.
        """
        pointer = self._registry.pointer()
        if pointer.version == SHIPPED or pointer.version != self._active.version:
            return ""
        try:
            labels = [label for label in usable(self._labels()) if label.at > pointer.since]
            if self._before is None:
                self._before = self._registry.load(pointer.previous).gate
            why = worse(scored(labels, self._active.gate, self._before))
            if why:
                self._registry.rollback(why)
        except AssistantError as error:
            log.warning("the live figures cannot be looked at: %s", error.explain())
            return ""
        return why

    def forget(self, *, everything: bool) -> None:
        self._registry.forget(everything=everything)

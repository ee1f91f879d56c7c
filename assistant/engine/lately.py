"""The moments of the last suggestions, so that an answer becomes a label without asking the store."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from assistant.events import Decision, Outcome, Suggestion
from assistant.label_recall import label_of
from assistant.labels import Label
from assistant.ports import Context

# An answer comes within seconds, a changed mind mostly the same day: more than a day's twelve offers.
KEPT = 20


class Moment(NamedTuple):
    """What led to a suggestion, or to a missed one (task '')."""

    context: Context
    decision: Decision
    task: str


class Lately:
    """Keeps the newest :data:`KEPT` moments, by suggestion, or by decision where help was missed."""

    def __init__(self) -> None:
        self._moments: OrderedDict[tuple[int, int], Moment] = OrderedDict()

    def offered(self, suggestion: Suggestion, context: Context, decision: Decision) -> None:
        """A suggestion was made."""
        self._keep((suggestion.id, 0), Moment(context, decision, suggestion.task.task))

    def missed(self, context: Context, decision: Decision) -> None:
        """The owner called for help."""
        self._keep((0, decision.id), Moment(context, decision, ""))

    def label(self, outcome: Outcome) -> Label | None:
        """The outcome with its moment; None = too long ago. One that was not seen has no weight."""
        key = (outcome.suggestion_id, 0) if outcome.suggestion_id else (0, outcome.decision_id)
        moment = self._moments.get(key)
        return None if moment is None else label_of(outcome, *moment)

    def _keep(self, key: tuple[int, int], moment: Moment) -> None:
        self._moments[key] = moment
        while len(self._moments) > KEPT:
            self._moments.popitem(last=False)

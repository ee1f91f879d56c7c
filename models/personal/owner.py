"""Gate and judge of one owner, made together and taught together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assistant.labels import Label
from assistant.ports import Gate, Judge
from assistant.settings import DecisionOptions
from models.personal.dial import Dial
from models.personal.gate import PersonalGate
from models.personal.judge import PersonalJudge

OWNER = "owner"


class Personal(NamedTuple):
    """``judge``: None where there is no global one."""

    gate: PersonalGate
    judge: PersonalJudge | None

    def learn(self, label: Label) -> None:
        """Take in one verdict of the owner; anybody else's is left alone."""
        if label.annotator != OWNER:
            return
        self.gate.learn(label)
        if self.judge is not None:
            self.judge.learn(label)


def personal(gate: Gate, judge: Judge | None, labels: Sequence[Label], options: DecisionOptions) -> Personal:
    """Wrap the global models. Without ``options.personal`` labels change nothing; the dial holds all the same.

    :param labels: the newest word on each suggestion (``assistant.label_store.newest``).
    """
    mine = [label for label in labels if label.annotator == OWNER] if options.personal else []
    days = options.personal_half_life_days
    return Personal(
        PersonalGate(gate, mine, half_life_days=days, dial=Dial(options.wrong_one_in)),
        PersonalJudge(judge, mine, half_life_days=days) if judge is not None else None,
    )

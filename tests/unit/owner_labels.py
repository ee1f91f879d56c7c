"""Labels of small invented owners, for the tests of training."""

from __future__ import annotations

import random

from assistant.events import Event, OutcomeKind
from assistant.labels import BAD_MOMENT, Label, make_label
from assistant.ports import Context, Gate

START = 1_700_000_000.0
LIKED = (("Code", "The user types 'def parse(text):' in parse.py in Code."), "Explain how to parse the text.")
OTHER = (("Mail", "The user reads 'Lunch on Friday' in Mail."), "Organize your inbox better.")


def context(number: int, app: str, sentence: str) -> Context:
    at = START + 600.0 * number
    before = Event(
        id=2 * number + 1, time=at - 30.0, sentence=f"The user switches to {app}.", type="switch", source="t"
    )
    last = Event(id=2 * number + 2, time=at - 5.0, sentence=sentence, type="typing", source="t", app=app)
    return Context(events=(before, last), now=at, trigger="count")


def label(number: int, kind: OutcomeKind, *, liked: bool) -> Label:
    (app, sentence), task = LIKED if liked else OTHER
    made = make_label(context(number, app, sentence), kind, at=START + 600.0 * number + 20.0, task=task)
    return made.model_copy(update={"suggestion_id": number + 1, "decision_id": number + 1})


def with_taste(count: int) -> list[Label]:
    """Accepts help with code, rejects the rest."""
    kinds = {True: OutcomeKind.ACCEPTED, False: OutcomeKind.REJECTED}
    return [label(n, kinds[n % 3 == 0], liked=n % 3 == 0) for n in range(count)]


def as_the_gate_says(count: int, gate: Gate, seed: int = 3) -> list[Label]:
    """Answers by chance, with the very probabilities of ``gate``: there is nothing that it does not know."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        one = label(number, OutcomeKind.MISSED, liked=draw.random() < 0.5)
        wanted = draw.random() < gate.judge(one.context).p_help
        kind, reason = (OutcomeKind.MISSED, "") if wanted else (OutcomeKind.REJECTED, BAD_MOMENT)
        made = make_label(one.context, kind, at=one.at, task=one.task, reason=reason)
        found.append(made.model_copy(update={"suggestion_id": number + 1}))
    return found

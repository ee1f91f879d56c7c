"""Labels of an invented owner with a stated taste, on the shipped corpus: for timing, and for tests."""

from __future__ import annotations

import random
from collections.abc import Callable

from assistant.events import OutcomeKind
from assistant.labels import Label, make_label
from assistant.ports import Context
from models.corpus import contexts, load_corpus

SEED = 11
# Two minutes apart: as in an annotation, where moments are walked through.
APART_S = 120.0
TASK = "Show how to do this."


def labels(count: int, wants: Callable[[Context, str], bool], *, seed: int = SEED) -> list[Label]:
    """``count`` labels: what the corpus offers (or would offer falsely) and whether this owner ``wants`` it."""
    draw = random.Random(seed)  # noqa: S311 - seeded, not cryptography
    scenes = load_corpus()
    moments = [
        (context, event) for scene in scenes for context, event in zip(contexts(scene), scene.events, strict=True)
    ]
    found = []
    for number, (context, event) in enumerate(draw.sample(moments, count)):
        task = event.tasks[0].task if event.tasks else TASK
        kind = OutcomeKind.ACCEPTED if wants(context, task) else OutcomeKind.REJECTED
        at = 1_800_000_000.0 + APART_S * number
        label = make_label(context.model_copy(update={"now": at}), kind, at=at, task=task)
        found.append(label.model_copy(update={"suggestion_id": number + 1, "decision_id": number + 1}))
    return found

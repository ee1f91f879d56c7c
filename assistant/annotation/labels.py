"""Annotations as labels: what the gate and the judge learn from them."""

from __future__ import annotations

from assistant.annotation.answers import Answer, Key, standing
from assistant.annotation.points import Points
from assistant.annotation.session import Stop
from assistant.events import OutcomeKind
from assistant.labels import Label
from assistant.ports import Context
from assistant.store.annotations import all_annotations, all_candidates
from assistant.store.queries import Reader
from assistant.traces import OWN


def annotation_labels(reader: Reader) -> list[Label]:
    """A label for each task that somebody judged, and one for each 'none of these'; skips teach nothing.

    A moment weighs 1 for the gate, however many tasks were accepted there. Not to choose a task says nothing on
    whether help was wanted.
    """
    points, contexts = Points(reader), dict[Key, Context | None]()
    drafted = {candidate.id: candidate.task for candidate in all_candidates(reader)}
    labels: list[Label] = []
    for answer in standing(all_annotations(reader)):
        if answer.skipped:
            continue
        if answer.point not in contexts:
            contexts[answer.point] = points.context(Stop(*answer.point, title=""))
        context = contexts[answer.point]
        if context is not None and context.events:
            tasks = {id_: drafted[id_] if id_ in drafted else _suggested(reader, id_) for id_ in answer.offered}
            labels += _labels(answer, context, tasks, set(drafted))
    return labels


def _suggested(reader: Reader, suggestion_id: int) -> str:
    found = reader.suggestion(suggestion_id)
    return found.task.task if found else ""


def _labels(answer: Answer, context: Context, tasks: dict[int, str], drafted: set[int]) -> list[Label]:
    own = answer.trace_id == OWN
    common = Label(
        context=context,
        kind=OutcomeKind.REJECTED,
        at=answer.at,
        wanted=None,
        wanted_weight=0.0,
        accepted=None,
        accepted_weight=0.0,
        source="annotation",
        annotator=answer.annotator,
        decision_id=answer.position if own else None,
    )
    silence = [common.model_copy(update={"wanted": False, "wanted_weight": 1.0})] if answer.none else []
    judged = []
    for candidate in sorted(answer.offered):
        accepted = candidate in answer.accepted
        update = {
            "task": tasks[candidate],
            "kind": OutcomeKind.ACCEPTED if accepted else OutcomeKind.REJECTED,
            "accepted": accepted,
            "accepted_weight": 1.0,
            "suggestion_id": candidate if own and candidate not in drafted else None,
        }
        if accepted:
            update |= {"wanted": True, "wanted_weight": 1.0 / len(answer.accepted)}
        judged.append(common.model_copy(update=update))
    return silence + [label for label in judged if label.task]

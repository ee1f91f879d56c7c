"""Annotations as labels (what the gate and the judge learn from them) and as votes (for exports)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from assistant.annotation.answers import Answer, standing
from assistant.annotation.points import trace_context
from assistant.events import OutcomeKind
from assistant.label_store import contexts_of, read_labels
from assistant.labels import Label
from assistant.ports import Context
from assistant.proactivebench import Voted
from assistant.settings import DecisionOptions
from assistant.store.annotations import all_annotations, all_candidates, all_traces
from assistant.store.queries import Reader
from assistant.traces import OWN, Trace
from assistant.votes import Moment, Observed, Vote

OWNER: Final = "owner"
"""The name of who annotates without giving another one."""


def all_labels(reader: Reader, options: DecisionOptions | None = None) -> list[Label]:
    """Every verdict there is, oldest first: the owner's, imported votes, and answers of the annotation screen."""
    return sorted([*read_labels(reader, options), *annotation_labels(reader)], key=lambda label: label.at)


def own_labels(reader: Reader, options: DecisionOptions | None = None) -> list[Label]:
    """All labels but those that other people gave on the annotation screen: what the owner's model learns from."""
    return [label for label in all_labels(reader, options) if label.source != "annotation" or label.annotator == OWNER]


def annotation_labels(reader: Reader) -> list[Label]:
    """A label for each task that somebody judged, and one for each 'none of these'; skips teach nothing.

    A moment weighs 1 for the gate, however many tasks were accepted there. Not to choose a task says nothing on
    whether help was wanted.
    """
    tasks = _tasks(reader)
    labels: list[Label] = []
    for answer, context in annotated(reader):
        labels += _labels(answer, context, tasks)
    return labels


def annotated(reader: Reader) -> list[tuple[Answer, Context]]:
    """The answers that stand and are no skips, with what was known there; what has been erased is left out."""
    answers = [answer for answer in standing(all_annotations(reader)) if not answer.skipped]
    own = contexts_of(reader, (answer.position for answer in answers if answer.trace_id == OWN))
    traces = {trace.id: trace for trace in all_traces(reader)}
    found = []
    for answer in answers:
        trace = traces.get(answer.trace_id)
        context = trace_context(trace, answer.position) if trace else own.get(answer.position)
        if context is not None and context.events:
            found.append((answer, context))
    return found


def annotation_votes(reader: Reader, name: str, own_moment: Callable[[Context], Moment]) -> list[Voted]:
    """The same as votes on moments, for exports: one for each task that was offered, one for staying silent.

    :param name: what the owner is called there.
    :param own_moment: how a moment of the owner's record is written down.
    """
    tasks = _tasks(reader)
    traces = {trace.id: trace for trace in all_traces(reader)}
    voted: dict[str, Voted] = {}
    for answer, context in annotated(reader):
        trace = traces.get(answer.trace_id)
        moment = _moment(trace, answer.position) if trace else own_moment(context)
        who = name if answer.annotator == OWNER else answer.annotator
        said = {tasks[id_].text: id_ in answer.accepted for id_ in sorted(answer.offered) if id_ in tasks}
        votes = voted.setdefault(moment.key, (moment, []))[1]
        for task, accepted in {**said, "": answer.none}.items():
            vote = Vote(
                moment=moment.key, task=task, annotator=who, accepted=accepted, at=answer.at, source="annotation"
            )
            votes.append(vote)
    return list(voted.values())


def _moment(trace: Trace, position: int) -> Moment:
    told = trace.events[: position + 1]
    return Moment(trace=trace.name, observed=tuple(Observed(time=one.time, event=one.event) for one in told))


class _Task(NamedTuple):
    """The words of a candidate; ``suggestion``: it was a suggestion of the owner's record."""

    text: str
    suggestion: bool


def _tasks(reader: Reader) -> dict[int, _Task]:
    suggested = {one.id: _Task(one.task.task, True) for one in reader.suggestions_since(0.0)}
    return suggested | {one.id: _Task(one.task, False) for one in all_candidates(reader)}


def _labels(answer: Answer, context: Context, tasks: dict[int, _Task]) -> list[Label]:
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
    for candidate in sorted(answer.offered & tasks.keys()):
        accepted = candidate in answer.accepted
        update = {
            "task": tasks[candidate].text,
            "kind": OutcomeKind.ACCEPTED if accepted else OutcomeKind.REJECTED,
            "accepted": accepted,
            "accepted_weight": 1.0,
            "suggestion_id": candidate if tasks[candidate].suggestion else None,
        }
        if accepted:
            update |= {"wanted": True, "wanted_weight": 1.0 / len(answer.accepted)}
        judged.append(common.model_copy(update=update))
    return silence + judged

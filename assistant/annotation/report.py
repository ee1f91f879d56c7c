"""What the annotators' answers come to: counts, classes by the majority, agreement. Pure.

Classes as in ProactiveBench (arXiv 2410.12361), one for each task and one for staying silent at each point:
Correct-Detection and False-Alarm for a task that the majority accepts or does not, Missed-Need and Correct-Rejection
for silence where the majority wanted some task or did not. A tie is no majority: the task was not wanted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from assistant.annotation.agreement import Pair, alpha, pairs, percent
from assistant.annotation.answers import Answer, Key, standing
from assistant.events import Frozen
from assistant.traces import OWN, OWN_NAME, Annotation, Trace

Item = tuple[int, int, int | None]
"""What was judged: (trace id, position, candidate id; None = staying silent)."""


class Class(StrEnum):
    """ProactiveBench's four classes."""

    MISSED_NEED = "MN"
    CORRECT_REJECTION = "CR"
    CORRECT_DETECTION = "CD"
    FALSE_ALARM = "FA"


class Counts(Frozen):
    """How much one annotator did."""

    points: int = 0
    accepted: int = 0
    none: int = 0
    skipped: int = 0


class Summary(Frozen):
    """One trace, or all of them. ``items``: tasks and silences judged; percentages and alpha None = not defined."""

    trace: str
    points: int
    items: int
    annotators: dict[str, Counts]
    classes: dict[Class, int]
    agreement_percent: float | None
    alpha: float | None
    pairs: tuple[Pair, ...]


class Report(Frozen):
    """Every trace, and all of it together."""

    traces: tuple[Summary, ...]
    overall: Summary


def judgements(answers: Iterable[Answer]) -> dict[Item, dict[str, bool]]:
    """Who said yes to what: ``{annotator: accepted}`` for each task, ``{annotator: none of these}`` for silence."""
    found: dict[Item, dict[str, bool]] = {}
    for answer in answers:
        if answer.skipped:
            continue
        found.setdefault((*answer.point, None), {})[answer.annotator] = answer.none
        for candidate in sorted(answer.offered):
            found.setdefault((*answer.point, candidate), {})[answer.annotator] = candidate in answer.accepted
    return found


def classify(item: Item, votes: Mapping[str, bool]) -> Class:
    """The class of one item by the majority of its votes."""
    yes = sum(votes.values())
    if item[2] is not None:
        return Class.CORRECT_DETECTION if 2 * yes > len(votes) else Class.FALSE_ALARM
    return Class.MISSED_NEED if 2 * (len(votes) - yes) > len(votes) else Class.CORRECT_REJECTION


def report(rows: Iterable[Annotation], traces: Sequence[Trace]) -> Report:
    """All of it, traces in the order of their names, the owner's record first."""
    answers = standing(rows)
    names = {OWN: OWN_NAME} | {trace.id: trace.name for trace in traces}
    ids = sorted({answer.trace_id for answer in answers}, key=lambda id_: (id_ != OWN, names.get(id_, ""), id_))
    return Report(
        traces=tuple(
            _summary(names.get(id_, "a trace that is not here"), [a for a in answers if a.trace_id == id_])
            for id_ in ids
        ),
        overall=_summary("all", answers),
    )


def _summary(name: str, answers: Sequence[Answer]) -> Summary:
    judged = judgements(answers)
    items = list(judged.values())
    points: set[Key] = {answer.point for answer in answers if not answer.skipped}
    classes = Counter(classify(item, votes) for item, votes in judged.items())
    return Summary(
        trace=name,
        points=len(points),
        items=len(items),
        annotators={who: _counts(answers, who) for who in sorted({answer.annotator for answer in answers})},
        classes={one: classes[one] for one in Class},
        agreement_percent=percent(items),
        alpha=alpha(items),
        pairs=tuple(pairs(items)),
    )


def _counts(answers: Sequence[Answer], who: str) -> Counts:
    own = [answer for answer in answers if answer.annotator == who]
    return Counts(
        points=sum(not answer.skipped for answer in own),
        accepted=sum(len(answer.accepted) for answer in own),
        none=sum(answer.none for answer in own),
        skipped=sum(answer.skipped for answer in own),
    )

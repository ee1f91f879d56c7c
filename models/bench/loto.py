"""One leave-one-trace-out pass: every model is fitted without the trace, then says what it thinks of it.

The tables are then only counting. For T2 the judge that picks among candidates and the judge that rewards must not
have learned from the same votes, or the picker would be paid for pleasing itself: the training traces are cut into two
halves, one trace here, one there; each half's judge rewards what the other half's picked, and all are averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.bench.data import Bench, Moment
from models.bench.folds import Guard, folds
from models.bench.judges import JudgeModel, our_judge
from models.bench.models import Peer, Spoken, TimingModel
from models.bench.speaking import DRAFTS, Speakers


class Judged(NamedTuple):
    """A judge's word on one task."""

    p: float
    accepted: bool


@dataclass
class Seen:
    """What everybody said of one scored moment.

    ``spoken``: timing model → answer. ``judged``: judge → its word on each of ``moment.tasks``. ``rewards``: for each
    of the two half judges, task → its word, for the voted tasks, the drafts and the peers' offers. ``drafts``: what the
    language models behind "ours" and "untuned base" would offer, the best of them still to be picked.
    """

    moment: Moment
    spoken: dict[str, Spoken] = field(default_factory=dict)
    drafts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    judged: dict[str, list[Judged]] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    rewards: tuple[dict[str, Judged], ...] = ()


Progress = Callable[[str], None]


def leave_one_out(
    bench: Bench,
    timing: Sequence[TimingModel],
    judges: Sequence[JudgeModel],
    progress: Progress,
    refused: frozenset[str] = frozenset(),
    speakers: Speakers | None = None,
) -> list[Seen]:
    """All moments, but for those of ``refused`` traces, each seen by models that learned without its trace."""
    seen = []
    for train, scored, guard in folds(bench.moments):
        progress(scored[0].trace)
        if scored[0].trace in refused:
            continue
        for model in timing:
            model.fit(train, guard)
        for judge in judges:
            judge.fit(train, guard)
        rewarding = half_judges(train, guard) if scored[0].real else ()
        seen += [_look(moment, timing, judges, rewarding, speakers) for moment in scored]
    return seen


def half_judges(train: Sequence[Moment], guard: Guard) -> tuple[JudgeModel, JudgeModel]:
    """Two judges that learned from disjoint halves of the traces, real and generated ones dealt out in turn."""
    names = sorted({moment.trace for moment in train})
    judges = our_judge(), our_judge()
    for place, judge in enumerate(judges):
        half = set(names[place::2])
        judge.fit([moment for moment in train if moment.trace in half], guard)
    return judges


def judged(judge: JudgeModel, moment: Moment, task: str) -> Judged:
    """A judge's probability and verdict."""
    p = judge.p_accept(moment.context, task)
    return Judged(p, p >= judge.threshold)


def _look(
    moment: Moment,
    timing: Sequence[TimingModel],
    judges: Sequence[JudgeModel],
    rewarding: Sequence[JudgeModel],
    speakers: Speakers | None,
) -> Seen:
    seen = Seen(moment)
    for model in timing:
        spoken = model.judge(moment.context, moment)
        if spoken is not None:
            seen.spoken[model.name] = spoken
        answer = model.answer(moment) if isinstance(model, Peer) else None
        if answer is not None and answer.tasks:
            seen.offers[model.name] = answer.tasks[0]
    if speakers is not None and moment.real:
        seen.drafts["ours"] = speakers.ours.said(moment, DRAFTS).fit
        seen.drafts["untuned base"] = speakers.base.said(moment, 1).drafts
    tasks = [task.task or "" for task in moment.tasks]
    seen.judged = {judge.name: [judged(judge, moment, task) for task in tasks] for judge in judges}
    offered = {*tasks, *seen.offers.values(), *(draft for drafts in seen.drafts.values() for draft in drafts)}
    seen.rewards = tuple({task: judged(judge, moment, task) for task in sorted(offered)} for judge in rewarding)
    return seen

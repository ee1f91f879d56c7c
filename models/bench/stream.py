"""The corpus cut into the days of one simulated user: scenes to learn on, and others to be scored on.

The shipped gate learned from human votes of ProactiveBench alone, none of the corpus (its manifest lists the votes),
so every scene is new to it. The scenes are split twice: by their name into a development third and a test part, and
inside the part, by the user's seed, into learning and scoring.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from assistant.events import Event, OutcomeKind
from assistant.ports import Context, Gate, PastOffer, Verdict
from models.bench.features import topics
from models.bench.tastes import Scenario
from models.corpus import Scene, contexts
from models.personal.words import Facts, event_facts, part_of_day
from models.signals import is_error, overlap

Split = Literal["dev", "test"]
# Monday 2024-01-01: days count from there.
_FIRST_DAY = 1_704_067_200.0
DAY_S, HOUR_S = 86_400.0, 3_600.0
FRIDAY = 4
# Stretches of work in a day; 7:00 to 22:00.
SCENES_A_DAY, FIRST_HOUR, HOURS = 4, 7, 15
LEARNING = 0.6
# A user who wants little gives few labels: so often the scenes come again at most.
ROUNDS = 6
SAME_TOPIC = 0.34


class Moment(NamedTuple):
    """One event of a user's day: what a taste sees, the task that would be offered, what the shipped gate says."""

    scenario: Scenario
    task: str
    verdict: Verdict
    refused: Verdict
    """What it says where something on this topic was rejected within the hour."""
    facts: Facts
    """What the personal layer sees, without offers."""


class Prepared(NamedTuple):
    """A scene with all that does not depend on the user, worked out once."""

    scene: Scene
    contexts: tuple[Context, ...]
    verdicts: tuple[Verdict, ...]
    refused: tuple[Verdict, ...]
    offered: tuple[str, ...]
    again: tuple[bool, ...]
    errors: tuple[bool, ...]
    facts: dict[tuple[int, str, bool], Facts]
    """By place, part of the day and weekend: filled as they come up."""


def of_split(scene: Scene, split: Split) -> bool:
    """Every third scene, by a hash of its name, is for development: constants may be chosen on it."""
    return (zlib.crc32(f"split {scene.id}".encode()) % 3 == 0) == (split == "dev")


def prepare(scene: Scene, gate: Gate) -> Prepared:
    """Contexts, the shipped gate's verdicts, and the task that stands for the proposer's at each event.

    Where the corpus has tasks, the first. Where silence is right, the nearest other moment's task of the same scene:
    plausible, and unwanted there. A scene without any task offers a general one.
    """
    found = tuple(contexts(scene))
    recent = [scene.events[max(0, end - 2) : end + 1] for end in range(len(scene.events))]
    return Prepared(
        scene,
        found,
        tuple(gate.judge(context) for context in found),
        tuple(gate.judge(_after_refusal(context)) for context in found),
        tuple(_offered(scene, place) for place in range(len(scene.events))),
        tuple(_again(scene, place) for place in range(len(scene.events))),
        tuple(any(is_error(event.event) for event in events) for events in recent),
        {},
    )


def _facts(prepared: Prepared, place: int, dated: Context) -> Facts:
    weekday = int((dated.now - _FIRST_DAY) // DAY_S) % 7
    key = place, part_of_day(dated.now, 0), weekday > FRIDAY
    if key not in prepared.facts:
        prepared.facts[key] = event_facts(dated)
    return prepared.facts[key]


def _after_refusal(context: Context) -> Context:
    last = context.events[-1].sentence
    refusal = PastOffer(time=context.now, task=last, outcome=OutcomeKind.REJECTED, answered_at=context.now)
    return context.model_copy(update={"offers": (refusal,)})


def _offered(scene: Scene, place: int) -> str:
    if tasks := scene.events[place].tasks:
        return tasks[0].task
    others = [at for at, event in enumerate(scene.events) if event.tasks]
    if not others:
        return f"Summarise what is on {scene.events[place].app or 'the screen'}"
    return scene.events[min(others, key=lambda at: (abs(at - place), at))].tasks[0].task


def _again(scene: Scene, place: int) -> bool:
    mine = [topics(task.task) for task in scene.events[place].tasks]
    before = [topics(task.task) for event in scene.events[:place] for task in event.tasks]
    return any(overlap(one, other) >= SAME_TOPIC for one in mine for other in before)


class Days(NamedTuple):
    """One user's life in one run. ``scored``: other scenes, at their own hours."""

    learning: list[list[Moment]]
    scored: list[Moment]


def days(prepared: Sequence[Prepared], seed: str) -> Days:
    """Shuffle, cut and date the scenes; the same for the same seed."""
    draw = random.Random(seed)  # noqa: S311 - seeded, not cryptography
    order = list(prepared)
    draw.shuffle(order)
    cut = round(LEARNING * len(order))
    # Used up, the scenes come again in another order and at other hours.
    rounds = [one for _ in range(ROUNDS) for one in draw.sample(order[:cut], cut)]
    learning = [_dated(scene, start) for scene, start in zip(rounds, _starts(draw, len(rounds)), strict=True)]
    # Scored as if on the days after; the hours are drawn as freely.
    rest = order[cut:]
    scored = [_dated(scene, start) for scene, start in zip(rest, _starts(draw, len(rest)), strict=True)]
    return Days(learning, [moment for scene in scored for moment in scene])


def _starts(draw: random.Random, count: int) -> list[float]:
    starts = [
        _FIRST_DAY + place // SCENES_A_DAY * DAY_S + HOUR_S * (FIRST_HOUR + HOURS * draw.random())
        for place in range(count)
    ]
    return sorted(starts)


def _dated(prepared: Prepared, start: float) -> list[Moment]:
    scene = prepared.scene
    by_id: Mapping[int, Event] = {event.id: event for context in prepared.contexts for event in context.events}
    first = prepared.contexts[0].now
    moved = {key: event.model_copy(update={"time": event.time - first + start}) for key, event in by_id.items()}
    found = []
    for place, context in enumerate(prepared.contexts):
        dated = Context(
            events=tuple(moved[event.id] for event in context.events),
            now=context.now - first + start,
            trigger=context.trigger,
        )
        row = scene.events[place]
        beside = scene.events[max(0, place - 1) : place] + scene.events[place + 1 : place + 2]
        scenario = Scenario(
            key=f"{scene.id} {place}",
            category=scene.category,
            language=scene.language,
            type=row.type,
            app=row.app,
            hour=int(dated.now % DAY_S // HOUR_S),
            error=prepared.errors[place],
            again=prepared.again[place],
            near=any(event.tasks for event in beside),
            right=bool(row.tasks),
            tasks=tuple(task.task for task in row.tasks),
            context=dated,
        )
        found.append(
            Moment(
                scenario,
                prepared.offered[place],
                prepared.verdicts[place],
                prepared.refused[place],
                _facts(prepared, place, dated),
            )
        )
    return found

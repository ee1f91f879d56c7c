"""What published models offered on generated traces, as examples of how a task is worded.

Only traces without any vote are taken: no trace that a benchmark scores comes near the adapter. That is also why the
offers are graded without the judge (which learned from votes): by how far they name what has just happened, which is
what annotators reward most (docs/lab-log.md, 2026-11-22). When to speak is taken from how many of the models spoke.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from assistant.context import render_lines
from assistant.errors import SetupError
from assistant.events import Task
from assistant.ports import Context
from assistant.published import as_event
from models.bench.data import HINT, Bench, Observed
from models.bench.features import fit_features
from models.grounding import ground
from models.train.packing import Points

# An offer has five models' worth of rivals at a moment: the two best are learned.
BEST = 2
# Offers below this grade name hardly anything of the moment.
LEAST_GRADE = 0.5
# The share of moments at which speaking is taught: the corpus' own (DATA_CARD.md).
SPEAKING = 1 / 3
# "Offer to help with …" offers an offer.
_HEDGED = ("offer ", "ask ", "suggest that ")
# Said instead of silence.
_NOTHING = frozenset({"null", "none", "n/a", ""})
# Fewer events than this tell no story.
_LEAST_EVENTS = 5


class Offers(NamedTuple):
    """One moment: what the models offered, and the share of them that offered something."""

    tasks: tuple[str, ...]
    spoke: float


def peer_points(bench: Bench) -> list[Points]:
    """The generated traces without votes as training histories, in the order of their names.

    :raises SetupError: a peer's file cannot be read.
    """
    voted = _events(moment.observed for moment in bench.moments) | _events(bench.traces.values())
    found = []
    for name, files in sorted(_files(bench).items()):
        observed, offers = read_offers(files)
        if len(observed) >= _LEAST_EVENTS and not voted & _events([observed]):
            found.append(_points(name, observed, offers))
    return found


def _events(histories: Iterable[Sequence[Observed]]) -> set[str]:
    """All sentences, to know a trace again under another name; common ones do not count."""
    return {seen.event for history in histories for seen in history if len(seen.event.split()) > _COMMON_WORDS}


# "The user switches to another application": two traces may both have it.
_COMMON_WORDS = 12


def _files(bench: Bench) -> dict[str, list[Path]]:
    files: dict[str, list[Path]] = defaultdict(list)
    for file in sorted((bench.folder / "peers").glob("*/*.json")):
        if file.stem not in bench.traces:
            files[file.stem].append(file)
    return files


def read_offers(files: Sequence[Path]) -> tuple[tuple[Observed, ...], list[Offers]]:
    """The events of one trace, and at each what all models said (one file a model, matched by place and sentence).

    :raises SetupError: a file is no list of events.
    """
    rows = {file: _rows(file) for file in files}
    longest = max(rows.values(), key=len)
    observed = tuple(Observed(str(row.get("time", "")), str(row["event"])) for row in longest)
    offers = []
    for place, seen in enumerate(observed):
        said = [
            tasks
            for told in rows.values()
            if place < len(told) and told[place].get("event") == seen.event
            for tasks in [_tasks(told[place])]
            if tasks is not None
        ]
        spoke = sum(map(bool, said)) / max(1, len(said))
        offers.append(Offers(tuple(task for tasks in said for task in tasks), spoke))
    return observed, offers


def _rows(file: Path) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SetupError(f"{file} is no JSON: {error}", hint=HINT) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "event" in row for row in rows):
        raise SetupError(f"{file} is no list of events.", hint=HINT)
    return rows


def _tasks(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What was offered; None = the model gave no answer."""
    said = row.get("agent_response")
    if not isinstance(said, list):
        return None
    texts = [task.strip() for task in said if isinstance(task, str)]
    return tuple(text for text in texts if text.lower().rstrip(".") not in _NOTHING)


def grade(context: Context, task: str) -> float:
    """How far a task names what has just happened; about 0 to 2, below 0 for what would fit any moment."""
    fit = fit_features(context, task)
    named = fit["on_last"] + 0.5 * fit["on_quoted"] + 0.5 * fit["covers"]
    return named - 0.5 * fit["general"] - 0.5 * fit["invented"]


def _points(name: str, observed: Sequence[Observed], offers: Sequence[Offers]) -> Points:
    events = tuple(as_event(number, seen._asdict()) for number, seen in enumerate(observed))
    contexts = [Context(events=events[:end], now=events[end - 1].time) for end in range(1, len(events) + 1)]
    level = sorted(offer.spoke for offer in offers)[round(len(offers) * (1 - SPEAKING)) - 1]
    return Points(
        name=f"peers {name}",
        lines=tuple(render_lines(contexts[-1])),
        answers=tuple(_best(context, offer.tasks) for context, offer in zip(contexts, offers, strict=True)),
        wanted=tuple(offer.spoke > level for offer in offers),
        task_only=True,
    )


def _best(context: Context, tasks: Sequence[str]) -> tuple[Task, ...]:
    sentences = [event.sentence for event in context.events]
    graded = {task: grade(context, task) for task in tasks if _plain(task, sentences)}
    good = sorted((task for task, worth in graded.items() if worth >= LEAST_GRADE), key=lambda task: -graded[task])
    return tuple(Task(task=task[:400]) for task in good[:BEST])


def _plain(task: str, sentences: Sequence[str]) -> bool:
    return not task.lower().startswith(_HEDGED) and not ground(task, sentences).reason

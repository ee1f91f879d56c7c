"""What gate and judge look at: n-grams of the last event and of the task, and features with a reason each. Pure.

FINDINGS: the last event says most; the whole history, fitted naively, only hurts. So history enters through a few
numbers: what is new, what repeats, what came just before.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

from assistant.events import Event
from assistant.ports import Context
from models.rule_gate import RuleGate
from models.signals import is_error, is_question, overlap, quoted, topic_words

Named = dict[str, float]

CHARS = (2, 5)
# Ten minutes: longer pauses say no more.
PAUSE_S = 600.0
# Places counted from the beginning; the traces here have twenty events.
LONG = 20
RECENT = 5

_MOVES = frozenset({"switch", "click", "scroll", "title", "app_start", "app_exit", "hotkey", "keys"})
# Said of moments without content.
_VAGUE = re.compile(
    r"new tab|home ?page|an? (?:different|another) |another application|does not perform|no specific|application",
    re.IGNORECASE,
)
# Offers that fit any moment: annotators mostly refuse them.
_GENERAL = re.compile(
    r"best practices|productivity|organiz|manag|tips|multitask|shortcut|bookmark|\bany\b|relevant|resources|general",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\w\w+")
_PROPER = re.compile(r"(?<!^)\b[A-Z]\w+")
_ENDINGS = ("ing", "ed", "es", "s")
_STEM = 3
_GATE = RuleGate()


class Block(NamedTuple):
    """N-gram counts that are weighted by rarity and scaled to length 1 together."""

    name: str
    counts: Named


@dataclass(frozen=True, eq=False)
class Example:
    """What a linear model gets. Equal only to itself, so that what is made of it can be kept."""

    blocks: tuple[Block, ...]
    plain: Named


def _normal(text: str) -> str:
    return re.sub(r"\d", "0", text.lower())


def words(name: str, text: str) -> Block:
    """Words and pairs of words."""
    tokens = _TOKEN.findall(_normal(text))
    pairs = [f"{a} {b}" for a, b in pairwise(tokens)]
    return Block(name, {f"{name}:{gram}": count for gram, count in Counter(tokens + pairs).items()})


def chars(name: str, text: str) -> Block:
    """Pieces of 2 to 5 characters inside words, the words' edges marked."""
    padded = [f" {token} " for token in _normal(text).split()]
    low, high = CHARS
    found = (word[at : at + n] for word in padded for n in range(low, high + 1) for at in range(len(word) - n + 1))
    return Block(name, {f"{name}:{gram}": count for gram, count in Counter(found).items()})


@lru_cache(maxsize=8_192)
def topics(text: str) -> frozenset[str]:
    """The words that name a topic, without English endings."""
    return frozenset(_stem(word) for word in topic_words(text))


def _stem(word: str) -> str:
    ending = next((end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) > _STEM), "")
    return word.removesuffix(ending) if ending else word


def _union(sentences: Sequence[str]) -> frozenset[str]:
    return frozenset[str]().union(*map(topics, sentences))


def _said(event: Event) -> Named:
    """Of the last sentence alone."""
    text = event.sentence
    asked = " ".join(quoted(text)) or text
    return {
        "question": float(is_question(asked)),
        "error": float(is_error(text)),
        "quotes": min(3, len(quoted(text))) / 3,
        "words": min(40, len(text.split())) / 20,
        "topic": min(15, len(topics(text))) / 7,
        "vague": float(_VAGUE.search(text) is not None),
        "two_things": float(" and " in text),
        "proper": min(5, len(_PROPER.findall(text))) / 5,
        "nothing_done": float("not " in text or "without" in text),
    }


def _changed(events: Sequence[Event]) -> Named:
    """The last sentence against those before it: repetition, topics that are new."""
    last, before = events[-1].sentence, [event.sentence for event in events[:-1]]
    shared = [overlap(topics(last), topics(text)) for text in before[-8:]]
    new = topics(last) - _union(before)
    return {
        "same_topic": max(shared, default=0.0),
        "same_as_before": shared[-1] if shared else 0.0,
        "new_share": len(new) / max(1, len(topics(last))),
        "new": min(10, len(new)) / 5,
        "repeated": float(last in before),
    }


def _around(events: Sequence[Event]) -> Named:
    """What came just before, pauses, the place in the trace."""
    types = [event.type for event in events]
    recent = types[-RECENT - 1 : -1]
    pause = events[-1].time - events[-2].time if len(events) > 1 else 0.0
    stretch = events[-1].time - events[max(0, len(events) - RECENT)].time
    return {
        f"type={types[-1]}": 1.0,
        f"before={types[-2] if len(types) > 1 else 'nothing'}": 1.0,
        "searched": float("search" in recent),
        "searches": recent.count("search") / 3,
        "moves": sum(type_ in _MOVES for type_ in recent) / RECENT,
        "typed": recent.count("typing") / 3,
        "error_before": float(any(is_error(event.sentence) for event in events[-4:-1])),
        "pause": math.log1p(min(max(pause, 0.0), PAUSE_S)) / 6,
        "stretch": math.log1p(min(max(stretch, 0.0), PAUSE_S)) / 6,
        "place": min(len(events), LONG) / LONG,
        "early": float(len(events) <= RECENT),
    }


def moment_features(context: Context) -> Named:
    """The engineered features of a moment; what the rules say is among them."""
    verdict = _GATE.judge(context)
    rules = {f"rule={name}": 1.0 for name in verdict.features if name != "bias"}
    odds = {"rules": math.log(verdict.p_help / (1.0 - verdict.p_help)) / 3}
    return _said(context.events[-1]) | _changed(context.events) | _around(context.events) | rules | odds


# Against n-gram blocks of length 1 the two dozen plain features would drown them.
MOMENT_SCALE = 0.5


def gate_example(context: Context, *, characters: bool) -> Example:
    """For the gate: n-grams of the last event, and the moment."""
    last = context.events[-1].sentence
    block = chars("lastc", last) if characters else words("last", last)
    return Example((block,), {name: MOMENT_SCALE * value for name, value in moment_features(context).items()})


def last_event_example(context: Context) -> Example:
    """For the plain baseline: word n-grams of the last event."""
    return Example((words("last", context.events[-1].sentence),), {})


def task_example(context: Context, task: str) -> Example:
    """For the plain baseline: word n-grams of task and last event."""
    return Example((words("task", task), words("last", context.events[-1].sentence)), {})


def fit_features(context: Context, task: str) -> Named:
    """How a task fits the moment: shared topics near and far, invented ones, how general it is."""
    sentences = [event.sentence for event in context.events]
    named, last, recent, ever = topics(task), topics(sentences[-1]), _union(sentences[-4:]), _union(sentences)
    near = frozenset[str]().union(*map(topics, quoted(sentences[-1])))
    count = max(1, len(named))
    start = _TOKEN.findall(_normal(task))[:3]
    return {
        "on_last": len(named & last) / count,
        "on_recent": len(named & recent) / count,
        "on_any": len(named & ever) / count,
        "on_quoted": len(named & near) / count,
        "covers": len(named & last) / max(1, len(last)),
        "shared": min(4, len(named & last)) / 4,
        "grounded": float(bool(named & last)),
        "invented": len(named - ever) / count,
        "length": len(task.split()) / 15,
        "general": float(_GENERAL.search(task) is not None),
        "names": min(3, len(_PROPER.findall(task))) / 3,
        f"verb={start[0] if start else ''}": 1.0,
        f"start={' '.join(start)}": 1.0,
    }


# The moment matters to every task of a context alike: it may shift the level, hardly the choice.
JUDGE_MOMENT_SCALE = 0.3


def judge_example(context: Context, task: str) -> Example:
    """For the judge: n-grams of the task, how it fits, and the moment."""
    moment = {f"m.{name}": JUDGE_MOMENT_SCALE * value for name, value in moment_features(context).items()}
    return Example((words("task", task),), fit_features(context, task) | moment)


E = TypeVar("E")
# Contexts of one benchmark run; emptied when full.
REMEMBERED = 8_192


class Remember(Generic[E]):
    """Calls ``make`` once per (context, further arguments): a fold's contexts are looked at again in all others."""

    def __init__(self, make: Callable[..., E]) -> None:
        self._make = make
        self._known: dict[tuple[Any, ...], tuple[Context, E]] = {}

    def __call__(self, context: Context, *more: str) -> E:
        # By identity: contexts hold dicts and have no hash. The entry keeps its context alive, so no id comes twice.
        key = (id(context), *more)
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = (context, self._make(context, *more))
        return self._known[key][1]

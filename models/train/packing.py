"""A scene as one training sequence in which every decision point branches off the history. Needs numpy only.

Serving keeps the history in the cache and asks at its end; a moment later the history has grown by a line and it asks
again. Training sees the same: the history once (the trunk), and for each decision point a branch, query and answer,
that looks at the trunk up to its own line and at nothing else. A scene of 25 moments
costs 2,000 tokens instead of 25,000.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from assistant.context import render_lines
from assistant.events import Task
from assistant.prompt import FIELDS, answer_pieces, build_prompt
from models.corpus import Scene, contexts

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

# As the proposer cuts a line (models.proposer).
LINE_TOKENS = 160
# What a token of the answer counts in the loss: whether to speak is one token of a hundred; what is offered counts
# more than what explains it.
DECISION_WEIGHT, TASK_WEIGHT, OTHER_WEIGHT = 4.0, 1.0, 0.5
TRUNK = -1


class Tokenizer(Protocol):
    """What packing needs of the model's runtime."""

    @property
    def bos(self) -> Sequence[int]: ...
    def tokenize(self, text: str) -> list[int]: ...


@dataclass(frozen=True)
class Packed:
    """One sequence of n tokens.

    ``branch``: -1 in the trunk, else the number of the branch; ``seen``: how many trunk tokens a token may look at.
    A token predicts ``target`` (0 where ``weight`` is 0).
    """

    name: str
    tokens: Ints
    positions: Ints
    branch: Ints
    seen: Ints
    target: Ints
    weight: Floats
    asked: tuple[Asked, ...]

    def mask(self) -> npt.NDArray[np.bool_]:
        """Who looks at whom, shape (n, n)."""
        at = np.arange(len(self.tokens))
        trunk = (self.branch == TRUNK)[None, :] & (at[None, :] < self.seen[:, None])
        own = (self.branch[:, None] == self.branch[None, :]) & (self.branch != TRUNK)[:, None]
        mask: npt.NDArray[np.bool_] = trunk | (own & (at[None, :] <= at[:, None]))
        return mask


class Asked(NamedTuple):
    """A decision point: the place of the token after which the decision falls, and whether a task is right there."""

    place: int
    event: int
    wanted: bool


class Points(NamedTuple):
    """A history line by line, and the answers that are right after each line (none = silence, None = nobody knows).

    ``wanted``: whether to speak after each line, where that is not simply whether there are answers: at a moment
    for silence they teach how to write only. ``task_only``: of an answer only its task is taught.
    """

    name: str
    lines: tuple[str, ...]
    answers: tuple[tuple[Task, ...] | None, ...]
    wanted: tuple[bool, ...] = ()
    task_only: bool = False


def scene_points(scene: Scene) -> Points:
    """A scene of the corpus, its lines as serving would write them."""
    lines = tuple(render_lines(contexts(scene)[-1]))
    answers = tuple(event.tasks for event in scene.events)[-len(lines) :]
    return Points(scene.id, lines, answers)


class Builder:
    """Collects trunk and branches."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.positions: list[int] = []
        self.branch: list[int] = []
        self.seen: list[int] = []
        self.target: list[int] = []
        self.weight: list[float] = []

    def trunk(self, tokens: Sequence[int]) -> None:
        """Go on with the history."""
        for token in tokens:
            self.positions.append(len(self.tokens))
            self.tokens.append(token)
            self.branch.append(TRUNK)
            self.seen.append(len(self.tokens))
            self.target.append(0)
            self.weight.append(0.0)

    def add_branch(self, number: int, start: int, tokens: Sequence[int], weights: Sequence[float]) -> None:
        """Ask after the first ``start`` tokens; ``weights``: what each token counts as a prediction."""
        for offset, token in enumerate(tokens):
            self.positions.append(start + offset)
            self.tokens.append(token)
            self.branch.append(number)
            self.seen.append(start)
            last = offset + 1 == len(tokens)
            self.target.append(0 if last else tokens[offset + 1])
            self.weight.append(0.0 if last else weights[offset + 1])

    def packed(self, name: str, asked: tuple[Asked, ...]) -> Packed:
        """What was collected."""
        return Packed(
            name,
            np.array(self.tokens),
            np.array(self.positions),
            np.array(self.branch),
            np.array(self.seen),
            np.array(self.target),
            np.array(self.weight, dtype=np.float32),
            asked,
        )


def pack(points: Points, tokenizer: Tokenizer, *, start: int = 0) -> Packed:
    """Pack one history from its line ``start`` on, as if recording had begun there."""
    prompt = build_prompt(points.lines, tuned=True)
    made = Builder()
    made.trunk([*tokenizer.bos, *tokenizer.tokenize(prompt.prefix)])
    ends: list[int] = []
    for line in prompt.history[start:]:
        tokens = tokenizer.tokenize(line)
        made.trunk(tokens if len(tokens) <= LINE_TOKENS else [*tokens[: LINE_TOKENS - 1], tokens[-1]])
        ends.append(len(made.tokens))
    query = tokenizer.tokenize(prompt.query)
    asked: list[Asked] = []
    number = 0
    for event, end in enumerate(ends, start):
        for task, weights, tokens in _branches(points, event, tokenizer):
            asked.append(Asked(len(made.tokens) + len(query) - 1, event, task is not None))
            made.add_branch(number, end, [*query, *tokens], [0.0] * len(query) + weights)
            number += 1
    return made.packed(points.name, tuple(asked))


def _branches(points: Points, event: int, tokenizer: Tokenizer) -> Iterator[tuple[Task | None, list[float], list[int]]]:
    """(task or silence, weights, tokens) of each answer after one line; they share the weight of one."""
    answers = points.answers[event]
    if answers is None:
        return
    wanted = points.wanted[event] if points.wanted else bool(answers)
    if not wanted:
        tokens, weights = answer_tokens(None, tokenizer)
        yield None, weights, tokens
    for task in answers:
        tokens, weights = answer_tokens(task, tokenizer, task_only=points.task_only)
        decided = weights[0] if wanted else 0.0
        yield task, [weight / len(answers) for weight in [decided, *weights[1:]]], tokens


def answer_tokens(task: Task | None, tokenizer: Tokenizer, *, task_only: bool = False) -> tuple[list[int], list[float]]:
    """The answer's tokens and what each counts; a value too long for its field is cut, and its end not learned."""
    pieces = answer_pieces(task)
    if task is None:
        tokens = tokenizer.tokenize(pieces[0])
        return tokens, [DECISION_WEIGHT, *[OTHER_WEIGHT] * (len(tokens) - 1)]
    out = tokenizer.tokenize(pieces[0])
    weights = [DECISION_WEIGHT, *[OTHER_WEIGHT] * (len(out) - 1)]
    for field, value, literal in zip(FIELDS, pieces[1::2], pieces[2::2], strict=True):
        weight = TASK_WEIGHT if field.attribute == "task" else OTHER_WEIGHT
        tokens, closing = tokenizer.tokenize(value), tokenizer.tokenize(literal)
        cut = len(tokens) > field.max_tokens
        out += tokens[: field.max_tokens] + closing
        # Of the literal only its first token is a choice of the model's; decoding forces the rest.
        ends = [0.0 if cut else weight, *[0.0] * (len(closing) - 1)]
        weights += [weight] * min(len(tokens), field.max_tokens) + ends
        if task_only and field.attribute == "task":
            break
    return out, weights


def starts(points: Sequence[Points], seed: int) -> list[int]:
    """Where each history begins in one pass: half of them at their first line, the others in their first third."""
    rng = random.Random(seed)  # noqa: S311 - seeded, not cryptography
    return [0 if rng.random() < 0.5 else rng.randrange(len(one.lines) // 3 + 1) for one in points]  # noqa: PLR2004 - half

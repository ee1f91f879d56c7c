"""A packed scene is, token by token, what serving asks at each of its moments."""

from __future__ import annotations

import re

import numpy as np
import pytest

from assistant.context import render_lines
from assistant.events import Task
from assistant.prompt import FIELDS, answer_pieces, build_prompt
from models.corpus import contexts, load_corpus
from models.fake_runtime import FakeModel
from models.train.packing import TRUNK, Points, answer_tokens, pack, scene_points, starts

TASK = Task(task="Explain it.", purpose="p", thoughts="t", response="r", operation="show_text")
POINTS = Points("x", ("[09:00] one", "[09:01] two", "[09:02] three"), ((), (TASK,), ()))


@pytest.fixture(scope="module")
def tokenizer() -> FakeModel:
    return FakeModel()


def sequence(packed, number: int) -> list[int]:
    """A branch behind what it may look at."""
    own = np.flatnonzero(packed.branch == number)
    return [*packed.tokens[: packed.seen[own[0]]], *packed.tokens[own]]


class Words:
    """Whole words as tokens, so that nothing is too long for its field."""

    bos = ()

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def tokenize(self, text: str) -> list[int]:
        found = re.findall(r"\s*\S+|\s+", text)
        self.pieces += [word for word in found if word not in self.pieces]
        return [self.pieces.index(word) for word in found]


def test_each_branch_is_byte_for_byte_what_serving_sends():
    scene = next(scene for scene in load_corpus() if scene.silent < scene.points)
    words = Words()
    packed = pack(scene_points(scene), words)
    served = contexts(scene)
    for number, asked in enumerate(packed.asked):
        text = build_prompt(render_lines(served[asked.event]), tuned=True).text
        sent = "".join(words.pieces[token] for token in sequence(packed, number))
        answers = ["".join(answer_pieces(task)) for task in scene.events[asked.event].tasks or (None,)]
        assert sent in {text + answer for answer in answers}


def test_a_branch_looks_at_its_own_past_and_at_nothing_else(tokenizer):
    packed = pack(POINTS, tokenizer)
    mask = packed.mask()
    for at in range(len(packed.tokens)):
        looks = np.flatnonzero(mask[at])
        assert at in looks
        assert looks.max() <= at
        assert set(packed.branch[looks]) <= {TRUNK, packed.branch[at]}
        own = looks[packed.branch[looks] == packed.branch[at]] if packed.branch[at] != TRUNK else looks
        assert len(looks) == packed.positions[at] + 1
        assert sorted(packed.positions[looks]) == list(range(packed.positions[at] + 1))
        assert own.size


def test_every_answer_token_is_predicted_from_the_one_before_it(tokenizer):
    packed = pack(POINTS, tokenizer)
    for number, asked in enumerate(packed.asked):
        own = np.flatnonzero(packed.branch == number)
        taught = own[packed.weight[own] > 0]
        assert taught[0] == asked.place
        assert [int(packed.target[at]) for at in taught] == [int(packed.tokens[at + 1]) for at in taught]


def test_two_answers_to_one_moment_share_its_weight(tokenizer):
    other = TASK.model_copy(update={"task": "Draft it."})
    one = pack(POINTS, tokenizer).weight.sum()
    two = pack(POINTS._replace(answers=((), (TASK, other), ())), tokenizer).weight.sum()
    assert two < one * 1.1


def test_a_value_that_is_too_long_is_cut_and_its_end_is_not_taught(tokenizer):
    limit = FIELDS[0].max_tokens
    long = TASK.model_copy(update={"task": "x" * 3 * limit})
    tokens, weights = answer_tokens(long, tokenizer)
    assert len(tokens) == len(weights)
    assert bytes(tokens[1 : limit + 2]) == b"x" * limit + b'"'
    assert weights[limit] > 0
    assert weights[limit + 1] == 0


def test_a_history_may_begin_later(tokenizer):
    packed = pack(POINTS, tokenizer, start=2)
    assert [asked.event for asked in packed.asked] == [2]
    assert b"two" not in bytes(int(token) for token in packed.tokens if token < 256)


def test_where_histories_begin_depends_on_the_seed_alone():
    many = [POINTS] * 50
    assert starts(many, 3) == starts(many, 3) != starts(many, 4)
    assert sum(start == 0 for start in starts(many, 3)) > 0

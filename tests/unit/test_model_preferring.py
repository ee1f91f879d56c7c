"""What a draft prefers: words of the moment, and a beginning in Latin letters."""

from __future__ import annotations

import numpy as np
import pytest

from models.decode import NEAR, _begins_a_word, preferring

NONE = np.array([], dtype=np.intp)


def test_a_word_of_the_moment_wins_over_one_a_little_likelier_but_not_as_the_verb():
    logits = np.array([0.0, NEAR / 2, 0.0], dtype=np.float32)
    pick = preferring(np.array([2]), NONE)
    assert [pick(logits), pick(logits)] == [1, 2]
    pick = preferring(NONE, NONE)
    assert [pick(logits), pick(logits)] == [1, 1]
    assert logits[2] == 0  # what was handed in is left alone


def test_a_word_of_the_moment_is_preferred_once():
    logits = np.array([0.0, NEAR / 2, 0.0], dtype=np.float32)
    pick = preferring(np.array([0, 2]), NONE)
    assert [pick(logits) for _ in range(4)] == [1, 0, 2, 1]


def test_what_begins_no_word_may_come_but_not_first():
    pick = preferring(NONE, np.array([1]))
    logits = np.array([0.0, 5.0], dtype=np.float32)
    assert [pick(logits), pick(logits)] == [0, 1]


@pytest.mark.parametrize(
    ("piece", "begins"),
    [
        ("Draft", True),
        (" Écrire", True),
        ("ľ", True),
        ("草", False),
        ("Ж", False),
        ("3", False),
        ("-", False),
        ("", False),
    ],
)
def test_a_task_begins_with_a_word_in_latin_letters(piece, begins):
    assert _begins_a_word(piece.encode()) == begins

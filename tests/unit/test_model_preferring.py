"""What a draft prefers: words of the moment, and a beginning in Latin letters."""

from __future__ import annotations

import numpy as np

from models.decode import NEAR, Vocabulary, likeliest, preferring
from models.fake_runtime import FakeModel

NONE = np.array([], dtype=np.intp)


def test_a_word_of_the_moment_wins_over_one_a_little_likelier():
    logits = np.array([0.0, NEAR / 2, 0.0], dtype=np.float32)
    assert likeliest(logits) == 1
    assert preferring(np.array([2]), NONE)(logits) == 2
    assert preferring(NONE, NONE)(logits) == 1
    assert logits[2] == 0  # what was handed in is left alone


def test_another_script_may_come_but_not_first():
    pick = preferring(NONE, np.array([1]))
    logits = np.array([0.0, 5.0], dtype=np.float32)
    assert [pick(logits), pick(logits)] == [0, 1]


def test_the_vocabulary_knows_scripts_by_their_first_byte():
    model = FakeModel()
    other = {model.pieces[token] for token in Vocabulary.of(model).other_script}
    assert not any(piece.isascii() or piece.startswith("ä".encode()) for piece in other)
    assert all(piece.lstrip()[:1] >= b"\xce" for piece in other)

"""A task of the trained model begins with an English verb, whatever the model would rather say."""

from __future__ import annotations

import numpy as np

from models.decode import likeliest
from models.verbs import VERBS, Beginnings, beginning

PIECES = [b"Die", b"D", b"raft", b"ien", b" die", b"Sum", b"mar", b"ize", b"er", b" the", b"\xd0\x96", b"."]


def said(likes: list[bytes], steps: int = 3, verbs: tuple[str, ...] = ("Draft", "Sum", "Summarize")) -> bytes:
    """What comes out of a model that likes the pieces ``likes``, the first most."""
    logits = np.zeros(len(PIECES), dtype=np.float32)
    for rank, piece in enumerate(likes):
        logits[PIECES.index(piece)] = 10 - rank
    pick = beginning(Beginnings(PIECES, verbs), likeliest)
    return b"".join(PIECES[pick(logits)] for _ in range(steps))


def test_the_first_word_is_a_verb_and_the_rest_is_free():
    assert said([b"Die", b"ien", b"D", b" die"]) == b"Draft die"
    assert said([b"\xd0\x96", b"er", b"Sum", b" the"], 4, ("Sum",)) == b"Sum the\xd0\x96\xd0\x96"


def test_a_verb_that_another_begins_with_may_end_or_go_on():
    assert said([b"er", b"Sum", b"mar", b"ize", b" the"], 4) == b"Summarize the"
    assert said([b"Sum", b" the", b"mar"], 2) == b"Sum the"


def test_every_verb_can_be_written_letter_by_letter():
    letters = [bytes([code]) for code in range(256)]
    begins = Beginnings(letters)
    for verb in VERBS:
        text = b""
        for letter in verb.encode():
            assert letter in begins.next(text)
            text += bytes([letter])
        assert ord(" ") in begins.next(text)
        assert ord("é") not in begins.next(text)

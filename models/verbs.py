"""How a task of the trained model begins: with an English verb.

135 million parameters write German, Dutch or Turkish tasks as broken words; begun with an English verb they go on in
English and still name what is on the screen in its own language (docs/lab-notes-eyes.md). Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from models.runtime import Logits

# What the tasks of our corpus's English scenes begin with, without the rarest, and a few of everyday use.
VERBS: tuple[str, ...] = tuple(
    """
    Adapt Add Advise Align Anchor Answer Apply Arrange Ask Assign Book Break Build Calculate Carry Check Choose Clarify
    Clean Clear Close Collect Combine Compare Complete Compute Condense Connect Continue Contrast Convert Correct Count
    Create Cut Debug Decide Decode Define Derive Describe Divide Draft Draw Edit Estimate Examine Expand Explain Export
    Extend Extract Fill Filter Find Finish Fix Format Generate Give Import Improve Insert Install Join Limit Link List
    Load Look Make Map Mark Match Merge Name Note Offer Open Order Organise Organize Outline Pick Plan Plot Point
    Prepare Print Propose Provide Pull Put Query Quote Rank Read Recap Recommend Reduce Remind Remove Rename Repair
    Rephrase Replace Reply Research Resolve Review Reword Rewrite Run Save Say Scale Schedule Search Set Settle Shorten
    Show Simplify Sketch Solve Sort Spell Split Start State Stop Suggest Sum Summarise Summarize Switch Tell Test Trace
    Translate Trim Try Turn Update Verify Weigh Work Write
    """.split()  # noqa: SIM905 - a list of 170 quoted words is no easier to read
)


class Beginnings:
    """Which tokens may come next while a task's first word is written."""

    def __init__(self, pieces: Sequence[bytes], verbs: Sequence[str] = VERBS) -> None:
        self.pieces = pieces
        self._verbs = [verb.encode() for verb in verbs]
        self._ids: dict[bytes, list[int]] = defaultdict(list)
        for token, piece in enumerate(pieces):
            self._ids[piece].append(token)
        self._after = [
            token for token, piece in enumerate(pieces) if piece and not piece[:1].isalpha() and piece < b"\x80"
        ]
        self._known: dict[bytes, npt.NDArray[np.intp]] = {}

    def next(self, text: bytes) -> npt.NDArray[np.intp]:
        """Ids that go on from ``text`` towards a verb, or out of one that is whole."""
        if text not in self._known:
            rests = [verb[len(text) :] for verb in self._verbs if verb.startswith(text)]
            ahead = {rest[:size] for rest in rests for size in range(1, len(rest) + 1)}
            ids = {token for piece in ahead for token in self._ids.get(piece, ())}
            self._known[text] = np.array(sorted(ids.union(self._after if b"" in rests else ())), dtype=np.intp)
        return self._known[text]


def beginning(begins: Beginnings, pick: Callable[[Logits], int]) -> Callable[[Logits], int]:
    """A picker for one task: its first word is one of the verbs, all others are ``pick``'s."""
    text, open_ = b"", True

    def choose(logits: Logits) -> int:
        nonlocal text, open_
        if not open_:
            return pick(logits)
        held = np.full_like(logits, -np.inf)
        allowed = begins.next(text)
        held[allowed] = logits[allowed]
        token = pick(held)
        piece = begins.pieces[token]
        open_ = piece[:1].isalpha()
        text += piece
        return token

    return choose

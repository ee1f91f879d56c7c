"""What the language models say at the voted moments: P(a task) and drafts, asked once and kept in the cache.

They never saw a vote (the adapter learned from our corpus only), so one answer serves every fold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from assistant.ports import Context
from assistant.prompt import build_prompt
from models.bench.data import Moment
from models.bench.folds import Guard
from models.bench.models import Spoken, rate_threshold
from models.grounding import ground
from models.proposer import Drafts
from models.verbs import begins_with_a_verb
from models.worth import unfit

# As many as the settings' default: what a user gets.
DRAFTS = 3
EVEN = 0.5


class Said(NamedTuple):
    """``grounded``: those of ``drafts`` that name what happened; ``fit``: those that serving would let pass."""

    p_offer: float
    drafts: tuple[str, ...]
    grounded: tuple[str, ...]
    fit: tuple[str, ...]


Ask = Callable[[Context, int], Drafts]


class Speaker:
    """One language model, asked at most once per moment."""

    def __init__(self, name: str, ask: Ask, version: str, file: Path | None) -> None:
        """Wrap ``ask``.

        :param version: whatever the answers depend on; answers of another version are not used.
        :param file: where answers are kept between runs; None = nowhere.
        """
        self.name, self._ask, self._file = name, ask, file
        self._version = hashlib.sha256(f"{version} {build_prompt([]).prefix}".encode()).hexdigest()
        self._known: dict[str, list[object]] = self._read()

    def said(self, moment: Moment, count: int) -> Said:
        """P(a task) and up to ``count`` drafts (0: only P is asked for)."""
        key = f"{moment.key} {count}"
        if key not in self._known:
            found = self._ask(moment.context, count)
            self._known[key] = [found.p_offer, *found.tasks]
            self._write()
        p_offer, *drafts = self._known[key]
        tasks = tuple(str(draft) for draft in drafts)
        sentences = [event.sentence for event in moment.context.events]
        grounded = tuple(task for task in tasks if not ground(task, sentences).reason)
        fit = tuple(task for task in tasks if begins_with_a_verb(task) and not unfit(task, sentences))
        return Said(float(str(p_offer)), tasks, grounded, fit)

    def _read(self) -> dict[str, list[object]]:
        if self._file is None or not self._file.exists():
            return {}
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            return dict(kept["said"]) if kept["version"] == self._version else {}
        except (ValueError, KeyError, TypeError):  # a cache: made anew
            return {}

    def _write(self) -> None:
        if self._file is not None:
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps({"version": self._version, "said": self._known}), encoding="utf-8")
            part.replace(self._file)


@dataclass
class ModelTiming:
    """A language model alone as a row of T1: speaks where P(a task) is over a threshold.

    ``fitted``: the threshold is set on the training folds, as the gate's is; else one half.
    """

    speaker: Speaker
    name: str
    fitted: bool
    threshold: float = EVEN

    def fit(self, moments: Sequence[Moment], guard: Guard) -> None:
        if self.fitted:
            real = [moment for moment in guard.admit(moments, "threshold") if moment.real]
            p = [self.speaker.said(moment, 0).p_offer for moment in real]
            self.threshold = rate_threshold(p, [moment.help_needed for moment in real]) if real else EVEN

    def judge(self, _context: Context, moment: Moment | None = None) -> Spoken | None:
        if moment is None or not moment.real:
            return None
        p = self.speaker.said(moment, 0).p_offer
        return Spoken(p, p >= self.threshold)


class Speakers(NamedTuple):
    """``ours``: with the shipped adapter; ``base``: the untuned model."""

    ours: Speaker
    base: Speaker

    def timing(self) -> list[ModelTiming]:
        """Their rows of T1."""
        return [
            ModelTiming(self.ours, "proposer alone", fitted=True),
            ModelTiming(self.base, "untuned base", fitted=False),
        ]

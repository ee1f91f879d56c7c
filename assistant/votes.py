"""Votes of annotators on moments that are not the owner's own recording: imported files, the annotation screen.

Kept apart from events and suggestions: nothing here may appear in the owner's timeline.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from assistant.events import Frozen


def _valid(text: str) -> str:
    """Halves of surrogate pairs as ``?``: the key must be the same before and after storing."""
    return text.encode(errors="replace").decode()


Words = Annotated[str, AfterValidator(_valid)]
# Longer than any task of ours (400) or of the published files.
Candidate = Annotated[str, AfterValidator(_valid), Field(max_length=4_000)]
When = Annotated[float, Field(allow_inf_nan=False)]


class Observed(Frozen):
    """One event as research files have it; ``time`` is their text ("1717338232.283", "Day 1, 11:00 PM")."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, coerce_numbers_to_str=True)

    time: Words
    event: Words


class Moment(Frozen):
    """The history that annotators judged, oldest first; its last event is the moment itself.

    ``help_needed``: as its file stated it, resting on ``voters`` annotators; None = not stated.
    """

    trace: Words
    observed: tuple[Observed, ...]
    help_needed: bool | None = None
    voters: int = Field(default=0, ge=0)

    @property
    def key(self) -> str:
        """Same trace and same history, same key: how several people's files find each other."""
        history = json.dumps([self.trace, [[one.time, one.event] for one in self.observed]])
        return hashlib.sha256(history.encode()).hexdigest()[:32]


class Vote(Frozen):
    """One annotator's verdict on one candidate. Append-only: a changed mind is a further one.

    ``task`` '' is silence ("none of these"): ``accepted`` then says that silence was right. ``accepted`` None: one of
    the tasks that were offered together was right, the file does not say which.
    """

    moment: str = Field(description="key of its moment")
    task: Candidate = ""
    annotator: Words
    accepted: bool | None
    at: When = Field(default=0.0, description="wall time, s; 0 = not known")
    source: Words = Field(default="import", description="import annotation")

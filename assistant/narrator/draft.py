"""An event in the making: it is told again under the same id while it grows, at last closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assistant.clock import IdFactory
from assistant.events import Event
from assistant.narrator.clean import shorten
from assistant.narrator.titles import Title
from assistant.policy.redaction import Redacted

Redact = Callable[[str], Redacted]
HoldBack = Callable[[str], int]
NAME_CAP = 200
"""Characters of a title in its own column: enough to find it again."""


@dataclass
class Draft:
    """What will be stored. Times are wall times, s; ``end`` is the last moment that belongs to it."""

    type: str
    source: str
    time: float
    end: float
    sentence: str = ""
    app: str = ""
    title: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    offset: int = 0
    told_end: float = float("-inf")
    """``end`` when it was last told; -inf = never."""

    @property
    def told(self) -> bool:
        return self.id != 0


class Teller:
    """Turns drafts into events: ids, UTC offset, redaction."""

    def __init__(self, ids: IdFactory, utc_offset_min: Callable[[], int], redact: Redact, hold_back: HoldBack) -> None:
        self._ids = ids
        self._offset = utc_offset_min
        self._redact = redact
        self.hold_back = hold_back

    def clean(self, text: str) -> str:
        """``text`` without its secrets."""
        return self._redact(text).text

    def tell(self, draft: Draft, *, closed: bool) -> Event:
        """The event as it is now. The first telling gives it its id and the UTC offset of that moment."""
        if not draft.id:
            draft.id, draft.offset = self._ids(), self._offset()
        draft.told_end = draft.end
        return Event(
            id=draft.id,
            time=draft.time,
            duration=round(max(0.0, draft.end - draft.time), 3),
            utc_offset_min=draft.offset,
            sentence=draft.sentence,
            type=draft.type,
            source=draft.source,
            app=draft.app,
            title=draft.title,
            data=dict(draft.data),
            closed=closed,
        )

    def moment(self, type_: str, source: str, at: float, sentence: str, app: str = "", **data: Any) -> Event:
        """An event without length."""
        return self.tell(Draft(type_, source, at, at, sentence, app, data=data), closed=True)


def stored_title(title: Title) -> str:
    """What the title column holds: the title without the application's own name."""
    return shorten(title.name, NAME_CAP)

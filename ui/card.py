"""One card: the suggestion, what the page gets to know of it, and whom to tell the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.events import Event, Suggestion
from assistant.ports import OnOutcome
from ui.popup_state import CardState
from ui.surface import Surface

# As many events as somebody reads in a corner of the screen, each cut at about four lines.
MAX_EVENTS, MAX_SENTENCE = 12, 200
# The owner knows who it was: the list leaves it out.
SUBJECT = "The user "


class Card:
    """What the notifier keeps for the suggestion that is up. ``number`` tells a late page message from a fresh one."""

    def __init__(self, number: int, suggestion: Suggestion, on_outcome: OnOutcome, state: CardState) -> None:
        self.number, self.suggestion, self.on_outcome, self.state = number, suggestion, on_outcome, state
        self.data: dict[str, Any] = {}
        self.asked = self.offered = 0.0
        self.acknowledged = False


def page_data(card: Card, events: Sequence[Event], surface: Surface, theme: str) -> dict[str, Any]:
    """Everything that the page shows, as JSON-able values; it puts them in as text, never as markup."""
    if theme not in {"light", "dark"}:
        theme = "dark" if surface.dark() else "light"
    return {
        "card": card.number,
        "task": card.suggestion.task.task,
        "why": card.suggestion.why,
        "response": card.suggestion.task.response,
        "events": [_line(event) for event in events[-MAX_EVENTS:]],
        "seconds": card.state.popup_s,
        "theme": theme,
        "glass": surface.glass,
        "room": surface.room,
    }


def _line(event: Event) -> dict[str, str]:
    minutes = int(event.time // 60) + event.utc_offset_min
    sentence = event.sentence.removeprefix(SUBJECT)
    sentence = sentence[:1].upper() + sentence[1:]
    text = sentence if len(sentence) <= MAX_SENTENCE else sentence[: MAX_SENTENCE - 1] + "…"
    return {"time": f"{minutes // 60 % 24:02}:{minutes % 60:02}", "text": text}

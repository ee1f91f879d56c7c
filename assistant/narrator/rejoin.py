"""Puts the texts of consecutive bursts together again: what the text field holds that they were typed into."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.events import Event


def join_bursts(events: Iterable[Event]) -> str:
    """The text that typing events left behind, in the order given; events of other types are passed over.

    Each burst is appended; ``data["erased"]`` characters of what was there before were deleted first, and
    ``data["replaces"]`` says that nothing before it is left.
    """
    text = ""
    for event in events:
        if event.type != "typing":
            continue
        kept = "" if event.data.get("replaces") else text[: max(0, len(text) - int(event.data.get("erased", 0)))]
        text = kept + str(event.data.get("text", ""))
    return text

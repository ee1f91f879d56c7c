"""When is it time to decide? Pure: every N new events and at boundaries, never while nothing changed."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.events import Event
from assistant.settings import DecisionOptions

# What counts as something new that the user did. A gap, a lock or going away is none.
_ACTIVITY = frozenset(
    {"typing", "switch", "title", "search", "app_start", "hotkey", "paste", "click", "scroll", "keys"}
)


class Triggers:
    """Watches events go by and says when a decision is due, and what made it so."""

    def __init__(self, options: DecisionOptions) -> None:
        self._options = options
        self._known: set[int] = set()
        self._open_typing: set[int] = set()
        self._fresh = 0
        self._boundary = ""
        self._last_switch = float("-inf")
        self._last_decision = float("-inf")

    def see(self, events: Iterable[Event]) -> None:
        """Take in what the narrator gave: new events and new versions of growing ones."""
        for event in events:
            self._boundaries(event)
            if event.id not in self._known:
                self._known.add(event.id)
                self._fresh += event.type in _ACTIVITY

    def _boundaries(self, event: Event) -> None:
        new = event.id not in self._known
        if event.type == "typing":
            if not event.closed:
                self._open_typing.add(event.id)
            elif new or event.id in self._open_typing:
                self._open_typing.discard(event.id)
                self._boundary = "burst_end"
        elif new and event.type == "switch":
            if event.time - self._last_switch >= self._options.dwell_s:
                self._boundary = "switch"
            self._last_switch = event.time
        elif new and event.type in {"search", "back", "unlock"}:
            self._boundary = "back" if event.type == "unlock" else event.type

    def due(self, now: float) -> str:
        """The trigger's name (``count`` ``switch`` ``back`` ``burst_end`` ``search``), or '' for not yet.

        A trigger that came too soon after the last decision waits; nothing is asked while nothing is new.
        """
        if self._fresh == 0 or 0 <= now - self._last_decision < self._options.min_interval_s:
            return ""
        if self._boundary:
            return self._boundary
        return "count" if self._fresh >= self._options.every_events else ""

    def decided(self, now: float) -> None:
        """A decision was made from everything seen so far."""
        self._last_decision = now
        self._fresh = 0
        self._boundary = ""
        if len(self._known) > 10_000:  # noqa: PLR2004 - ids of a long day; growing events are among the last
            self._known = set(sorted(self._known)[-1_000:])

    def clear(self) -> None:
        """Forget everything seen (after `forget` or an import)."""
        self._known.clear()
        self._open_typing.clear()
        self._fresh, self._boundary = 0, ""

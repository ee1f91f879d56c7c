"""The one row that time belongs to at each moment: a window, being away, a locked screen, something private."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from assistant.events import Event, WindowFocus
from assistant.narrator import sentences
from assistant.narrator.clean import clean_app
from assistant.narrator.draft import NAME_CAP, Draft, Teller, stored_title
from assistant.narrator.titles import Title, parse_title
from assistant.settings import Narration

RETELL_S = 5.0
"""A steady row's growing duration is written this often: what kill -9 may take from it."""
_TICKER_S = 5.0
"""A title of which only numbers change within this time is a clock or a counter, not another page."""
_SEARCHES = 100
"""Searches that are remembered, to tell going back to one from making it."""
_NUMBERS = re.compile(r"(?<!\w)\d+(?:[.,:/]\d+)*%?(?!\w)")


@dataclass(frozen=True)
class Focus:
    """A window with what its title says."""

    window: str
    app: str
    title: Title

    @property
    def key(self) -> tuple[str, str, str]:
        return self.window, self.app, self.title.name

    @property
    def blank(self) -> bool:
        return not self.app and not self.title.name

    @classmethod
    def of(cls, seen: WindowFocus, title: str) -> Focus:
        """The window ``seen``; ``title`` is its title without secrets."""
        parsed = parse_title(title, seen.app[:200], seen.app_id[:200], seen.process[:200])
        return cls(seen.window, seen.app, parsed)

    def same_window(self, other: Focus) -> bool:
        return (self.window, self.app) == (other.window, other.app)


@dataclass(frozen=True)
class _Waiting:
    """A window that has the focus, but not yet for long enough; ``left`` is when the last steady one was left."""

    focus: Focus
    since: float
    left: float


class Windows:
    """Follows the focus and keeps the row of the present moment."""

    def __init__(self, options: Narration, teller: Teller) -> None:
        self._dwell = options.dwell_s
        self._teller = teller
        self._searches: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._waiting: _Waiting | None = None
        self._changed = float("-inf")
        self.current: Focus | None = None
        self.row: Draft | None = None

    @property
    def where(self) -> Title:
        return self.current.title if self.current is not None else sentences.NOWHERE

    @property
    def app(self) -> str:
        return self.current.app if self.current is not None else ""

    # ------------------------------------------------------------------ focus

    def see(self, seen: WindowFocus, *, here: bool) -> None:
        """The focus or its title changed. ``here``: the user is there; else it is only remembered."""
        focus = Focus.of(seen, self._teller.clean(seen.title[:1_000]))
        if not here:
            self.current = focus
            return
        waiting, current = self._waiting, self.current
        if current is not None and focus.key == current.key:
            self._waiting = None
        elif waiting is not None and focus.key == waiting.focus.key:
            pass
        elif current is not None and self._ticks(current, focus, seen.at):
            self._waiting = None
        else:
            self._waiting = _Waiting(focus, seen.at, waiting.left if waiting is not None else seen.at)

    def _ticks(self, old: Focus, new: Focus, at: float) -> bool:
        """Whether only a clock or a counter in the title went on."""
        a, b = (_NUMBERS.sub("#", focus.title.name) for focus in (old, new))
        if not old.same_window(new) or a != b or "#" not in a:
            return False
        quick = at - self._changed < _TICKER_S
        self._changed = at
        return quick

    def due(self, at: float) -> bool:
        """Whether the window that waits has had the focus for long enough.

        Passing through windows for longer than that ends at the latest where it is now.
        """
        waiting = self._waiting
        if waiting is None or at - waiting.since >= self._dwell:
            return waiting is not None
        return self.used() and at - waiting.left >= 2 * self._dwell

    def used(self) -> bool:
        """Whether input now shows that the user is really in the window that waits (not just its title changed)."""
        waiting, current = self._waiting, self.current
        return waiting is not None and (current is None or not waiting.focus.same_window(current))

    def settle(self, last_line: str) -> list[Event]:
        """The waiting window becomes the current one: its row begins where the last one was left."""
        waiting, previous = self._waiting, self.current
        if waiting is None:
            return []
        self._waiting = None
        events = self.close(waiting.left)
        self.current, self._changed = waiting.focus, waiting.since
        if waiting.focus.blank:
            self.current = None
            return events
        sentence, type_ = self._wording(waiting.focus, previous, last_line)
        return events + self._open(type_, waiting.left, sentence)

    def _wording(self, focus: Focus, previous: Focus | None, last_line: str) -> tuple[str, str]:
        title = focus.title
        if previous is None or not focus.same_window(previous):
            self._search_is_new(title)
            return sentences.switch(title), "switch"
        typed = " ".join(last_line.casefold().split())
        if not title.query and title.kind == "browser" and title.site and typed == title.document.casefold():
            title = Title(title.app, title.kind, title.name, title.document, title.site, query=title.document)
        if not title.query:
            return sentences.shows(title), "title"
        new = self._search_is_new(title)
        return sentences.search(title, again=not new), "search" if new else "title"

    def _search_is_new(self, title: Title) -> bool:
        if not title.query:
            return False
        key = (title.site, title.query.casefold())
        new = key not in self._searches
        self._searches[key] = None
        self._searches.move_to_end(key)
        while len(self._searches) > _SEARCHES:
            self._searches.popitem(last=False)
        return new

    # ------------------------------------------------------------------ rows

    def _open(self, type_: str, at: float, sentence: str) -> list[Event]:
        focus = self.current
        if focus is None:
            return []
        self.row = Draft(type_, "window", at, at, sentence, clean_app(focus.app), stored_title(focus.title))
        if type_ == "search":
            self.row.data = {"site": focus.title.site, "query": focus.title.document[:NAME_CAP]}
        return [self._teller.tell(self.row, closed=False)]

    def state(self, type_: str, source: str, at: float, sentence: str) -> list[Event]:
        """Open a row that is no window: idle, lock, private."""
        events = self.close(at)
        self.row = Draft(type_, source, at, at, sentence)
        return [*events, self._teller.tell(self.row, closed=False)]

    def resume(self, at: float) -> list[Event]:
        """After a break the row of the same window goes on as a new one."""
        if self.row is not None or self.current is None or self.current.blank:
            return []
        return self._open("title", at, sentences.goes_on(self.current.title))

    def close(self, at: float) -> list[Event]:
        """End the row at ``at``, never before its beginning."""
        row, self.row = self.row, None
        if row is None:
            return []
        row.end = max(row.time, at)
        return [self._teller.tell(row, closed=True)]

    def advance(self, at: float) -> list[Event]:
        """Let the row grow until ``at``; told again every few seconds while the user is there."""
        row = self.row
        if row is None:
            return []
        if self._waiting is None or row.source != "window":
            row.end = max(row.end, at)
        if row.source == "idle" or row.end - row.told_end < RETELL_S:
            return []
        return [self._teller.tell(row, closed=False)]

    def forget_focus(self) -> None:
        """Nothing is known about the windows any more (something private, a gap)."""
        self.current, self._waiting, self._changed = None, None, float("-inf")
        self._searches.clear()

    def stop_waiting(self) -> None:
        """A break begins: the window that waited is where the user will come back to."""
        if self._waiting is not None:
            self.current, self._waiting = self._waiting.focus, None

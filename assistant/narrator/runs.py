"""Runs: what the hands do without a break in one window (a typing burst, scrolling, a chord pressed again)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from assistant.events import Event
from assistant.narrator import sentences
from assistant.narrator.clean import clean_app
from assistant.narrator.draft import Draft, Teller, stored_title
from assistant.narrator.splice import Splice
from assistant.narrator.titles import Title
from assistant.settings import Narration

RUN_GAP_S = 30.0
"""Clicks, scrolls, counted keys and chords this close together are one run: people read a screenful in 20–40 s."""
HESITATION_S = 30.0
"""A burst whose end may be the beginning of a secret stays open this long over a pause: people read card numbers
off the card in groups, and half a number is not recognised as one."""
GROW_S = 0.4
"""A growing event is told at most this often: kill -9 may lose 1 s (issue 2), and each telling is a row written."""
_FORCED = 4
"""A burst that ends in what may be a secret all the time is cut at four times the limit nevertheless."""


@dataclass
class Run:
    """One run. ``key`` is what further input must agree with to belong to it."""

    type: str
    key: Hashable
    where: Title
    app: str
    time: float
    last: float
    source: str = "keyboard"
    count: int = 0
    dx: int = 0
    dy: int = 0
    splice: Splice = field(default_factory=Splice)
    dirty: bool = True
    draft: Draft | None = None


class Runs:
    """The run that is going on, and how it becomes events."""

    def __init__(self, options: Narration, teller: Teller) -> None:
        self._options = options
        self._teller = teller
        self.run: Run | None = None
        self.last_line = ""
        """The last line that was finished with Enter, redacted: a search is recognised by it."""

    def join(
        self, type_: str, key: Hashable, where: Title, app: str, at: float, source: str = "keyboard"
    ) -> tuple[Run, list[Event]]:
        """The run that input of this kind belongs to, and what was told about the one that it ends."""
        run = self.run
        if run is not None and (run.type, run.key, run.where) == (type_, key, where) and not self.over(at):
            run.last = max(run.last, at)
            run.dirty = True
            return run, []
        ended = self.close()
        self.run = Run(type_, key, where, app, at, at, source)
        return self.run, ended

    def over(self, at: float) -> bool:
        """Whether the pause since the run's last input has ended it."""
        run = self.run
        if run is None:
            return False
        pause = at - run.last
        if run.type != "typing":
            return pause >= RUN_GAP_S
        if pause < self._options.burst_end_s:
            return False
        return pause >= HESITATION_S or self._teller.hold_back(run.splice.text) == 0

    def close(self) -> list[Event]:
        """End the run that is going on."""
        run, self.run = self.run, None
        return self._told(run, closed=True) if run is not None else []

    def drop(self) -> None:
        """Forget the run without a word."""
        self.run, self.last_line = None, ""

    def advance(self, at: float) -> list[Event]:
        """Let time pass: end the run after a pause, tell what has grown."""
        if self.over(at):
            return self.close()
        return self.grow(at)

    def grow(self, at: float) -> list[Event]:
        """Tell the run as it is now, unless that was done a moment ago."""
        run = self.run
        if run is None or not run.dirty:
            return []
        told = run.draft.told_end if run.draft is not None and run.draft.told else float("-inf")
        if max(at, run.last) - told < GROW_S:
            return []
        return self._told(run, closed=False)

    def cut(self) -> list[Event]:
        """End the burst's first part when it is too long, and go on with the rest as a burst of its own."""
        run, most, events = self.run, self._options.burst_max_chars, []
        while run is not None and run.type == "typing" and len(run.splice.text) > most:
            at = self._safe_cut(run.splice, most)
            if at == 0:
                break
            rest = run.splice
            first, run.splice = Splice(), rest
            first.text, first.erased, first.replaces = rest.text[:at], rest.erased, rest.replaces
            first.inexact = rest.inexact
            behind = rest.erased_behind
            rest.cut(at)
            rest.erased_behind = behind
            keys = run.count - len(rest.text)
            part = Run(run.type, run.key, run.where, run.app, run.time, run.last, run.source, max(0, keys))
            part.splice, part.draft = first, run.draft
            events += self._told(part, closed=True)
            run.time, run.count, run.draft = run.last, len(rest.text), None
        return events

    def _safe_cut(self, splice: Splice, most: int) -> int:
        """A place to cut that does not go through what may be a secret; 0 = wait for more text."""
        at = splice.cut_point(most)
        held = self._teller.hold_back(splice.text[:at]) if at else 0
        if held == 0 or len(splice.text) > _FORCED * most:
            return at
        return at - held if at - held > most // 4 else 0

    # ------------------------------------------------------------------ telling

    def _told(self, run: Run, *, closed: bool) -> list[Event]:
        first = run.draft is None
        draft = run.draft or Draft(run.type, run.source, run.time, run.last)
        if first:
            draft.app, draft.title = clean_app(run.app), stored_title(run.where)
        draft.end = max(draft.time, run.last)
        if not self._fill(draft, run, closed=closed) and not draft.told:
            return []
        run.draft, run.dirty = draft, False
        return [self._teller.tell(draft, closed=closed)]

    def _fill(self, draft: Draft, run: Run, *, closed: bool) -> bool:
        """Write sentence and data. False: there is nothing to tell yet."""
        match run.type:
            case "typing":
                return self._fill_typing(draft, run, closed=closed)
            case "keys":
                draft.sentence = sentences.counted(run.count, run.where)
                draft.data = {"keys": run.count, "reason": str(run.key)[:80]}
            case "paste":
                draft.sentence = sentences.paste(run.count, run.where)
                draft.data = {"count": run.count} if run.count > 1 else {}
            case "hotkey":
                draft.sentence = sentences.hotkey(str(run.key), run.count, run.where)
                draft.data = {"key": run.key, "count": run.count} if run.count > 1 else {"key": run.key}
            case "click":
                draft.sentence = sentences.click(str(run.key), run.count, run.where)
                draft.data = {"count": run.count}
            case _:
                draft.sentence = sentences.scroll(run.dx, run.dy, run.where)
                draft.data = {"dy": run.dy}
        return True

    def _fill_typing(self, draft: Draft, run: Run, *, closed: bool) -> bool:
        splice = run.splice
        text = splice.text if closed else splice.text[: len(splice.text) - self._teller.hold_back(splice.text)]
        text = self._teller.clean(text)
        erased = splice.erased + splice.erased_behind
        draft.sentence = sentences.typing(text, run.where, erased=erased, replaces=splice.replaces)
        draft.data = {"text": text, "keys": run.count}
        facts = {
            "erased": splice.erased,
            "erased_behind": splice.erased_behind,
            "replaces": splice.replaces,
            "inexact": splice.inexact,
        }
        draft.data.update({name: value for name, value in facts.items() if value})
        if closed and "\n" in text:
            self.last_line = text.strip("\n").rpartition("\n")[2]
        return bool(text or erased or splice.replaces or splice.inexact)

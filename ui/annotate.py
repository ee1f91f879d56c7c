"""The annotation screen: keys from the page → the session → rows to the store → the next view for the page.

One thread handles everything in order, so that keys typed ahead count for the view that comes after. Drafting has a
thread of its own and reports to the first.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from assistant.annotation.answers import Key
from assistant.annotation.points import Line, as_choices
from assistant.annotation.session import MAX_CHOICES, Session, Stop
from assistant.clock import Clock
from assistant.errors import AssistantError, EnvironmentFault
from assistant.traces import Annotation, Candidate
from ui.annotate_window import AnnotateWindow

log = logging.getLogger(__name__)

# A page that dies a third time would only go on dying.
_RELOADS: Final = 2
_ACTS: Final = frozenset({"ready", "toggle", "none", "next", "skip", "undo", "quit"})
NOTHING_CHOSEN: Final = "Choose 1 to 5 or 0 first, or press s to skip."
NOTHING_TO_UNDO: Final = "There is nothing to undo."
ERASED: Final = "What was recorded there has been erased meanwhile; it is left out."


class Record(Protocol):
    """What the screen needs of the store."""

    def lines(self, stop: Stop) -> list[Line]: ...
    def keep(self, rows: Sequence[Annotation]) -> bool:
        """Store an answer; False when what it is about has been erased.

        :raises AssistantError: it cannot be stored now.
        """
        ...


Drafter = Callable[[Stop], list[Candidate]]
"""Writes and stores further candidates for a stop. Slow; raises AssistantError with the reason when it cannot."""


@dataclass
class _Drafts:
    """What is being drafted, and what has been."""

    write: Drafter | None = None
    asked: set[Key] = field(default_factory=set)
    waiting: set[Key] = field(default_factory=set)
    work: queue.Queue[Stop | None] = field(default_factory=queue.Queue)


class AnnotateScreen:
    """One annotator at one window. :meth:`run` on the main thread; ``failure`` says afterwards why it gave up."""

    def __init__(
        self,
        window: AnnotateWindow,
        session: Session,
        record: Record,
        clock: Clock,
        *,
        theme: str = "auto",
        drafter: Drafter | None = None,
    ) -> None:
        self.session, self.failure = session, ""
        self._window, self._record, self._clock, self._theme = window, record, clock, theme
        self._drafts = _Drafts(drafter)
        self._todo: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._crashes = 0
        self._note = ""

    def run(self) -> None:
        """Serve until the window is closed.

        :raises SetupError: a package is missing.
        :raises EnvironmentFault: no display, or the page died again and again.
        """
        threads = [threading.Thread(target=self._work, name="annotate", daemon=True)]
        if self._drafts.write is not None:
            threads.append(threading.Thread(target=self._write_drafts, name="annotate-drafts", daemon=True))
        for thread in threads:
            thread.start()
        try:
            self._window.run(self._hear, self._crashed)
        finally:
            self._todo.put(None)
            self._drafts.work.put(None)
            threads[0].join()  # an answer that was given is stored before the end
        if self.failure:
            raise EnvironmentFault(self.failure)

    # ------------------------------------------------------------------ from the page

    def _hear(self, text: str) -> None:
        try:
            message = json.loads(text)
            kind, number = str(message["type"]), int(message.get("number", 0))
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("the page sent something that is not a message")
            return
        if kind in _ACTS:
            self._todo.put(lambda: self._act(kind, number))

    def _crashed(self, reason: str) -> None:
        self._crashes += 1
        if self._crashes <= _RELOADS:
            log.warning("annotation: %s; loading the page again", reason)
            self._window.reload()
        else:
            self.failure = f"The annotation page died {self._crashes} times ({reason})."
            self._window.close()

    def _work(self) -> None:
        while (task := self._todo.get()) is not None:
            try:
                task()
            except Exception:
                log.exception("annotation: our bug")
                self._note = "Something went wrong (our bug); nothing was stored. See the log."
                self._show()

    def _act(self, kind: str, number: int) -> None:
        session, self._note = self.session, ""
        if kind == "toggle":
            session.toggle(number)
        elif kind == "none":
            session.choose_none()
        elif kind == "next" and session.current is not None:
            self._keep(session.confirm(self._clock.now()), NOTHING_CHOSEN)
        elif kind == "skip" and session.current is not None:
            self._keep(session.skip(self._clock.now()), "")
        elif kind == "undo":
            self._keep(session.undo(self._clock.now()), NOTHING_TO_UNDO)
        elif kind == "quit":
            self._window.close()
            return
        self._show()

    def _keep(self, rows: Sequence[Annotation], otherwise: str) -> None:
        """Store, then go on; when that fails, stay and say why."""
        if not rows:
            self._note = otherwise
            return
        try:
            kept = self._record.keep(rows)
        except AssistantError as error:
            self._note = f"Not stored: {error} Press the key again to try once more."
            return
        if kept:
            self.session.take(rows)
        else:
            self.session.drop((rows[0].trace_id, rows[0].position))
            self._note = ERASED

    # ------------------------------------------------------------------ to the page

    def _show(self) -> None:
        self._want_drafts()
        self._window.script(f"annotate.show({json.dumps(self.view())})")

    def view(self) -> dict[str, Any]:
        """Everything that the page shows, as JSON-able values; it puts them in as text, never as markup."""
        session, stop = self.session, self.session.current
        choices = stop.choices if stop else ()
        return {
            "theme": self._theme,
            "annotator": session.annotator,
            "title": stop.title if stop else "Annotation",
            "point": [str(number) for number in stop.point] if stop else [],  # too large for JavaScript's numbers
            "index": session.index,
            "total": session.total,
            "answered": session.answered,
            "skipped": session.skipped,
            "lines": [{"time": line.time, "text": line.text} for line in self._record.lines(stop)] if stop else [],
            "choices": [
                {"text": choice.task, "chosen": number in session.selected} for number, choice in enumerate(choices, 1)
            ],
            "none": session.none,
            "drafting": stop is not None and stop.point in self._drafts.waiting,
            "note": self._note,
            "can_undo": session.can_undo,
            "done": stop is None,
            "ending": _ending(session) if stop is None else "",
        }

    # ------------------------------------------------------------------ drafts

    def _want_drafts(self) -> None:
        """Ask for this stop's drafts, then for the next one's, so that they are there when it comes."""
        if self._drafts.write is None:
            return
        for stop in self.session.ahead(2):
            if len(stop.choices) < MAX_CHOICES and stop.point not in self._drafts.asked:
                self._drafts.asked.add(stop.point)
                self._drafts.waiting.add(stop.point)
                self._drafts.work.put(stop)

    def _write_drafts(self) -> None:
        write = self._drafts.write
        while write is not None and (stop := self._drafts.work.get()) is not None:
            found, note = [], ""
            try:
                found = write(stop)
            except AssistantError as error:
                note = f"No drafts: {error}"
            except Exception:
                log.exception("drafting failed")
                note = "No drafts: something went wrong (our bug); see the log."
            self._todo.put(lambda stop=stop, found=found, note=note: self._drafted(stop, found, note))  # type: ignore[misc]  # mypy cannot infer a lambda with defaults

    def _drafted(self, stop: Stop, found: Sequence[Candidate], note: str) -> None:
        self._drafts.waiting.discard(stop.point)
        self.session.offer(stop.point, [*stop.choices, *as_choices(found)])
        current = self.session.current
        if current is not None and current.point == stop.point:
            self._note = note or self._note
            self._show()


def _ending(session: Session) -> str:
    if not session.total:
        return "There is nothing to annotate here."
    said = f"{session.answered} of {session.total} points answered, {session.skipped} skipped."
    return f"{said} Start again with --skipped to see those once more." if session.skipped else said

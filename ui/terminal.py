"""Suggestions in a terminal: printed, and answered with one letter within the time."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Sequence
from typing import TextIO

from assistant.clock import Clock
from assistant.events import Event, Outcome, OutcomeKind, Suggestion
from assistant.ports import OnOutcome
from ui.popup_state import REASONS, CardState

KEYS = {
    "a": OutcomeKind.ACCEPTED,
    "y": OutcomeKind.ACCEPTED,
    "l": OutcomeKind.SNOOZED,
    "n": OutcomeKind.REJECTED,
}
# How often the clock is looked at while somebody is thinking.
LOOK_S = 0.05
MAX_EVENTS = 12


def clean(text: str) -> str:
    """Text without control characters: what was captured must not steer the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)


class TerminalNotifier:
    """A Notifier on two text streams. Without a person at the keyboard it prints, and the outcome is unseen.

    ``show`` returns at once; :meth:`wait` blocks until the open suggestion has its outcome.
    """

    name = "terminal"

    def __init__(
        self,
        clock: Clock,
        *,
        source: TextIO | None = None,
        out: TextIO | None = None,
        popup_s: float = 12.0,
        interactive: bool | None = None,
    ) -> None:
        self._clock, self._popup_s = clock, popup_s
        self._in, self._out = source or sys.stdin, out or sys.stdout
        self._interactive = self._in.isatty() if interactive is None else interactive
        self._lines: queue.Queue[str] = queue.Queue()
        self._lock = threading.RLock()
        self._reader: threading.Thread | None = None
        self._open: tuple[CardState, Suggestion, OnOutcome] | None = None
        self._settled = threading.Event()
        self._settled.set()

    def show(self, suggestion: Suggestion, why_events: Sequence[Event], on_outcome: OnOutcome) -> None:
        self._end("replaced")
        mono = self._clock.mono()
        state = CardState(suggestion.id, self._popup_s, mono, source=self.name)
        with self._lock:
            self._open = state, suggestion, on_outcome
            self._settled.clear()
            self._print(f"\n  ✦ {suggestion.task.task}")
            if suggestion.why:
                self._print(f"    {suggestion.why}")
        if not self._interactive:
            self._end("nobody at the terminal")
            return
        state.paint(mono)
        self._forget_old_lines()
        self._print(f"    [a]ccept  [l]ater  [n]o  [w]hy?   ({state.popup_s:.0f} s)")
        threading.Thread(target=self._listen, args=(state, tuple(why_events)), name="terminal", daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the outcome of what is shown; False after ``timeout`` seconds without one."""
        return self._settled.wait(timeout)

    def withdraw(self, suggestion_id: int) -> None:
        if self._open is not None and self._open[0].suggestion_id == suggestion_id:
            self._end("withdrawn")

    def close(self) -> None:
        self._end("stopped")

    # ------------------------------------------------------------------ reading

    def _forget_old_lines(self) -> None:
        if self._reader is None:
            self._reader = threading.Thread(target=self._read, name="terminal-read", daemon=True)
            self._reader.start()
            return
        while not self._lines.empty():
            self._lines.get()

    def _read(self) -> None:
        for line in self._in:
            self._lines.put(line.strip().lower())

    def _listen(self, state: CardState, events: tuple[Event, ...]) -> None:
        while self._is_open(state):
            try:
                line = self._lines.get(timeout=LOOK_S)
            except queue.Empty:
                self._settle(state, state.tick(self._clock.mono(), self._clock.now()))
                continue
            if not self._is_open(state):
                self._lines.put(line)  # it was meant for the one that came after
            elif line[:1] == "w":
                state.prolong(self._clock.mono())
                self._explain(events)
            elif line[:1] in KEYS:
                self._answer(state, KEYS[line[:1]], line[1:].strip())

    def _is_open(self, state: CardState) -> bool:
        current = self._open
        return current is not None and current[0] is state

    def _explain(self, events: tuple[Event, ...]) -> None:
        for event in events[-MAX_EVENTS:]:
            when = time.strftime("%H:%M", time.gmtime(event.time + event.utc_offset_min * 60))
            self._print(f"      {when}  {event.sentence}")
        if not events:
            self._print("      Nothing in particular.")

    def _answer(self, state: CardState, kind: OutcomeKind, rest: str) -> None:
        with self._lock:
            if self._open is None or self._open[0] is not state:
                return
            response = self._open[1].task.response
            outcome = state.answer(kind, self._clock.mono(), self._clock.now())
        if outcome is None:
            return
        if kind is OutcomeKind.ACCEPTED and response:
            self._print("\n" + "\n".join(f"    │ {line}" for line in response.splitlines()))
        reason = rest if kind is OutcomeKind.REJECTED and rest in REASONS else ""
        self._settle(state, outcome.model_copy(update={"reason": reason}))

    # ------------------------------------------------------------------ ending

    def _end(self, reason: str) -> None:
        with self._lock:
            state = self._open[0] if self._open else None
            outcome = state.end(reason, self._clock.mono(), self._clock.now()) if state else None
        if state is not None:
            self._settle(state, outcome)

    def _settle(self, state: CardState, outcome: Outcome | None) -> None:
        with self._lock:
            if outcome is None or self._open is None or self._open[0] is not state:
                return
            on_outcome, self._open = self._open[2], None
        if outcome.kind is OutcomeKind.IGNORED:
            self._print("    (no answer)")
        on_outcome(outcome)
        self._settled.set()

    def _print(self, text: str) -> None:
        self._out.write(clean(text) + "\n")
        self._out.flush()

"""The popup: puts suggestions on a surface one at a time and reports what became of each.

The order of things for one card: ``offer`` to the page → it measures itself (``size``) → the window is placed and
shown → two animation frames later the page says ``painted`` → clock, pointer, buttons → ``clear`` → hidden.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from assistant.clock import Clock
from assistant.errors import EnvironmentFault
from assistant.events import Event, Outcome, OutcomeKind, Suggestion
from assistant.ports import OnOutcome
from ui.card import Card, page_data
from ui.popup_state import ANSWERS, REASONS_S, CardState, Phase
from ui.surface import Surface

log = logging.getLogger(__name__)

# Cold start to painted takes 0.7–2.3 s [FINDINGS]; eight seconds leave room for a loaded machine.
START_S = 8.0
# A warm card is painted in 9 ms, 31 at most [FINDINGS]; without a sign for two seconds the page is dead.
PAINT_S = 2.0
# A page that dies again within five minutes of a recovery would only go on dying.
TRUST_AGAIN_S = 300.0
# How often the clock is looked at while a card is up; nothing runs while there is none.
TICK_S = 0.05
# The page empties itself before the window is hidden, so that the old card never flashes; two frames are 33 ms.
CLEAR_S = 0.15

OnPainted = Callable[[int, float, float], None]
"""(suggestion id, wall time, ms since it was asked for)."""


class PopupNotifier:
    """A Notifier over a :class:`~ui.surface.Surface`. :meth:`run` on the main thread, the rest from anywhere.

    ``failure`` says after :meth:`run` why the popup gave up ('' = it was asked to stop).
    """

    name = "popup"

    def __init__(
        self,
        surface: Surface,
        clock: Clock,
        *,
        popup_s: float = 12.0,
        theme: str = "auto",
        on_painted: OnPainted = lambda _id, _at, _ms: None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self.surface, self.popup_s, self.theme, self.failure = surface, popup_s, theme, ""
        self._clock, self._on_painted, self._on_ready = clock, on_painted, on_ready
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._card: Card | None = None
        self._numbers = 0
        self._ready = self._closed = False
        self._started = clock.mono()
        self._recovered: float | None = None
        self._clear_at: float | None = None

    # ------------------------------------------------------------------ the port

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop``; blocks the main thread.

        :raises SetupError: pywebview or its back end is missing.
        :raises EnvironmentFault: no display, or the page died and did not come back.
        """
        self._started = self._clock.mono()
        threading.Thread(target=self._keep_time, name="popup-clock", daemon=True).start()
        threading.Thread(target=self._stop_with, args=(stop,), name="popup-stop", daemon=True).start()
        try:
            self.surface.run(self._hear, self._crashed)
        finally:
            self.close()
        if self.failure:
            raise EnvironmentFault(self.failure)

    def show(
        self,
        suggestion: Suggestion,
        why_events: Sequence[Event],
        on_outcome: OnOutcome,
        *,
        popup_s: float | None = None,
        theme: str | None = None,
    ) -> None:
        """Show it now. One that is up already ends as unseen; but nobody's reading is interrupted."""
        now = self._clock.mono()
        state = CardState(suggestion.id, popup_s or self.popup_s, now)
        with self._lock:
            self._numbers += 1
            card = Card(self._numbers, suggestion, on_outcome, state)
            card.asked = now
            if refusal := self._refusal():
                ended: Card | None = card
            else:
                refusal, ended, self._card, self._clear_at = "replaced", self._card, card, None
                card.data = page_data(card, why_events, self.surface, theme or self.theme)
                self._offer(card)
                self._wake.notify_all()
        if ended is not None:
            self._report(ended, ended.state.end(refusal, now, self._clock.now()))

    def withdraw(self, suggestion_id: int) -> None:
        with self._lock:
            card = self._card
            if card is None or card.suggestion.id != suggestion_id or card.state.phase is Phase.READING:
                return
            outcome = card.state.end("withdrawn", *self._now())
            self._clear()
        self._report(card, outcome)

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed, card = True, self._card
            outcome = card.state.end("popup failed" if self.failure else "stopped", *self._now()) if card else None
            self._card = None
            self._wake.notify_all()
        if card is not None:
            self._report(card, outcome)
        self.surface.close()

    # ------------------------------------------------------------------ to the page

    def _refusal(self) -> str:
        if self._closed:
            return "popup closed"
        if not self._ready and self._recovered is None:
            return "popup still starting"
        reading = self._card is not None and self._card.state.phase is Phase.READING
        return "still reading the last answer" if reading else ""

    def _offer(self, card: Card) -> None:
        card.offered, card.acknowledged = self._clock.mono(), False
        if self._ready:
            self._call("offer", card.data)

    def _call(self, function: str, argument: Any = None) -> None:
        text = "" if argument is None else json.dumps(argument)
        self.surface.script(f"popup.{function}({text})")

    def _clear(self) -> None:
        self._card, self._clear_at = None, self._clock.mono() + CLEAR_S
        self._call("clear")
        self._wake.notify_all()

    # ------------------------------------------------------------------ from the page

    def _hear(self, text: str) -> None:
        try:
            message = json.loads(text)
            kind, number = str(message["type"]), int(message["card"])
        except (ValueError, KeyError, TypeError):
            log.warning("the page sent something that is not a message")
            return
        if kind == "ready":
            self._page_ready()
            return
        with self._lock:
            card = self._card
            if kind == "cleared" and card is None:
                self._hide()
            if card is None or number != card.number:
                return
            outcome = self._take(card, kind, message)
        self._report(card, outcome)

    def _take(self, card: Card, kind: str, message: dict[str, Any]) -> Outcome | None:
        if kind == "size":
            self.surface.place(int(message.get("height", 0)))
        elif kind == "painted":
            self._painted(card)
        elif kind == "hover":
            card.state.hover(bool(message.get("inside")), self._clock.mono())
        elif kind == "answer" and message.get("answer") in ANSWERS:
            return self._answer(card, ANSWERS[message["answer"]])
        elif kind == "reason":
            outcome = card.state.reason(str(message.get("reason", "")), self._clock.now())
            if outcome is not None:
                self._clear()
            return outcome
        elif kind == "copy" and card.state.phase is Phase.READING:
            copied = self.surface.copy(card.suggestion.task.response)
            self._call("note", "Copied again" if copied else "Copying is not possible here")
        elif kind == "close" and card.state.close():
            self._clear()
        return None

    def _painted(self, card: Card) -> None:
        now = self._clock.mono()
        card.acknowledged = True
        if card.state.paint(now):
            self._on_painted(card.suggestion.id, self._clock.now(), (now - card.asked) * 1000)

    def _answer(self, card: Card, kind: OutcomeKind) -> Outcome | None:
        response = card.suggestion.task.response
        outcome = card.state.answer(kind, *self._now(), response=bool(response))
        if outcome is None:
            return None
        if kind is OutcomeKind.ACCEPTED:
            self._call("reading", bool(response) and self.surface.copy(response))
        elif kind is OutcomeKind.REJECTED:
            self._call("reasons", REASONS_S)
        else:
            self._clear()
        return outcome

    # ------------------------------------------------------------------ time and trouble

    def _keep_time(self) -> None:
        while True:
            with self._lock:
                if self._closed:
                    return
                idle = self._ready and self._card is None and self._clear_at is None
                self._wake.wait(None if idle else TICK_S)
                if self._closed:
                    return
                card = self._card
                outcome = self._tick()
            if card is not None:
                self._report(card, outcome)

    def _tick(self) -> Outcome | None:
        mono, card = self._clock.mono(), self._card
        if not self._ready:
            if mono - self._started > START_S:
                self._recover("the page did not start")
        elif card is None:
            if self._clear_at is not None and mono > self._clear_at:
                self._hide()
        elif not card.acknowledged and mono - card.offered > PAINT_S:
            self._recover("the page did not paint")
        elif not card.state.over:
            outcome = card.state.tick(mono, self._clock.now())
            if card.state.over:
                self._clear()
            return outcome
        return None

    def _hide(self) -> None:
        self._clear_at = None
        self.surface.hide()

    def _page_ready(self) -> None:
        with self._lock:
            first, self._ready = self._recovered is None and not self._ready, True
            if self._card is not None:
                self._card.data["seconds"] = self._card.state.remaining(self._clock.mono())
                self._offer(self._card)
            self._wake.notify_all()
        if first:
            self._on_ready()

    def _crashed(self, reason: str) -> None:
        with self._lock:
            if not self._closed:
                self._recover(reason)
                self._wake.notify_all()

    def _recover(self, reason: str) -> None:
        """Load the page anew; the second time within a few minutes, give up."""
        now = self._clock.mono()
        if self._recovered is not None and now - self._recovered < TRUST_AGAIN_S:
            self.failure = f"the popup's page died twice ({reason})"
            threading.Thread(target=self.close, name="popup-close", daemon=True).start()
            return
        log.warning("popup: %s; loading the page again", reason)
        self._recovered, self._started, self._ready = now, now, False
        if self._card is not None and self._card.state.phase is Phase.READING:
            self._card.state.close()
            self._card = None
        self.surface.hide()
        self.surface.reload()

    def _stop_with(self, stop: threading.Event) -> None:
        stop.wait()
        self.close()

    def _now(self) -> tuple[float, float]:
        return self._clock.mono(), self._clock.now()

    @staticmethod
    def _report(card: Card, outcome: Outcome | None) -> None:
        if outcome is not None:
            card.on_outcome(outcome)

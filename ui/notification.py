"""Suggestions as desktop notifications (org.freedesktop.Notifications), with the same buttons as the popup."""

from __future__ import annotations

import asyncio
import contextlib
import html
import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from assistant.clock import Clock
from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Event, Outcome, OutcomeKind, Suggestion
from assistant.ports import OnOutcome
from ui.clipboard import copy_text
from ui.popup import OnPainted
from ui.popup_state import ANSWERS, CardState

log = logging.getLogger(__name__)

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
BUS = "org.freedesktop.DBus"
# Servers that ignore the time we ask for: we close it ourselves this much later.
LATE_S = 1.0
# A bus or a service that takes longer does not work (dbus itself allows 25 s; nobody waits so long for a popup).
ANSWER_S = 5.0
# How often the clock, and the order to stop, are looked at.
LOOK_S = 0.1
MAX_EVENTS, MAX_BODY = 5, 1200
# NotificationClosed: 1 expired, 2 dismissed by the user, 3 closed by us, 4 undefined (notification spec 1.2).
EXPIRED, DISMISSED = 1, 2
BUTTONS = {"accept": "Accept", "later": "Not now", "no": "No"}


class _Card:
    def __init__(self, suggestion: Suggestion, events: tuple[Event, ...], told: OnOutcome, state: CardState) -> None:
        self.suggestion, self.events, self.told, self.state = suggestion, events, told, state
        self.number = 0
        self.asked = 0.0


class NotificationNotifier:
    """A Notifier over the session bus. :meth:`run` serves it; the rest may be called from any thread."""

    name = "notification"

    def __init__(
        self,
        clock: Clock,
        *,
        popup_s: float = 12.0,
        on_painted: OnPainted = lambda _id, _at, _ms: None,
        on_ready: Callable[[], None] = lambda: None,
        copy: Callable[[str], bool] = copy_text,
    ) -> None:
        self._clock, self._popup_s, self._copy = clock, popup_s, copy
        self._on_painted, self._on_ready = on_painted, on_ready
        self._bus: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._capabilities: frozenset[str] = frozenset()
        self._card: _Card | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def note(self) -> str:
        """What the owner should know about this notification service."""
        return "" if "actions" in self._capabilities else "this desktop's notifications have no buttons"

    # ------------------------------------------------------------------ the port

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop``.

        :raises SetupError: dbus-fast is missing.
        :raises EnvironmentFault: no session bus, or no notification service on it, or it went away.
        """
        try:
            import dbus_fast  # noqa: F401 - its absence is the user's setup, told here
        except ImportError as error:
            raise SetupError("dbus-fast is not installed.", hint="pip install dbus-fast") from error
        asyncio.run(self._serve(stop))

    def show(
        self,
        suggestion: Suggestion,
        why_events: Sequence[Event],
        on_outcome: OnOutcome,
        *,
        popup_s: float | None = None,
        theme: str | None = None,  # noqa: ARG002 - the desktop chooses the colours
    ) -> None:
        """Show it now; one that is up already ends as unseen."""
        seconds = (popup_s or self._popup_s) + LATE_S
        state = CardState(suggestion.id, seconds, self._clock.mono(), source=self.name)
        card = _Card(suggestion, tuple(why_events), on_outcome, state)
        card.asked = self._clock.mono()
        if not self._soon(lambda: self._begin(card)):
            self._report(card, self._ended(card, "notifications are not running"))

    def withdraw(self, suggestion_id: int) -> None:
        self._soon(lambda: self._take_away(suggestion_id))

    def close(self) -> None:
        """Nothing to do: :meth:`run` ends with its ``stop``."""

    # ------------------------------------------------------------------ the loop

    async def _serve(self, stop: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await self._connect()
            self._on_ready()
            while not stop.is_set():
                await asyncio.sleep(LOOK_S)
                self._look()
        finally:
            self._loop = None
            if self._card is not None:
                card, self._card = self._card, None
                self._report(card, self._ended(card, "stopped"))
                with contextlib.suppress(EnvironmentFault):
                    await self._call("CloseNotification", "u", [card.number])
            if self._bus is not None:
                self._bus.disconnect()

    async def _connect(self) -> None:
        from dbus_fast.aio import MessageBus

        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS") and not os.environ.get("XDG_RUNTIME_DIR"):
            raise EnvironmentFault("There is no session bus for notifications.")
        try:
            self._bus = await asyncio.wait_for(MessageBus().connect(), timeout=ANSWER_S)
        except Exception as error:
            raise EnvironmentFault(f"The session bus cannot be reached: {str(error) or 'no answer'}") from error
        self._bus.add_message_handler(self._signal)
        (capabilities,) = await self._call("GetCapabilities")
        self._capabilities = frozenset(capabilities)
        await self._call("AddMatch", "s", [f"type='signal',interface='{NAME}'"], to=(BUS, "/org/freedesktop/DBus", BUS))

    async def _call(
        self,
        member: str,
        signature: str = "",
        body: Sequence[Any] = (),
        to: tuple[str, str, str] = (NAME, PATH, NAME),
    ) -> list[Any]:
        from dbus_fast import Message, MessageType

        message = Message(
            destination=to[0], path=to[1], interface=to[2], member=member, signature=signature, body=list(body)
        )
        try:
            reply = await asyncio.wait_for(self._bus.call(message), timeout=ANSWER_S)
        except (TimeoutError, OSError, EOFError) as error:
            raise EnvironmentFault("The notification service does not answer.") from error
        if reply is None or reply.message_type is MessageType.ERROR:
            why = reply.body[0] if reply is not None and reply.body else "no reply"
            raise EnvironmentFault(f"There is no notification service on this desktop: {why}")
        return list(reply.body)

    def _soon(self, function: Callable[[], None]) -> bool:
        loop = self._loop
        if loop is None:
            return False
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(function)
            return True
        return False

    def _start(self, work: Any) -> None:
        assert self._loop is not None  # noqa: S101 - only called from within the loop
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _look(self) -> None:
        if not self._bus.connected:
            raise EnvironmentFault("The session bus went away.")
        if (card := self._card) is not None:
            outcome = card.state.tick(self._clock.mono(), self._clock.now())
            if card.state.over:
                self._finish(card, outcome)

    # ------------------------------------------------------------------ one suggestion

    def _begin(self, card: _Card) -> None:
        before, self._card = self._card, card
        if before is not None:
            card.number = before.number
            self._report(before, self._ended(before, "replaced"))
        self._start(self._put(card, card.suggestion.why))

    async def _put(self, card: _Card, body: str) -> None:
        from dbus_fast import Variant

        actions = [part for key, label in BUTTONS.items() for part in (key, label)]
        if card.events and not card.state.painted_at:
            actions += ["why", "Why?"]
        hints = {"urgency": Variant("y", 1), "category": Variant("s", "presence")}
        wait = round((card.state.popup_s - LATE_S) * 1000)
        asked = [
            *("Assistant", card.number, "dialog-information", card.suggestion.task.task, self._plain(body)),
            *(actions if "actions" in self._capabilities else [], hints, wait),
        ]
        try:
            (card.number,) = await self._call("Notify", "susssasa{sv}i", asked)
        except EnvironmentFault as error:
            log.warning("a notification was refused: %s", error)
            self._finish(card, self._ended(card, "notification refused"))
            return
        now = self._clock.mono()
        if card.state.paint(now):
            self._on_painted(card.suggestion.id, self._clock.now(), (now - card.asked) * 1000)

    def _plain(self, text: str) -> str:
        text = text[:MAX_BODY]
        return html.escape(text, quote=False) if "body-markup" in self._capabilities else text

    def _signal(self, message: Any) -> None:
        card = self._card
        if message.interface != NAME or card is None or not message.body or message.body[0] != card.number:
            return
        if message.member == "ActionInvoked":
            self._pressed(card, str(message.body[1]))
        elif message.member == "NotificationClosed":
            self._closed(card, int(message.body[1]))

    def _pressed(self, card: _Card, key: str) -> None:
        if key == "why":
            card.state.prolong(self._clock.mono())
            card.number = 0  # a new one: most servers close the old one with its button
            self._start(self._put(card, "\n".join(event.sentence for event in card.events[-MAX_EVENTS:])))
        elif key in ANSWERS:
            outcome = card.state.answer(ANSWERS[key], self._clock.mono(), self._clock.now())
            if outcome is not None and outcome.kind is OutcomeKind.ACCEPTED:
                self._start(self._deliver(card.suggestion.task.response))
            self._finish(card, outcome)

    def _closed(self, card: _Card, why: int) -> None:
        mono, at = self._clock.mono(), self._clock.now()
        if why == DISMISSED:
            outcome = card.state.answer(OutcomeKind.SNOOZED, mono, at)
            outcome = outcome and outcome.model_copy(update={"reason": "dismissed"})
        elif why == EXPIRED:
            outcome = card.state.tick(mono + card.state.popup_s + LATE_S, at)
        else:
            outcome = card.state.end("closed by the desktop", mono, at)
        self._finish(card, outcome, close=False)

    async def _deliver(self, response: str) -> None:
        if not response:
            return
        copied = await asyncio.to_thread(self._copy, response)
        title = "Here you are (copied)" if copied else "Here you are"
        with contextlib.suppress(EnvironmentFault):
            await self._call(
                "Notify",
                "susssasa{sv}i",
                ["Assistant", 0, "dialog-information", title, self._plain(response), [], {}, 0],
            )

    def _take_away(self, suggestion_id: int) -> None:
        if (card := self._card) is not None and card.suggestion.id == suggestion_id:
            self._finish(card, self._ended(card, "withdrawn"))

    def _finish(self, card: _Card, outcome: Outcome | None, *, close: bool = True) -> None:
        if self._card is card:
            self._card = None
            if close and card.number:
                self._start(self._close_it(card.number))
        self._report(card, outcome)

    async def _close_it(self, number: int) -> None:
        with contextlib.suppress(EnvironmentFault):
            await self._call("CloseNotification", "u", [number])

    def _ended(self, card: _Card, reason: str) -> Outcome | None:
        return card.state.end(reason, self._clock.mono(), self._clock.now())

    @staticmethod
    def _report(card: _Card, outcome: Outcome | None) -> None:
        if outcome is not None:
            card.told(outcome)

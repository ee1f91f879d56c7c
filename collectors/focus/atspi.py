"""The focused element's role, told by AT-SPI over D-Bus: signals only, nothing is polled.

``org.a11y.Bus.GetAddress`` gives the accessibility bus; there ``state-changed:focused`` says which object got the
focus, and ``GetRole`` what it is. Numbers are those of ``atspi-constants.h``, fixed by its ABI.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from assistant.clock import Clock
from assistant.errors import AssistantError, EnvironmentFault
from assistant.ports import FieldKind

log = logging.getLogger(__name__)

PASSWORD_TEXT = 40
# spin button, text, autocomplete, editbar, entry, document text, date editor
TEXT_ROLES = frozenset((52, 61, 76, 77, 79, 94, 21))
# check box, check menu item, icon, link, list, list item, menu, menu bar, menu item, page tab, push button, radio
# button, scroll bar, slider, table cell, toggle button, tool bar, tree item, label
OTHER_ROLES = frozenset((7, 8, 26, 88, 31, 32, 33, 34, 35, 37, 43, 44, 48, 51, 56, 62, 63, 91, 29))
_EDITABLE = 1 << 7

_BUS, _BUS_PATH, _STATUS = "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Status"
_DBUS, _DBUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_ACCESSIBLE, _PROPERTIES = "org.a11y.atspi.Accessible", "org.freedesktop.DBus.Properties"
_RULES = (
    "type='signal',interface='org.a11y.atspi.Event.Object',member='StateChanged',arg0='focused'",
    "type='signal',interface='org.a11y.atspi.Event.Object',member='PropertyChange',arg0='accessible-role'",
)
_EVENTS = ("object:state-changed:focused", "object:property-change:accessible-role")
# A call that takes longer comes from an application that hangs; its field stays unknown.
_CALL_S = 0.5
# A bus that went away (logout, crash) is asked for again after this.
_RETRY_S = 5.0
_SENDERS_KEPT = 256

OnFocus = Callable[[int, FieldKind, float], None]
"""(pid, kind, monotonic time of the signal)."""


def kind_of(role: int, *, editable: bool) -> FieldKind:
    """What an AT-SPI role is to us; containers, canvases and whatever is not listed are unknown."""
    if role == PASSWORD_TEXT:
        return FieldKind.PASSWORD
    if role in TEXT_ROLES or editable:
        return FieldKind.TEXT
    return FieldKind.OTHER if role in OTHER_ROLES else FieldKind.UNKNOWN


class AtspiWatch:
    """Reports each focus change. Its own thread and event loop; reconnects by itself."""

    def __init__(self, on_focus: OnFocus, clock: Clock, address: str) -> None:
        self._on_focus, self._clock, self._address = on_focus, clock, address
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ending: asyncio.Event | None = None
        self._pids: OrderedDict[str, int] = OrderedDict()
        self._focused: tuple[str, str] = ("", "")
        self._secret: tuple[str, str] = ("", "")
        self._jobs: set[asyncio.Task[None]] = set()
        self._switched_on = False
        self.reason = "not started"

    def start(self) -> None:
        """Begin to listen in the background; what is wrong stands in ``reason`` ('' = listening)."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._keep()), name="atspi", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        loop, ending, thread = self._loop, self._ending, self._thread
        if loop is not None and ending is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(ending.set)
        if thread is not None:
            thread.join(1.0)

    async def _keep(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        while not self._ending.is_set():
            try:
                await self._listen()
            except AssistantError as error:
                self.reason = str(error)
            except Exception as error:
                self.reason = f"The accessibility bus does not answer ({type(error).__name__})."
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _RETRY_S)

    async def _listen(self) -> None:
        from dbus_fast.aio import MessageBus

        session = await MessageBus(bus_address=self._address).connect()
        bus = None
        try:
            (address,) = await _call(session, _BUS, _BUS_PATH, _BUS, "GetAddress")
            await self._switch(session, on=True)
            bus = await MessageBus(bus_address=address).connect()
            await self._subscribe(bus)
            self.reason = ""
            await self._until_end(bus)
        finally:
            with contextlib.suppress(Exception):
                await self._switch(session, on=False)
            for each in (bus, session):
                if each is not None:
                    each.disconnect()
            self._pids.clear()

    async def _until_end(self, bus: Any) -> None:
        assert self._ending is not None  # noqa: S101 - set in _keep, which calls this
        waits = [asyncio.ensure_future(bus.wait_for_disconnect()), asyncio.ensure_future(self._ending.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        if not self._ending.is_set():
            raise EnvironmentFault("The accessibility bus went away.")

    async def _switch(self, session: Any, *, on: bool) -> None:
        """Programs that start from now on offer accessibility (Qt asks for this). Taken back if it was us."""
        from dbus_fast import Variant

        if on:
            (before,) = await _call(session, _BUS, _BUS_PATH, _PROPERTIES, "Get", "ss", [_STATUS, "IsEnabled"])
            if before.value:
                return
        elif not self._switched_on:
            return
        value = [_STATUS, "IsEnabled", Variant("b", on)]
        await _call(session, _BUS, _BUS_PATH, _PROPERTIES, "Set", "ssv", value)
        self._switched_on = on

    async def _subscribe(self, bus: Any) -> None:
        for rule in _RULES:
            await _call(bus, _DBUS, _DBUS_PATH, _DBUS, "AddMatch", "s", [rule])
        bus.add_message_handler(self._hear)
        registry = "org.a11y.atspi.Registry"
        for event in _EVENTS:
            await _call(bus, registry, "/org/a11y/atspi/registry", registry, "RegisterEvent", "s", [event])
        self._bus = bus

    def _hear(self, message: Any) -> None:
        """A signal. ``state-changed`` has detail1 1 when the object got the focus, 0 when it lost it."""
        if message.member not in {"StateChanged", "PropertyChange"} or not message.sender:
            return
        what, gained, source = message.body[0], message.body[1], (message.sender, message.path)
        if what == "focused" and gained:
            self._focused = source
        elif source != self._focused:
            return
        lost = what == "focused" and not gained
        job = asyncio.ensure_future(self._report(source, self._clock.mono(), lost=lost))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _report(self, source: tuple[str, str], mono: float, *, lost: bool) -> None:
        pid, kind = 0, FieldKind.UNKNOWN
        with contextlib.suppress(Exception):
            pid = await self._pid(source[0])
            if not lost:
                self._on_focus(pid, FieldKind.UNKNOWN, mono)
                kind = await self._kind(source)
        if lost and self._focused == source:
            self._focused = ("", "")
        if pid and (lost or self._focused == source):
            self._on_focus(pid, kind, mono)

    async def _pid(self, sender: str) -> int:
        if sender not in self._pids:
            body = await _call(self._bus, _DBUS, _DBUS_PATH, _DBUS, "GetConnectionUnixProcessID", "s", [sender])
            self._pids[sender] = int(body[0])
            if len(self._pids) > _SENDERS_KEPT:
                self._pids.popitem(last=False)
        return self._pids[sender]

    async def _kind(self, source: tuple[str, str]) -> FieldKind:
        """A field that was a password stays one while it has the focus, also when it is shown in clear."""
        (role,) = await _call(self._bus, *source, _ACCESSIBLE, "GetRole")
        editable = False
        if role not in TEXT_ROLES | OTHER_ROLES | {PASSWORD_TEXT}:
            (states,) = await _call(self._bus, *source, _ACCESSIBLE, "GetState")
            editable = bool(states and states[0] & _EDITABLE)
        kind = kind_of(role, editable=editable)
        if kind is FieldKind.PASSWORD:
            self._secret = source
        return FieldKind.PASSWORD if source == self._secret else kind


async def _call(bus: Any, to: str, path: str, interface: str, member: str, *signed: Any) -> list[Any]:
    """One method call; its answer's body.

    :raises EnvironmentFault: an error came back. :raises TimeoutError: nothing did.
    """
    from dbus_fast import Message, MessageType

    signature, body = signed or ("", [])
    message = Message(destination=to, path=path, interface=interface, member=member, signature=signature, body=body)
    answer = await asyncio.wait_for(bus.call(message), _CALL_S)
    if answer is None or answer.message_type is MessageType.ERROR:
        raise EnvironmentFault(f"{member} is refused: {answer.error_name if answer else 'no answer'}")
    return list(answer.body)

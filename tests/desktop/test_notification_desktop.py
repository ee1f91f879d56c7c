"""Suggestions as desktop notifications: a real session bus, dunst, and a server of our own whose buttons we press."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.bench.ui_child import offer, wait_for
from assistant.clock import SystemClock
from assistant.errors import EnvironmentFault
from assistant.events import Event, OutcomeKind
from ui.notification import DISMISSED, EXPIRED, NAME, PATH, NotificationNotifier

pytestmark = pytest.mark.desktop

BY_US = 3
EVENTS = [Event(id=1, time=60.0, sentence="The user types '<b>x</b>'.", type="typing", source="keyboard")]


class Server:
    """org.freedesktop.Notifications on the session bus, with a person behind it."""

    def __init__(self, capabilities: tuple[str, ...] = ("actions", "body", "body-markup")) -> None:
        self.capabilities = capabilities
        self.shown: list[list[Any]] = []
        self.closed: list[int] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(5)

    def _run(self) -> None:
        self._loop.run_until_complete(self._connect())
        self._ready.set()
        self._loop.run_forever()
        self._bus.disconnect()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _connect(self) -> None:
        from dbus_fast.aio import MessageBus

        self._bus = await MessageBus().connect()
        self._bus.add_message_handler(self._called)
        await self._bus.request_name(NAME)

    def _called(self, message) -> Any:
        from dbus_fast import Message, MessageType

        if message.message_type is not MessageType.METHOD_CALL or message.interface != NAME:
            return None
        if message.member == "GetCapabilities":
            return Message.new_method_return(message, "as", [list(self.capabilities)])
        if message.member == "Notify":
            self.shown.append(message.body)
            return Message.new_method_return(message, "u", [message.body[1] or len(self.shown)])
        self.closed.append(message.body[0])
        self.say("NotificationClosed", message.body[0], BY_US)
        return Message.new_method_return(message, "", [])

    def say(self, member: str, number: int, what: str | int) -> None:
        from dbus_fast import Message

        signature = "us" if isinstance(what, str) else "uu"
        signal = Message.new_signal(PATH, NAME, member, signature, [number, what])
        self._loop.call_soon_threadsafe(self._bus.send, signal)

    def press(self, number: int, key: str) -> None:
        self.say("ActionInvoked", number, key)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


class User:
    """The notifier in a thread, and what came out of it."""

    def __init__(self) -> None:
        self.outcomes: queue.Queue = queue.Queue()
        self.painted: queue.Queue = queue.Queue()
        self.ready, self.stop = threading.Event(), threading.Event()
        self.copied: list[str] = []
        self.notifier = NotificationNotifier(
            SystemClock(),
            popup_s=20.0,
            on_painted=lambda *what: self.painted.put(what),
            on_ready=self.ready.set,
            copy=lambda text: not self.copied.append(text),
        )
        self.thread = threading.Thread(target=self.notifier.run, args=(self.stop,))
        self.thread.start()
        assert self.ready.wait(5)

    def show(self, number: int, **kw: Any) -> None:
        self.notifier.show(offer(number, "Do <i>it</i>", "a < b", "Here & now"), EVENTS, self.outcomes.put, **kw)
        assert self.painted.get(timeout=5)[0] == number

    def outcome(self):
        return self.outcomes.get(timeout=5)

    def close(self) -> None:
        self.stop.set()
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture
def server(desktop) -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def user(server) -> Iterator[User]:
    made = User()
    yield made
    made.close()


def test_the_same_buttons_as_the_popup(server, user):
    for number, (key, kind) in enumerate(
        [("later", OutcomeKind.SNOOZED), ("no", OutcomeKind.REJECTED), ("accept", OutcomeKind.ACCEPTED)], 1
    ):
        user.show(number)
        _app, _old, _icon, title, body, actions, _hints, wait = server.shown[-1]
        assert title == "Do <i>it</i>"
        assert body == "a &lt; b"
        assert actions == ["accept", "Accept", "later", "Not now", "no", "No", "why", "Why?"]
        assert wait == 20_000
        server.press(number, key)
        outcome = user.outcome()
        assert (outcome.suggestion_id, outcome.kind, outcome.source) == (number, kind, "notification")
        assert outcome.reaction_s > 0
    assert wait_for(lambda: user.copied == ["Here & now"])
    assert wait_for(lambda: server.shown[-1][4] == "Here &amp; now")
    assert server.closed == [1, 2, 3]


def test_why_shows_the_events_in_a_new_one(server, user):
    user.show(1)
    server.press(1, "why")
    server.say("NotificationClosed", 1, DISMISSED)
    assert wait_for(lambda: len(server.shown) == 2)
    assert server.shown[1][4] == "The user types '&lt;b&gt;x&lt;/b&gt;'."
    assert "why" not in server.shown[1][5]
    assert user.outcomes.empty()
    server.press(2, "accept")
    assert user.outcome().kind is OutcomeKind.ACCEPTED


def test_dismissed_expired_and_closed_by_the_desktop_are_kept_apart(server, user):
    expected = [(DISMISSED, OutcomeKind.SNOOZED), (EXPIRED, OutcomeKind.IGNORED), (4, OutcomeKind.UNSEEN)]
    for number, (why, kind) in enumerate(expected, 1):
        user.show(number)
        server.say("NotificationClosed", number, why)
        assert user.outcome().kind is kind


def test_a_server_that_never_expires_them_is_closed_by_us(server, user):
    user.show(1, popup_s=0.1)
    assert user.outcome().kind is OutcomeKind.IGNORED
    assert wait_for(lambda: server.closed == [1])


def test_withdraw_and_stop_close_it(server, user):
    user.show(1)
    user.notifier.withdraw(1)
    assert user.outcome().reason == "withdrawn"
    user.show(2)
    user.close()
    assert user.outcome().reason == "stopped"
    assert server.closed == [1, 2]


def test_a_server_without_buttons_is_noticed(desktop):
    server = Server(("body",))
    user = User()
    user.show(1)
    assert server.shown[0][5] == []
    assert server.shown[0][4] == "a < b"
    assert "no buttons" in user.notifier.note
    user.close()
    server.close()


def test_dunst(desktop):
    desktop.spawn(["dunst"])
    assert wait_for(lambda: any(process.name() == "dunst" for process in desktop.processes()))
    user = User()
    assert user.notifier.note == ""
    user.show(1, popup_s=0.5)
    assert user.outcome().kind is OutcomeKind.IGNORED
    user.close()


BARE = """<busconfig><type>session</type><listen>unix:path={folder}/bare</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow receive_sender="*"/><allow own="*"/></policy></busconfig>"""


def test_no_notification_service_is_said(desktop, monkeypatch):
    config = desktop.folder / "bare.conf"
    config.write_text(BARE.format(folder=desktop.folder))
    desktop.spawn(["dbus-daemon", f"--config-file={config}", "--nofork"])
    assert wait_for((desktop.folder / "bare").exists)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={desktop.folder}/bare")
    with pytest.raises(EnvironmentFault, match="notification service"):
        NotificationNotifier(SystemClock()).run(threading.Event())

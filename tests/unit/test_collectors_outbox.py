"""What goes out can be encoded, and what cannot be sent holds nothing else up."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from assistant.clock import FakeClock
from assistant.events import AppStarted, Gap, KeyNamed, KeyText, Observation, WindowFocus
from assistant.ipc import encode
from assistant.messages import Batch
from assistant.policy.consent import Consent
from assistant.policy.privacy import PrivacyGate
from assistant.settings import Capture, Privacy
from collectors.focus import FakeProbe
from collectors.outbox import Outbox
from collectors.pipeline import Pipeline
from collectors.processes import ProcessNames

HALF = "Приложе\udcd0"
WAIT_S = 5.0


class Sending:
    """An outbox with its thread; ``send`` gets each batch, ``sent`` keeps those that it took."""

    def __init__(self, send: Callable[[Batch], bool]) -> None:
        self.sent: list[Batch] = []
        self._arrived = threading.Condition()
        self._send = send
        self.outbox = Outbox("life", 100, self._take)
        self.thread = threading.Thread(target=self.outbox.run, daemon=True)

    def _take(self, batch: Batch) -> bool:
        ok = self._send(batch)
        if ok:
            with self._arrived:
                self.sent.append(batch)
                self._arrived.notify_all()
        return ok

    def until(self, count: int) -> None:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.sent) >= count, WAIT_S), "waited in vain"

    def observations(self) -> list[Observation]:
        return [obs for batch in self.sent for obs in batch.observations]


@pytest.fixture
def sending() -> Iterator[Callable[[Callable[[Batch], bool]], Sending]]:
    made: list[Sending] = []

    def make(send: Callable[[Batch], bool]) -> Sending:
        made.append(Sending(send))
        return made[-1]

    yield make
    for each in made:
        each.outbox.close()
        each.thread.join(WAIT_S)


def test_process_name_that_is_no_utf8_is_made_text(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    monkeypatch.setattr(
        psutil,
        "Process",
        lambda _pid: SimpleNamespace(name=lambda: HALF, status=lambda: "running", create_time=lambda: 1.0),
    )
    assert ProcessNames().name(os.getpid()) == "Приложе?"


@pytest.mark.parametrize(
    "obs",
    [
        WindowFocus(at=1.0, app=HALF, app_id=HALF, title=HALF, process=HALF, window=HALF),
        AppStarted(at=1.0, app=HALF, pid=1, process=HALF),
        KeyText(at=1.0, text=HALF),
        KeyNamed(at=1.0, key=HALF, mods=(HALF,)),
        Gap(at=1.0, sense=HALF, until=2.0, reason=HALF),
    ],
)
def test_nothing_that_cannot_be_encoded_leaves_the_pipeline(clock: FakeClock, obs: Observation) -> None:
    out: list[Observation] = []
    pipe = Pipeline(
        PrivacyGate(Privacy(), Consent(typed="most")), FakeProbe(clock), Capture(hold_keys_s=0.0), clock, out.extend
    )
    pipe.arrive(WindowFocus(at=1.0, app="Mousepad", title="notes", window="0x1"))
    pipe.arrive(obs)
    pipe.step()
    pipe.flush()
    assert any(each.kind == obs.kind for each in out)
    assert encode(Batch(life="life", seq=1, observations=tuple(out)))


def test_batch_that_cannot_be_sent_becomes_a_gap(sending, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    line = sending(lambda batch: bool(encode(batch)))
    line.outbox.add([KeyText(at=1.0, text="before")])
    line.outbox.add([KeyText(at=2.0, text="zebra"), WindowFocus(at=3.0, title=HALF)])
    line.outbox.add([KeyText(at=4.0, text="after")])
    line.thread.start()
    line.until(3)
    gap = Gap(at=2.0, sense="all", until=3.0, reason="could not be sent (our bug)")
    assert line.observations() == [KeyText(at=1.0, text="before"), gap, KeyText(at=4.0, text="after")]
    assert "batch 2 " in caplog.text
    assert "zebra" not in caplog.text
    assert "Приложе" not in caplog.text


def test_gap_that_cannot_be_sent_either_is_given_up(sending) -> None:
    def send(batch: Batch) -> bool:
        if batch.seq == 1:
            raise ValueError
        return True

    line = sending(send)
    line.outbox.add([KeyText(at=1.0, text="x")])
    line.outbox.add([KeyText(at=2.0, text="y")])
    line.thread.start()
    line.until(1)
    assert line.observations() == [KeyText(at=2.0, text="y")]
    line.outbox.ack("life", 2)
    assert line.outbox.empty()


def test_health_alone_that_cannot_be_sent_is_no_gap(sending) -> None:
    def send(batch: Batch) -> bool:
        if not batch.observations:
            raise ValueError
        return True

    line = sending(send)
    line.outbox.add(())
    line.outbox.add([KeyText(at=2.0, text="y")])
    line.thread.start()
    line.until(1)
    assert line.observations() == [KeyText(at=2.0, text="y")]


def test_engine_that_comes_back_while_a_send_fails_is_not_missed(sending) -> None:
    tries: list[int] = []

    def send(batch: Batch) -> bool:
        tries.append(batch.seq)
        if len(tries) == 1:
            line.outbox.again()
            return False
        return True

    line = sending(send)
    line.outbox.add([KeyText(at=1.0, text="x")])
    line.thread.start()
    line.until(1)


def test_batch_that_went_into_the_old_connection_is_sent_on_the_new_one(sending) -> None:
    tries: list[int] = []

    def send(batch: Batch) -> bool:
        tries.append(batch.seq)
        if len(tries) == 1:
            line.outbox.again()
        return True

    line = sending(send)
    line.outbox.add([KeyText(at=1.0, text="x")])
    line.thread.start()
    line.until(2)
    assert tries == [1, 1]


def test_engine_that_takes_again_without_a_word_is_tried(sending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.outbox.AGAIN_S", 0.01, raising=False)
    answers = iter([False, False])
    line = sending(lambda _batch: next(answers, True))
    line.outbox.add([KeyText(at=1.0, text="x")])
    line.thread.start()
    line.until(1)

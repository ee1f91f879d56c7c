"""The whole process on fakes: real threads, a recorded link instead of a socket."""

from __future__ import annotations

import logging
import runpy
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import paths
from assistant.clock import SystemClock
from assistant.errors import SetupError
from assistant.events import Gap, KeyText, WindowFocus
from assistant.messages import Batch, Control
from assistant.policy.consent import Consent, save_consent
from assistant.ports import SenseState
from assistant.settings import Settings
from collectors.focus import FakeProbe
from collectors.outbox import Outbox
from collectors.service import CollectorsService

_PARTS = runpy.run_path(str(Path(__file__).with_name("collectors_process.py")))
Process, until = _PARTS["Process"], _PARTS["until"]


@pytest.fixture
def process(tmp_path) -> Iterator[object]:
    made = Process(paths.under(tmp_path / "pa").make())
    yield made
    if made.thread.is_alive():
        made.end()


def test_typed_text_reaches_the_engine_once_and_in_order(process) -> None:
    process.begin().keyboard.type("hello world")
    until(lambda: process.link.text() == "hello world")
    process.end()
    assert process.link.text() == "hello world"
    assert [batch.seq for batch in process.link.batches] == list(range(1, len(process.link.batches) + 1))


def test_what_was_typed_just_before_the_stop_still_arrives(process) -> None:
    process.begin().keyboard.type("last words")
    process.end()
    assert process.link.text() == "last words"


def test_stall_behind_does_not_reach_the_callbacks(process) -> None:
    process.begin().link.stall = 0.3
    took = []
    for _ in range(50):
        began = time.perf_counter()
        process.keyboard.type("x")
        took.append(time.perf_counter() - began)
    assert sum(took) < 0.3
    process.link.stall = 0.0
    until(lambda: process.link.text() == "x" * 50)


def test_unacknowledged_batches_come_again_when_the_engine_is_back(process) -> None:
    process.begin().link.acks = False
    process.keyboard.type("one")
    until(lambda: process.link.text() == "one")
    process.link.up = False
    process.keyboard.type("two")
    time.sleep(0.1)
    sent_before = {batch.seq for batch in process.link.batches}
    process.link.batches.clear()
    process.link.up = process.link.acks = True
    process.link.on_up()
    until(lambda: process.link.text() == "onetwo")
    seqs = [batch.seq for batch in process.link.batches]
    assert seqs == sorted(seqs)
    assert sent_before & set(seqs)


def test_health_of_every_sense_is_told(process) -> None:
    process.begin()
    until(lambda: process.link.health().keys() >= {"keyboard", "window", "focus", "apps"})
    until(lambda: process.link.health()["keyboard"].state is SenseState.OK)
    assert process.link.health()["apps"].reason == "switched off"


def test_dead_hook_comes_back_with_a_gap(process) -> None:
    process.begin().keyboard.die()
    until(lambda: any(isinstance(obs, Gap) for obs in process.link.observations()))
    until(process.keyboard.alive)
    process.keyboard.type("again")
    until(lambda: process.link.text() == "again")
    until(lambda: process.link.health()["keyboard"].restarts == 1)


def test_overflow_counts_visibly(tmp_path) -> None:
    process = Process(paths.under(tmp_path / "pa").make(), queue_size=100)
    process.begin()
    gate = threading.Event()
    process.service._inbox.put(lambda: gate.wait(2))
    process.keyboard.type("x" * 300)
    gate.set()
    until(lambda: any(isinstance(o, Gap) and o.reason == "overflow" for o in process.link.observations()))
    until(lambda: process.link.health()["keyboard"].dropped > 0)
    process.end()


def test_pause_and_resume(process) -> None:
    process.begin().link.on_message(Control(verb="pause", args={"reason": "paused by the owner"}))
    time.sleep(0.05)
    process.keyboard.type("unseen")
    time.sleep(0.05)
    process.link.on_message(Control(verb="resume"))
    until(lambda: any(isinstance(o, Gap) for o in process.link.observations()))
    process.keyboard.type("seen")
    until(lambda: process.link.text() == "seen")


def test_reload_takes_consent_away_at_once(process) -> None:
    process.begin()
    save_consent(process.paths.consent_file, Consent(typed="off"))
    process.write_settings(privacy={"excluded_titles": ["("]})
    process.link.on_message(Control(verb="reload"))
    time.sleep(0.05)
    process.keyboard.type("unread")
    until(lambda: any(o.kind == "keys_counted" for o in process.link.observations()))
    assert process.link.text() == ""


def test_reload_brings_new_exclusions_to_the_current_window(process) -> None:
    process.begin()
    process.write_settings(privacy={"excluded_apps": ["mousepad"]})
    process.link.on_message(Control(verb="reload"))
    until(lambda: any(o.kind == "private_changed" for o in process.link.observations()))


def test_wrong_exclusion_is_the_owners_to_mend(tmp_path) -> None:
    settings = Settings(privacy={"excluded_titles": ["("]})
    clock = SystemClock()
    with pytest.raises(SetupError):
        CollectorsService(paths.under(tmp_path), settings, Consent(), clock, [], FakeProbe(clock))


def test_nothing_captured_is_ever_logged(process, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    process.begin().keyboard.type("zebra-crossing")
    process.window.hand_on(WindowFocus(at=1.0, app="A", title="walrus", window="9"))
    process.keyboard.hand_on(None)  # type: ignore[arg-type]  # a broken back end
    process.link.up = False
    process.keyboard.type("giraffe")
    process.keyboard.die()
    time.sleep(0.2)
    process.end()
    assert not any(word in caplog.text for word in ("zebra", "walrus", "giraffe"))


def test_outbox_drops_the_oldest_and_says_so() -> None:
    outbox = Outbox("life", 10, lambda _batch: False)
    for number in range(8):
        outbox.add([KeyText(at=float(number), text="x")] * 3)
    outbox.add([KeyText(at=100.0, text="y")])
    sent: list[Batch] = []
    outbox._send = lambda batch: (sent.append(batch), outbox.close() if batch.seq == 9 else None)[0] is None
    outbox.again()
    outbox.run()
    assert outbox.dropped >= 15
    first_gap = next(obs for batch in sent for obs in batch.observations if isinstance(obs, Gap))
    assert (first_gap.reason, first_gap.sense) == ("overflow", "all")
    assert sum(len(batch.observations) for batch in sent) <= 11


def test_outbox_ignores_acknowledgements_of_another_life() -> None:
    outbox = Outbox("life", 10, lambda _batch: True)
    outbox.add([KeyText(at=1.0, text="x")])
    outbox.ack("other", 1)
    assert not outbox.empty()
    outbox.ack("life", 1)
    assert outbox.wait_empty(0.0)

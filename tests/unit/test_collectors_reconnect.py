"""A new engine knows nothing: what the collectors tell it, what they take from it, and when they begin anew."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant import paths
from assistant.clock import FakeClock, counting_ids
from assistant.events import Gap, IdleChanged, KeyText, LockChanged, Observation, PrivateChanged, WindowFocus
from assistant.messages import Control
from assistant.narrator import Narrator
from assistant.policy.consent import Consent, save_consent
from assistant.policy.privacy import PrivacyGate
from assistant.settings import Capture, Narration, Privacy, Settings
from collectors.focus import FakeProbe
from collectors.pipeline import Pipeline
from collectors.service import CollectorsService

_PARTS = runpy.run_path(str(Path(__file__).with_name("collectors_process.py")))
Process, until, EDITOR = _PARTS["Process"], _PARTS["until"], _PARTS["EDITOR"]
VAULT = {"app": "KeePassXC", "app_id": "KeePassXC", "title": "bank", "window": "0x2"}


@pytest.fixture
def process(tmp_path) -> Iterator[object]:
    made = Process(paths.under(tmp_path / "pa").make())
    yield made
    if made.thread.is_alive():
        made.end()


class Line:
    """A pipeline on a clock that stands still."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.out = clock, []
        gate = PrivacyGate(Privacy(), Consent(typed="most"))
        self.pipe = Pipeline(gate, FakeProbe(clock), Capture(), clock, self.out.extend)

    def see(self, kind: type, **fields: object) -> None:
        self.pipe.arrive(kind(at=self.clock.now(), mono=self.clock.mono(), **fields))
        self.pipe.step()

    def taken(self) -> list[Observation]:
        self.clock.tick(1.0)
        self.pipe.step()
        self.pipe.flush()
        taken, self.out[:] = list(self.out), []
        return taken


@pytest.fixture
def line(clock: FakeClock) -> Line:
    made = Line(clock)
    made.see(WindowFocus, fullscreen=True, **EDITOR)
    return made


def test_new_engine_hears_window_idle_and_lock(line: Line) -> None:
    line.see(IdleChanged, idle=True, since=5.0)
    line.see(LockChanged, locked=True)
    line.taken()
    line.pipe.tell_again()
    idle, lock, window = line.taken()
    assert isinstance(idle, IdleChanged)
    assert (idle.idle, idle.since, idle.at) == (True, 5.0, line.clock.now() - 1.0)
    assert isinstance(lock, LockChanged)
    assert lock.locked
    assert isinstance(window, WindowFocus)
    assert (window.title, window.fullscreen) == ("notes", True)


def test_new_engine_hears_that_the_gate_is_closed_and_no_more(line: Line) -> None:
    line.see(WindowFocus, **VAULT)
    line.taken()
    line.pipe.tell_again()
    (told,) = line.taken()
    assert isinstance(told, PrivateChanged)
    assert told.private
    assert told.rule


def test_new_engine_in_a_pause_hears_it_when_the_pause_ends(line: Line) -> None:
    line.see(LockChanged, locked=True)
    line.taken()
    line.pipe.pause("paused by the owner")
    line.pipe.tell_again()
    assert line.taken() == []
    line.pipe.resume()
    assert [obs.kind for obs in line.taken()] == ["gap", "lock_changed", "window_focus"]


def test_state_that_waited_behind_a_key_survives_the_pause(line: Line) -> None:
    line.taken()
    line.see(KeyText, text="x")
    line.see(LockChanged, locked=True)
    line.pipe.pause("paused by the owner")
    line.pipe.resume()
    assert [obs.kind for obs in line.taken()] == ["gap", "lock_changed", "window_focus"]


def test_pause_and_resume_may_come_any_number_of_times(line: Line) -> None:
    line.taken()
    line.pipe.resume()
    line.pipe.resume()
    assert line.taken() == []
    began = line.clock.now()
    for _ in range(3):
        line.pipe.pause("paused by the owner")
        line.taken()
    line.pipe.resume()
    line.pipe.resume()
    gap, window = line.taken()
    assert gap == Gap(at=began, sense="all", until=began + 3.0, reason="paused by the owner")
    assert isinstance(window, WindowFocus)


def test_old_engine_that_is_told_again_makes_no_second_row(line: Line) -> None:
    narrator = Narrator(Narration(), counting_ids(), utc_offset_min=lambda: 0)
    rows = set()
    for _ in range(4):
        for obs in line.taken():
            rows |= {event.id for event in narrator.feed(obs)}
        for _ in range(10):
            line.clock.tick(1.0)
            rows |= {event.id for event in narrator.tick(line.clock.now())}
        line.pipe.tell_again()
    assert len(rows) == 1


def test_unacknowledged_batches_come_before_the_fresh_state(process) -> None:
    process.begin().link.acks = False
    process.keyboard.type("one")
    until(lambda: process.link.text() == "one")
    process.link.batches.clear()
    process.link.acks = True
    process.link.on_up()
    until(lambda: any(isinstance(obs, WindowFocus) for obs in process.link.observations()))
    kinds = [obs.kind for obs in process.link.observations()]
    assert kinds.index("key_text") < kinds.index("window_focus")
    until(lambda: process.link.health().keys() >= {"keyboard", "window"})


def test_greetings_of_every_new_engine_change_nothing(process) -> None:
    save_consent(process.paths.consent_file, Consent(typed="safe"))
    process.begin()
    for verb in ("reload", "resume", "reload", "pause", "reload", "pause", "reload", "resume"):
        process.link.on_message(Control(verb=verb))
    until(lambda: any(isinstance(obs, Gap) for obs in process.link.observations()))
    process.keyboard.type("seen")
    until(lambda: process.link.text() == "seen")
    assert sum(isinstance(obs, Gap) for obs in process.link.observations()) == 1
    assert process.thread.is_alive()


def test_reload_with_other_capture_settings_ends_the_process(process) -> None:
    save_consent(process.paths.consent_file, Consent(typed="safe"))
    process.begin().keyboard.type("last words")
    process.write_settings(capture={**process.settings.capture.model_dump(), "mouse": False})
    process.link.on_message(Control(verb="reload"))
    process.thread.join(5)
    assert not process.thread.is_alive()
    assert process.link.text() == "last words"


def test_reload_with_wrong_settings_goes_on(process) -> None:
    process.begin().paths.settings_file.write_text("{")
    process.link.on_message(Control(verb="reload"))
    process.window.hand_on(WindowFocus(at=1.0, **EDITOR | {"title": "other"}))
    until(lambda: any(getattr(obs, "title", "") == "other" for obs in process.link.observations()))
    assert not process.stop.is_set()


class Stuck:
    """A service that has not begun, on a clock that stands still: its turns are made by hand."""

    def __init__(self, home: paths.Paths, clock: FakeClock) -> None:
        self.clock = clock
        self.service = CollectorsService(
            home, Settings(), Consent(), clock, [], FakeProbe(clock), connect=lambda *_: SimpleNamespace(send=bool)
        )


def test_well_while_both_threads_take_turns(tmp_path, clock: FakeClock) -> None:
    service = Stuck(paths.under(tmp_path), clock).service
    assert service.well()
    clock.tick(29.0)
    assert service.well()
    clock.tick(2.0)
    assert not service.well()
    service._worker_turn()
    assert not service.well()
    service._watch_turn()
    assert service.well()
    clock.tick(31.0)
    service._watch_turn()
    assert not service.well()


def test_turn_that_fails_every_time_is_not_well(tmp_path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Stuck(paths.under(tmp_path), clock).service

    def broken() -> float:
        raise RuntimeError

    monkeypatch.setattr(service._watch, "look", broken)
    clock.tick(31.0)
    service._worker_turn()
    assert service._watch_turn() > 0
    assert not service.well()


def test_quiet_desktop_wakes_the_worker_in_time(tmp_path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Stuck(paths.under(tmp_path), clock).service
    service._worker_turn()
    waits: list[float] = []
    monkeypatch.setattr(service._inbox, "get", waits.append)
    service._worker_turn()
    assert waits == [5.0]


def test_watch_that_stumbles_goes_on(process, caplog: pytest.LogCaptureFixture) -> None:
    look, left = process.service._watch.look, [True]

    def once_broken() -> float:
        if left:
            left.clear()
            raise RuntimeError
        return look()

    process.service._watch.look = once_broken
    process.begin()
    assert "stumbled" in caplog.text

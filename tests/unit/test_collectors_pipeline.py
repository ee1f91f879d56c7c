"""Hold, gate and merge with a clock that stands still."""

from __future__ import annotations

import pytest

from assistant.clock import FakeClock
from assistant.events import Click, Gap, IdleChanged, KeyNamed, KeysCounted, KeyText, Observation, Scroll, WindowFocus
from assistant.policy.consent import Consent
from assistant.policy.privacy import PrivacyGate
from assistant.ports import FieldFocus, FieldKind
from assistant.settings import Capture, Privacy
from collectors.focus import FakeProbe
from collectors.focus.history import History
from collectors.merging import merge
from collectors.pipeline import Pipeline

EDITOR, VAULT = ({"app": app, "app_id": app, "title": app, "window": app} for app in ("Mousepad", "KeePassXC"))


class Line:
    """A pipeline with everything around it faked."""

    def __init__(self, clock: FakeClock, typed: str = "safe") -> None:
        self.clock, self.out = clock, []
        self.probe = FakeProbe(clock)
        gate = PrivacyGate(Privacy(), Consent(typed=typed))
        self.pipe = Pipeline(gate, self.probe, Capture(hold_keys_s=0.06, flush_s=0.2), clock, self.out.extend)

    def window(self, **what: str) -> None:
        self._arrive(WindowFocus, **what)

    def key(self, text: str) -> None:
        self._arrive(KeyText, text=text)

    def _arrive(self, kind: type, **fields: object) -> None:
        self.pipe.arrive(kind(at=self.clock.now(), mono=self.clock.mono(), **fields))
        self.pipe.step()

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 1000)):
            self.clock.tick(0.001)
            self.pipe.step()

    def all(self) -> list[Observation]:
        self.wait(0.5)
        return self.out

    def text(self) -> str:
        return "".join(obs.text for obs in self.all() if isinstance(obs, KeyText))


@pytest.fixture
def line(clock: FakeClock) -> Line:
    made = Line(clock)
    made.window(**EDITOR)
    made.probe.focus(FieldKind.TEXT)
    made.wait(0.1)
    return made


def test_keys_wait_and_then_come_merged(line: Line) -> None:
    line.wait(0.3)
    line.out.clear()
    for char in "hello":
        line.key(char)
        line.wait(0.01)
    assert line.out == []
    line.wait(0.3)
    assert [obs.text for obs in line.out] == ["hello"]
    assert line.out[0].until > line.out[0].at


def test_focus_signal_that_comes_late_is_heard_first(line: Line) -> None:
    line.key("s")
    line.wait(0.012)
    line.probe.focus(FieldKind.PASSWORD)
    line.key("ecret")
    assert line.text() == ""


def test_very_late_password_signal_still_wins(line: Line) -> None:
    line.key("s")
    line.wait(0.045)
    line.probe.focus(FieldKind.PASSWORD)
    assert line.text() == ""


def test_last_key_of_a_password_does_not_slip_into_the_next_field(line: Line) -> None:
    line.probe.focus(FieldKind.PASSWORD)
    line.wait(0.2)
    line.key("t")
    line.wait(0.005)
    line.probe.focus(FieldKind.TEXT)
    assert line.text() == ""


def test_late_worker_judges_a_key_by_when_it_was_pressed(line: Line) -> None:
    line.probe.focus(FieldKind.PASSWORD)
    pressed = line.clock.mono()
    line.clock.tick(0.5)
    line.probe.focus(FieldKind.TEXT)
    line.clock.tick(0.5)
    line.pipe.arrive(KeyText(at=line.clock.now(), mono=pressed, text="t"))
    assert line.text() == ""


def test_typing_up_to_a_tab_is_kept(line: Line) -> None:
    line.key("a")
    line.wait(0.04)
    line.probe.focus(FieldKind.UNKNOWN)
    assert line.text() == "a"


def test_key_that_was_faster_than_the_news_of_a_vault_is_dropped(line: Line) -> None:
    line.key("s")
    line.wait(0.01)
    line.window(**VAULT)
    line.wait(0.2)
    line.key("ecret")
    assert line.text() == ""
    assert not [obs for obs in line.out if isinstance(obs, KeysCounted)]


def test_new_window_is_unknown_until_its_field_is(line: Line) -> None:
    line.window(**EDITOR | {"window": "other"})
    line.wait(0.05)
    line.key("x")
    line.wait(0.1)
    line.probe.focus(FieldKind.TEXT)
    line.key("y")
    assert line.text() == "y"
    assert [obs.count for obs in line.out if isinstance(obs, KeysCounted)] == [1]


def test_plain_probe_without_memory_is_asked_twice(clock: FakeClock) -> None:
    class Plain:
        kind = FieldKind.TEXT

        def field(self) -> FieldFocus:
            return FieldFocus(kind=self.kind)

        def start(self) -> None: ...
        def stop(self) -> None: ...

    line = Line(clock)
    probe = Plain()
    gate = PrivacyGate(Privacy(), Consent(typed="most"))
    line.pipe = Pipeline(gate, probe, Capture(), clock, line.out.extend)
    line.window(**EDITOR)
    line.key("a")
    line.wait(0.1)
    probe.kind = FieldKind.PASSWORD
    line.key("b")
    probe.kind = FieldKind.TEXT
    line.wait(0.1)
    line.key("c")
    probe.kind = FieldKind.PASSWORD
    line.wait(0.1)
    assert line.text() == "a"


def test_secret_typed_in_one_run_is_redacted_together(line: Line) -> None:
    for char in "ghp_" + "a1B2" * 9:
        line.key(char)
    assert line.text() == "[redacted: github token]"


def test_pause_drops_what_waits_and_becomes_a_gap(line: Line) -> None:
    line.wait(0.3)
    line.out.clear()
    line.key("a")
    began = line.clock.now()
    line.pipe.pause("paused by the owner")
    line.key("b")
    line.window(**EDITOR | {"title": "other"})
    line.pipe.arrive(IdleChanged(at=1.0, idle=True, since=0.5))
    line.wait(1.0)
    line.pipe.resume()
    seen = line.all()
    assert [obs.kind for obs in seen] == ["gap", "idle_changed", "window_focus"]
    gap = seen[0]
    assert isinstance(gap, Gap)
    assert (gap.at, gap.sense, gap.reason) == (began, "all", "paused by the owner")
    assert gap.until == pytest.approx(began + 1.0)
    assert seen[2].title == "other"


def test_blind_window_sense_means_counting(line: Line) -> None:
    line.pipe.lost("window")
    line.key("x")
    assert line.text() == ""


def test_clear_forgets_what_waits(line: Line) -> None:
    line.wait(0.3)
    line.out.clear()
    line.key("abc")
    line.pipe.clear()
    assert line.all() == []


def test_step_says_how_long_nothing_is_due(line: Line) -> None:
    line.wait(1.0)
    assert line.pipe.step() > 60
    line.pipe.arrive(KeyText(at=line.clock.now(), mono=line.clock.mono(), text="a"))
    assert line.pipe.step() == pytest.approx(0.06)


def test_merging_keeps_order_and_sums() -> None:
    seen = [
        KeyText(at=1.0, text="a"),
        KeyText(at=1.1, text="b"),
        KeyNamed(at=1.2, key="Enter"),
        KeyText(at=1.3, text="c"),
        Click(at=2.0),
        Click(at=2.1),
        Click(at=2.2, button="right"),
        Scroll(at=3.0, dy=-1),
        Scroll(at=3.1, dy=-2),
        KeysCounted(at=4.0, count=2, reason="x"),
        KeysCounted(at=4.1, count=3, reason="x"),
        KeysCounted(at=4.2, count=1, reason="y"),
    ]
    assert merge(seen) == [
        KeyText(at=1.0, text="ab", until=1.1),
        KeyNamed(at=1.2, key="Enter"),
        KeyText(at=1.3, text="c"),
        Click(at=2.0, count=2),
        Click(at=2.2, button="right"),
        Scroll(at=3.0, dy=-3, count=2, until=3.1),
        KeysCounted(at=4.0, count=5, reason="x", until=4.1),
        KeysCounted(at=4.2, count=1, reason="y"),
    ]


def test_history_before_the_first_note_is_unknown() -> None:
    history = History()
    history.note(FieldFocus(kind=FieldKind.TEXT), 10.0)
    assert history.since(5.0).kind is FieldKind.UNKNOWN
    assert history.since(11.0).kind is FieldKind.TEXT

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

import pytest

from assistant.bench.ui_child import offer, wait_for
from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault
from assistant.events import Event, OutcomeKind
from ui.popup import PAINT_S, START_S, PopupNotifier
from ui.surface import FakeSurface


class Stage:
    """A popup over a fake surface, its main loop in a thread."""

    def __init__(self, clock: FakeClock, surface: FakeSurface) -> None:
        self.clock, self.surface = clock, surface
        self.outcomes: queue.Queue = queue.Queue()
        self.painted: queue.Queue = queue.Queue()
        self.ready = threading.Event()
        self.stop = threading.Event()
        self.fault = ""
        self.popup = PopupNotifier(
            surface, clock, on_painted=lambda *what: self.painted.put(what), on_ready=self.ready.set
        )
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.popup.run(self.stop)
        except EnvironmentFault as error:
            self.fault = str(error)

    def show(self, number: int = 1, task: str = "Do it", why: str = "Because", response: str = "Here", **kw) -> None:
        events = [
            Event(id=1, time=3_600.0, utc_offset_min=60, sentence="The user types 'x'.", type="typing", source="k")
        ]
        self.popup.show(offer(number, task, why, response), events, self.outcomes.put, **kw)

    def outcome(self):
        return self.outcomes.get(timeout=3)

    def called(self, name: str) -> list:
        return [argument for what, argument in self.surface.calls if what == name]

    def close(self) -> None:
        self.stop.set()
        self.thread.join(3)
        assert not self.thread.is_alive()


def begin(clock: FakeClock, surface: FakeSurface | None = None) -> Stage:
    stage = Stage(clock, surface or FakeSurface())
    stage.thread.start()
    return stage


@pytest.fixture
def stage(clock: FakeClock) -> Iterator[Stage]:
    stage = begin(clock)
    assert stage.ready.wait(3)
    yield stage
    stage.close()


def test_the_card_is_offered_placed_and_painted(stage):
    stage.show(5)
    assert stage.painted.get(timeout=3)[0] == 5
    assert stage.surface.visible
    (data,) = stage.called("offer")
    assert data["task"] == "Do it"
    assert data["events"] == [{"time": "02:00", "text": "Types 'x'."}]


@pytest.mark.parametrize(
    ("button", "kind"),
    [("accept", OutcomeKind.ACCEPTED), ("later", OutcomeKind.SNOOZED), ("no", OutcomeKind.REJECTED)],
)
def test_buttons(stage, button, kind):
    stage.show(5)
    stage.clock.tick(1.5)
    stage.surface.say("answer", answer=button)
    outcome = stage.outcome()
    assert (outcome.suggestion_id, outcome.kind, outcome.source) == (5, kind, "popup")
    assert outcome.reaction_s == pytest.approx(1.5)


def test_accepting_copies_the_response_and_opens_it_for_reading(stage):
    stage.show(response="The answer")
    stage.surface.say("answer", answer="accept")
    assert stage.surface.clipboard == "The answer"
    assert stage.called("reading") == [True]
    assert stage.surface.visible
    stage.surface.say("close")
    assert wait_for(lambda: not stage.surface.visible)


def test_without_a_response_nothing_is_copied(stage):
    stage.show(response="")
    stage.surface.say("answer", answer="accept")
    assert stage.called("reading") == [False]
    assert stage.surface.clipboard == ""


def test_a_reason_for_no_is_a_second_row(stage):
    stage.show()
    stage.surface.say("answer", answer="no")
    stage.surface.say("reason", reason="bad moment")
    assert [stage.outcome().reason, stage.outcome().reason] == ["", "bad moment"]
    assert wait_for(lambda: not stage.surface.visible)


def test_not_now_empties_the_page_before_it_hides(stage):
    stage.show()
    stage.surface.say("answer", answer="later")
    assert wait_for(lambda: not stage.surface.visible)
    names = [name for name, _ in stage.surface.calls]
    assert names.index("clear") < names.index("hide")


def test_a_page_that_does_not_empty_itself_is_hidden_all_the_same(stage):
    stage.show()
    stage.surface.deaf = True
    stage.surface.say("answer", answer="later")
    stage.clock.tick(1)
    assert wait_for(lambda: not stage.surface.visible)


def test_ignored_after_its_time(stage):
    stage.show(popup_s=4.0)
    stage.clock.tick(4.1)
    assert stage.outcome().kind is OutcomeKind.IGNORED


def test_the_pointer_stops_the_clock(stage):
    stage.show(popup_s=4.0)
    stage.surface.say("hover", inside=True)
    stage.clock.tick(60)
    stage.surface.say("hover", inside=False)
    stage.clock.tick(3)
    time.sleep(0.1)
    assert stage.outcomes.empty()
    stage.clock.tick(1.1)
    assert stage.outcome().kind is OutcomeKind.IGNORED


def test_nobodys_reading_is_interrupted(stage):
    stage.show(1)
    stage.surface.say("answer", answer="accept")
    stage.outcome()
    stage.show(2)
    second = stage.outcome()
    assert (second.suggestion_id, second.kind) == (2, OutcomeKind.UNSEEN)
    assert "reading" in second.reason
    stage.popup.withdraw(1)
    assert stage.surface.visible


def test_messages_of_an_earlier_card_do_not_count(stage):
    stage.show(1)
    old = stage.surface.card
    stage.show(2)
    assert stage.outcome().reason == "replaced"
    stage.surface.say("answer", answer="accept", card=old)
    assert stage.outcomes.empty()


@pytest.mark.parametrize("junk", ["", "null", "[1]", '{"type": "answer"}', '{"type": "answer", "card": {}}'])
def test_junk_from_the_page_is_refused(stage, junk):
    stage.show()
    stage.popup._hear(junk)
    stage.surface.say("answer", answer="rm -rf")
    assert stage.outcomes.empty()


def test_a_killed_page_is_loaded_again_and_shows_the_same_card(stage):
    stage.show(1)
    stage.painted.get(timeout=3)
    stage.surface.crash("killed")
    assert len(stage.called("reload")) == 1
    assert len(stage.called("offer")) == 2
    stage.surface.say("answer", answer="accept")
    assert stage.outcome().kind is OutcomeKind.ACCEPTED


def test_a_page_that_dies_twice_is_given_up_and_says_so(stage):
    stage.show(1)
    stage.surface.crash("killed")
    stage.surface.crash("killed")
    assert stage.outcome().reason == "popup failed"
    assert wait_for(lambda: bool(stage.fault))
    assert "died twice" in stage.fault


def test_deaths_far_apart_are_forgiven(stage):
    stage.surface.crash("killed")
    stage.clock.tick(3_600)
    stage.surface.crash("killed")
    assert len(stage.called("reload")) == 2
    assert not stage.popup.failure


def test_a_page_that_stops_answering_is_loaded_again(stage):
    stage.surface.deaf = True
    stage.show(1)
    stage.clock.tick(PAINT_S + 0.1)
    assert wait_for(lambda: bool(stage.called("reload")))
    stage.surface.deaf = False
    stage.surface.say("ready")
    assert stage.painted.get(timeout=3)[0] == 1


def test_never_painted_is_unseen(stage):
    stage.surface.deaf = True
    stage.show(1, popup_s=1.0)
    stage.clock.tick(1.1)
    outcome = stage.outcome()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNSEEN, "never painted")


def test_a_page_that_never_starts_is_given_up(clock):
    surface = FakeSurface(deaf=True)
    surface.say = lambda *_a, **_k: None
    stage = begin(clock, surface)
    for _ in range(2):
        clock.tick(START_S + 1)
        time.sleep(0.12)
    assert wait_for(lambda: "did not start" in stage.fault)
    assert not stage.ready.is_set()
    stage.close()


def test_a_surface_that_cannot_open_says_why(clock):
    stage = begin(clock, FakeSurface(fail="no display here"))
    assert wait_for(lambda: stage.fault == "no display here")
    stage.show(1)
    assert stage.outcome().kind is OutcomeKind.UNSEEN
    stage.close()


@pytest.mark.parametrize(
    ("theme", "shown"), [("dark", "dark"), ("light", "light"), ("auto", "light"), ("pink", "light")]
)
def test_theme(stage, theme, shown):
    stage.show(theme=theme)
    assert stage.called("offer")[0]["theme"] == shown

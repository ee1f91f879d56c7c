from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from assistant.annotation.points import Line
from assistant.annotation.session import Choice, Session, Stop
from assistant.bench.ui_child import wait_for
from assistant.clock import FakeClock, counting_ids
from assistant.errors import EnvironmentFault, SetupError
from assistant.traces import Annotation, Candidate, make_candidate
from ui.annotate import ERASED, NOTHING_CHOSEN, NOTHING_TO_UNDO, AnnotateScreen
from ui.annotate_window import FakeAnnotateWindow

STOPS = [
    Stop(1 << 61, at, "made up", (Choice(10 + at, f"first at {at}"), Choice(20 + at, "<b>second</b>")))
    for at in range(3)
]


class Rows:
    """A store that can be broken, or have forgotten."""

    def __init__(self) -> None:
        self.rows: list[Annotation] = []
        self.fault = ""
        self.erased: set[int] = set()

    def lines(self, stop: Stop) -> list[Line]:
        return [Line("10:00", f"event {at}") for at in range(stop.position + 1)]

    def keep(self, rows) -> bool:
        if self.fault:
            raise EnvironmentFault(self.fault)
        if rows[0].position in self.erased:
            return False
        self.rows += rows
        return True


class Stage:
    """A screen over a fake window, its main loop in a thread."""

    def __init__(self, drafter: Callable[[Stop], list[Candidate]] | None = None, stops: list[Stop] = STOPS) -> None:
        self.window, self.store = FakeAnnotateWindow(), Rows()
        self.session = Session(stops, [], "ada", counting_ids())
        self.screen = AnnotateScreen(self.window, self.session, self.store, FakeClock(), theme="dark", drafter=drafter)
        self.fault = ""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert wait_for(lambda: bool(self.window.views))

    def _run(self) -> None:
        try:
            self.screen.run()
        except EnvironmentFault as error:
            self.fault = str(error)

    def press(self, *keys: str | int) -> dict:
        """What the page shows after these keys."""
        seen = len(self.window.views)
        for key in keys:
            if isinstance(key, int) and key > 0:
                self.window.say("toggle", number=key)
            else:
                self.window.say("none" if key == 0 else str(key))
        assert wait_for(lambda: len(self.window.views) == seen + len(keys))
        return self.window.views[-1]

    def close(self) -> None:
        self.window.say("quit")
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.close()


def test_the_first_point_is_shown_in_full(stage):
    (view,) = stage.window.views
    assert (view["annotator"], view["title"], view["theme"]) == ("ada", "made up", "dark")
    assert (view["index"], view["total"], view["answered"], view["skipped"]) == (0, 3, 0, 0)
    assert view["lines"] == [{"time": "10:00", "text": "event 0"}]
    assert view["choices"] == [
        {"text": "first at 0", "chosen": False},
        {"text": "<b>second</b>", "chosen": False},
    ]
    assert view["point"] == [str(1 << 61), "0"]
    assert [view[name] for name in ("none", "done", "can_undo", "drafting")] == [False] * 4


def test_keys_choose_store_and_go_on(stage):
    view = stage.press(2)
    assert [choice["chosen"] for choice in view["choices"]] == [False, True]
    view = stage.press("next")
    assert (view["index"], view["answered"], len(view["lines"])) == (1, 1, 2)
    assert [(row.said, row.candidate_id) for row in stage.store.rows] == [("rejected", 10), ("accepted", 20)]
    assert stage.press(0)["none"]
    assert stage.press("next", "skip")["done"]
    assert stage.window.views[-1]["ending"].startswith("2 of 3 points answered, 1 skipped.")
    view = stage.press("undo", "undo")
    assert (view["index"], view["none"], view["done"]) == (1, True, False)


def test_keys_typed_ahead_count_in_their_order(stage):
    stage.press(1, "next", 2, "next", 0, "next")
    assert [(row.position, row.said.value) for row in stage.store.rows] == [
        (0, "accepted"), (0, "rejected"), (1, "rejected"), (1, "accepted"), (2, "none"), (2, "rejected"),
        (2, "rejected"),
    ]  # fmt: skip


def test_nothing_chosen_and_nothing_to_undo_are_said(stage):
    assert stage.press("next")["note"] == NOTHING_CHOSEN
    assert stage.press("undo")["note"] == NOTHING_TO_UNDO
    assert stage.press(1)["note"] == ""
    assert stage.store.rows == []


def test_what_cannot_be_stored_stays_on_the_page(stage):
    stage.store.fault = "The disk is full."
    view = stage.press(1, "next")
    assert "Not stored: The disk is full." in view["note"]
    assert (view["index"], view["choices"][0]["chosen"], view["answered"]) == (0, True, 0)
    stage.store.fault = ""
    assert stage.press("next")["index"] == 1


def test_a_point_that_was_erased_meanwhile_is_left_out(stage):
    stage.store.erased = {0}
    view = stage.press(1, "next")
    assert (view["note"], view["total"], view["lines"][-1]["text"]) == (ERASED, 2, "event 1")


@pytest.mark.parametrize("junk", ["", "null", "[1]", '{"type": "toggle", "number": "x"}', '{"type": "rm -rf"}'])
def test_junk_from_the_page_is_refused(stage, junk):
    stage.screen._hear(junk)
    assert stage.press(1)["choices"][0]["chosen"]
    assert len(stage.window.views) == 2


def test_a_page_that_dies_is_loaded_again_where_it_was(stage):
    stage.press(1, "next")
    stage.window.crash("killed")
    assert wait_for(lambda: len(stage.window.views) == 4)
    assert stage.window.reloads == 1
    assert stage.window.views[-1]["index"] == 1


def test_a_page_that_dies_again_and_again_is_given_up():
    stage = Stage()
    for _ in range(3):
        stage.window.crash("killed")
    stage.thread.join(5)
    assert "died 3 times" in stage.fault
    assert stage.window.reloads == 2


def test_drafts_come_in_while_the_page_is_up_and_one_point_ahead():
    go = threading.Event()

    def write(stop: Stop) -> list[Candidate]:
        go.wait(5)
        return [make_candidate(*stop.point, 2, f"draft at {stop.position}", source="draft: m", at=0.0)]

    stage = Stage(write)
    assert stage.window.views[-1]["drafting"]
    stage.press(1)
    go.set()
    assert wait_for(lambda: not stage.window.views[-1]["drafting"])
    view = stage.window.views[-1]
    assert [(choice["text"], choice["chosen"]) for choice in view["choices"]] == [
        ("first at 0", True), ("<b>second</b>", False), ("draft at 0", False),
    ]  # fmt: skip
    assert wait_for(lambda: len(stage.session._stops[1].choices) == 3)  # the next one, before it is shown
    assert len(stage.session._stops[2].choices) == 2
    stage.press(3, "next")
    assert [row.said.value for row in stage.store.rows] == ["accepted", "rejected", "accepted"]
    assert stage.window.views[-1]["choices"][2]["text"] == "draft at 1"
    stage.close()


def test_without_a_model_the_reason_is_said_and_the_rest_works():
    def write(stop: Stop) -> list[Candidate]:
        raise SetupError("The model's file is missing.")

    stage = Stage(write)
    assert wait_for(lambda: "model's file is missing" in stage.window.views[-1]["note"])
    assert stage.press(1, "next")["index"] == 1
    stage.close()


def test_no_points_is_said():
    stage = Stage(stops=[])
    assert stage.window.views[-1]["ending"] == "There is nothing to annotate here."
    assert stage.press(1, "next", "skip", "undo")["done"]
    stage.close()

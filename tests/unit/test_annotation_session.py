from __future__ import annotations

from assistant.annotation.answers import standing
from assistant.annotation.session import Choice, Session, Stop
from assistant.clock import counting_ids
from assistant.traces import Annotation, Said


def stops(count: int = 3, choices: int = 3) -> list[Stop]:
    return [
        Stop(7, at, "made up", tuple(Choice(10 * at + n, f"task {n} at {at}") for n in range(1, choices + 1)))
        for at in range(count)
    ]


class Walk:
    """A session with a store that never fails."""

    def __init__(self, rows: list[Annotation] | None = None, who: str = "ada", **more) -> None:
        self.rows = rows if rows is not None else []
        self.session = Session(more.pop("stops", stops()), self.rows, who, counting_ids(), **more)

    def do(self, *keys: str) -> Session:
        for key in keys:
            if key.isdigit() and key != "0":
                self.session.toggle(int(key))
            elif key == "0":
                self.session.choose_none()
            else:
                rows = {"enter": self.session.confirm, "s": self.session.skip, "u": self.session.undo}[key](1.0)
                self.rows += rows
                self.session.take(rows)
        return self.session

    def again(self, **more) -> Session:
        return Session(more.pop("stops", stops()), self.rows, "ada", counting_ids(), **more)


def said(walk: Walk) -> list[tuple[int, str, int | None]]:
    return [(row.position, row.said.value, row.candidate_id) for row in walk.rows]


def test_several_tasks_are_chosen_and_every_offered_one_gets_a_row():
    walk = Walk()
    session = walk.do("1", "3", "enter")
    assert said(walk) == [(0, "accepted", 1), (0, "rejected", 2), (0, "accepted", 3)]
    assert (session.index, session.answered, session.skipped) == (1, 1, 0)
    assert len({row.answer for row in walk.rows}) == 1
    assert {row.annotator for row in walk.rows} == {"ada"}


def test_none_of_these_goes_with_nothing_else():
    walk = Walk()
    session = walk.do("2", "0")
    assert (session.selected, session.none) == (frozenset(), True)
    session = walk.do("1")
    assert (session.selected, session.none) == ({1}, False)
    walk.do("1", "0", "enter")
    assert said(walk) == [(0, "none", None), (0, "rejected", 1), (0, "rejected", 2), (0, "rejected", 3)]


def test_a_second_press_takes_it_back_and_nothing_chosen_is_no_answer():
    walk = Walk()
    session = walk.do("1", "1", "0", "0", "enter")
    assert walk.rows == []
    assert session.index == 0
    assert not session.toggle(4)
    assert not session.toggle(0)


def test_skip_goes_on_and_is_kept():
    walk = Walk()
    session = walk.do("1", "s")
    assert said(walk) == [(0, "skipped", None)]
    assert (session.index, session.answered, session.skipped, session.selected) == (1, 0, 1, frozenset())


def test_undo_is_a_further_row_and_brings_the_selection_back():
    walk = Walk()
    session = walk.do("1", "3", "enter", "2", "u")
    assert said(walk)[-1] == (0, "undone", None)
    assert walk.rows[-1].answer == walk.rows[0].answer
    assert (session.index, session.selected, session.answered) == (0, {1, 3}, 0)
    walk.do("1", "enter")
    (answer,) = standing(walk.rows)
    assert answer.accepted == {3}
    assert answer.offered == {1, 2, 3}


def test_undo_goes_back_step_by_step_and_stops_at_the_beginning():
    walk = Walk()
    session = walk.do("0", "enter", "s", "1", "enter")
    assert session.current is None
    assert session.index == session.total == 3
    assert walk.do("u").index == 2
    assert walk.do("u").index == 1
    assert walk.do("u").index == 0
    assert session.none
    assert walk.session.undo(1.0) == ()
    assert not session.can_undo


def test_a_killed_session_goes_on_where_it_was():
    walk = Walk()
    walk.do("1", "enter", "2", "enter", "u", "1")
    again = walk.again()
    assert (again.index, again.answered) == (1, 1)
    assert again.selected == frozenset()  # only what was confirmed is kept


def test_each_annotator_has_their_own_place():
    walk = Walk()
    walk.do("1", "enter")
    assert Session(stops(), walk.rows, "bob", counting_ids()).index == 0


def test_skipped_ones_come_again_when_asked_for():
    walk = Walk()
    walk.do("s", "1", "enter", "s")
    assert walk.again().current is None
    again = Walk(walk.rows, revisit=True)
    assert again.session.index == 0
    session = again.do("2", "enter")
    assert (session.index, session.answered, session.skipped) == (2, 2, 1)
    session = again.do("u")
    assert (session.index, session.selected) == (0, {2})
    assert again.do("2", "1", "enter", "0", "enter").current is None
    assert [answer.accepted for answer in standing(again.rows)] == [{11}, {1}, frozenset()]


def test_ids_never_fall_behind_what_is_stored():
    walk = Walk()
    walk.do("1", "enter")
    late = [row.model_copy(update={"answer": 10**6}) for row in walk.rows]
    walk = Walk(late)
    walk.do("2", "enter")
    assert walk.rows[-1].answer == 10**6 + 1


def test_what_was_erased_meanwhile_is_left_out():
    walk = Walk()
    session = walk.do("1", "enter", "2")
    session.drop((7, 1))
    assert (session.total, session.index, session.selected) == (2, 1, frozenset())
    assert session.current.position == 2
    session.drop((7, 2))
    assert session.current is None


def test_drafts_join_the_choices_and_five_is_the_most():
    walk = Walk(stops=stops(choices=1))
    session = walk.do("1")
    session.offer((7, 0), [Choice(1, "first"), *(Choice(n, f"draft {n}") for n in range(90, 99))])
    assert len(session.current.choices) == 5
    assert session.selected == {1}
    walk.do("5", "enter")
    assert [row.said for row in walk.rows] == [Said.ACCEPTED, *[Said.REJECTED] * 3, Said.ACCEPTED]


def test_without_stops_there_is_nothing_to_do():
    walk = Walk(stops=[])
    session = walk.do("1", "0", "enter", "s", "u")
    assert (session.current, session.total, walk.rows) == (None, 0, [])

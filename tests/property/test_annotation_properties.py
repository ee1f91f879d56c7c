"""Whatever keys are pressed, and wherever the process is killed: the record alone says where one stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.annotation.agreement import alpha, percent
from assistant.annotation.answers import standing
from assistant.annotation.report import classify, judgements
from assistant.annotation.session import Choice, Session, Stop
from assistant.clock import counting_ids
from assistant.traces import Annotation

STOPS = [Stop(7, at, "made up", tuple(Choice(10 * at + n, "t") for n in range(1, at % 4 + 2))) for at in range(5)]
KEYS = st.lists(st.sampled_from([*"123450", "enter", "enter", "s", "u"]), max_size=40)


def press(session: Session, key: str) -> tuple[Annotation, ...]:
    if key.isdigit():
        _ = session.choose_none() if key == "0" else session.toggle(int(key))
        return ()
    rows = {"enter": session.confirm, "s": session.skip, "u": session.undo}[key](1.0)
    session.take(rows)
    return rows


def place(session: Session) -> tuple[int, int, int, bool]:
    return session.index, session.answered, session.skipped, session.can_undo


@given(KEYS)
def test_a_session_made_anew_stands_where_the_old_one_stood(keys: list[str]) -> None:
    rows: list[Annotation] = []
    session = Session(STOPS, rows, "ada", counting_ids())
    for key in keys:
        rows = [*rows, *press(session, key)]
        assert place(Session(STOPS, rows, "ada", counting_ids())) == place(session)


@given(KEYS)
def test_rows_are_only_added_and_undoing_all_opens_all(keys: list[str]) -> None:
    session = Session(STOPS, [], "ada", counting_ids())
    rows: list[Annotation] = []
    for key in keys:
        rows += press(session, key)
    while undone := press(session, "u"):
        rows += undone
    assert place(session) == (0, 0, 0, False)
    assert standing(rows) == []


@given(KEYS)
def test_a_choice_always_fits_its_stop(keys: list[str]) -> None:
    session = Session(STOPS, [], "ada", counting_ids())
    for key in keys:
        press(session, key)
        count = len(session.current.choices) if session.current else 0
        assert all(1 <= number <= count for number in session.selected)
        assert not (session.none and session.selected)


items = st.lists(st.dictionaries(st.sampled_from("abcd"), st.booleans(), max_size=4), max_size=12)


@given(items, st.permutations("abcd"))
def test_agreement_does_not_depend_on_order_or_names(judged: list[dict[str, bool]], names: list[str]) -> None:
    renamed = [{names["abcd".index(who)]: value for who, value in item.items()} for item in reversed(judged)]
    for measure in (alpha, percent):
        one, other = measure(judged), measure(renamed)
        assert (one is None) == (other is None)
        assert one is None or abs(one - other) < 1e-9
    assert (found := alpha(judged)) is None or found <= 1 + 1e-9


@given(st.lists(KEYS, min_size=1, max_size=4))
def test_every_item_has_one_class_and_silence_fits_the_tasks(walks: list[list[str]]) -> None:
    rows: list[Annotation] = []
    for number, keys in enumerate(walks):
        session = Session(STOPS, [], f"annotator {number}", counting_ids())
        for key in keys:
            rows += press(session, key)
    judged = judgements(standing(rows))
    classes = {item: classify(item, votes) for item, votes in judged.items()}
    assert len(classes) == len(judged)
    for (trace, position, candidate), found in classes.items():
        if found == "CD":  # most accept one task: most want help
            assert candidate is not None
            assert classes[trace, position, None] == "MN"

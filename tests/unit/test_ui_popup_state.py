from __future__ import annotations

import pytest

from assistant.events import Outcome, OutcomeKind
from ui.popup_state import HOVER_MAX_S, NOTHING_TO_READ_S, READING_S, REASONS_S, CardState, Phase

AT = 1_700_000_000.0


def painted(popup_s: float = 12.0) -> CardState:
    state = CardState(7, popup_s, 100.0)
    assert state.paint(100.1)
    return state


def kind(outcome: Outcome | None) -> OutcomeKind | None:
    return outcome and outcome.kind


def test_the_clock_starts_when_the_card_is_painted():
    state = CardState(7, 12.0, 100.0)
    state.paint(103.0)
    assert state.remaining(104.0) == pytest.approx(11.0)
    assert not state.paint(110.0)
    assert state.remaining(110.0) == pytest.approx(5.0)


def test_a_painted_card_without_an_answer_was_ignored_and_has_no_reaction_time():
    state = painted()
    assert state.tick(112.0, AT) is None
    outcome = state.tick(112.2, AT)
    assert kind(outcome) is OutcomeKind.IGNORED
    assert outcome.reaction_s is None
    assert state.over
    assert state.tick(113.0, AT) is None


def test_a_card_that_was_never_painted_is_unseen():
    state = CardState(7, 12.0, 100.0)
    outcome = state.tick(112.1, AT)
    assert kind(outcome) is OutcomeKind.UNSEEN
    assert outcome.reason == "never painted"


def test_nothing_can_be_answered_before_it_is_painted():
    state = CardState(7, 12.0, 100.0)
    assert state.answer(OutcomeKind.ACCEPTED, 101.0, AT) is None


def test_the_pointer_stops_the_clock():
    state = painted()
    state.hover(inside=True, mono=105.0)
    assert state.tick(300.0, AT) is None
    assert state.remaining(300.0) == pytest.approx(7.1)
    state.hover(inside=False, mono=300.0)
    assert state.remaining(301.0) == pytest.approx(6.1)
    assert kind(state.tick(307.2, AT)) is OutcomeKind.IGNORED


def test_entering_twice_or_leaving_without_entering_changes_nothing():
    state = painted()
    state.hover(inside=False, mono=101.0)
    state.hover(inside=True, mono=102.0)
    state.hover(inside=True, mono=106.0)
    state.hover(inside=False, mono=108.0)
    assert state.remaining(108.0) == pytest.approx(10.1)


def test_a_parked_pointer_does_not_hold_it_for_ever():
    state = painted(1.0)
    state.hover(inside=True, mono=101.0)
    assert state.tick(101.0 + HOVER_MAX_S - 1, AT) is None
    assert state.tick(101.0 + HOVER_MAX_S + 1, AT) is None
    assert kind(state.tick(103.0 + HOVER_MAX_S, AT)) is OutcomeKind.IGNORED


@pytest.mark.parametrize("answer", [OutcomeKind.ACCEPTED, OutcomeKind.REJECTED, OutcomeKind.SNOOZED])
def test_an_answer_carries_its_reaction_time(answer):
    outcome = painted().answer(answer, 102.6, AT)
    assert kind(outcome) is answer
    assert outcome.reaction_s == pytest.approx(2.5)
    assert outcome.suggestion_id == 7
    assert outcome.at == AT


def test_the_first_outcome_wins():
    state = painted()
    assert state.answer(OutcomeKind.REJECTED, 101.0, AT) is not None
    assert state.answer(OutcomeKind.ACCEPTED, 101.1, AT) is None
    assert state.tick(200.0, AT) is None
    assert state.end("withdrawn", 201.0, AT) is None


def test_a_reason_is_a_further_row_with_the_same_verdict():
    state = painted()
    first = state.answer(OutcomeKind.REJECTED, 101.0, AT)
    second = state.reason("wrong", AT + 2)
    assert second == first.model_copy(update={"at": AT + 2, "reason": "wrong"})
    assert state.over
    assert state.reason("wrong", AT + 3) is None


@pytest.mark.parametrize("reason", ["", "because <b>I</b> say so"])
def test_only_known_reasons_count(reason):
    state = painted()
    state.answer(OutcomeKind.REJECTED, 101.0, AT)
    assert state.reason(reason, AT) is None


def test_reasons_leave_by_themselves_and_add_nothing():
    state = painted()
    state.answer(OutcomeKind.REJECTED, 101.0, AT)
    assert not state.over
    assert state.tick(101.1 + REASONS_S, AT) is None
    assert state.over


def test_the_answer_stays_for_reading():
    state = painted()
    state.answer(OutcomeKind.ACCEPTED, 101.0, AT)
    assert state.phase is Phase.READING
    state.tick(100.9 + READING_S, AT)
    assert not state.over
    state.tick(101.1 + READING_S, AT)
    assert state.over


def test_without_a_response_there_is_little_to_read():
    state = painted()
    state.answer(OutcomeKind.ACCEPTED, 101.0, AT, response=False)
    state.tick(101.1 + NOTHING_TO_READ_S, AT)
    assert state.over


def test_under_the_pointer_the_next_phase_has_its_whole_time():
    state = painted()
    state.hover(inside=True, mono=105.0)
    state.answer(OutcomeKind.REJECTED, 109.0, AT)
    state.hover(inside=False, mono=110.0)
    assert state.remaining(110.0) == pytest.approx(REASONS_S)


def test_taken_away_is_unseen_with_the_reason_even_when_painted():
    outcome = painted().end("withdrawn", 103.0, AT)
    assert kind(outcome) is OutcomeKind.UNSEEN
    assert outcome.reason == "withdrawn"
    assert outcome.reaction_s is None


def test_an_offer_cannot_be_closed_without_an_answer():
    state = painted()
    assert not state.close()
    state.answer(OutcomeKind.ACCEPTED, 101.0, AT)
    assert state.close()
    assert state.over


def test_asking_why_starts_the_clock_again():
    state = painted()
    state.prolong(110.0)
    assert state.remaining(110.0) == pytest.approx(12.0)

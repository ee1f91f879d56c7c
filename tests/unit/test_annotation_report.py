from __future__ import annotations

import pytest

from assistant.annotation.report import Class, report
from assistant.traces import OWN, Annotation, Said, Trace, TraceEvent, make_trace

KNOTS: Trace = make_trace("knots", "proactivebench", [TraceEvent(time="1", event="e")], 0.0)


def answer(number: int, who: str, position: int, votes: dict[int, bool], trace: int = KNOTS.id) -> list[Annotation]:
    """One answer over candidates; none of these where no vote is a yes."""
    common = {"answer": number, "trace_id": trace, "position": position, "annotator": who, "at": 1.0}
    rows = [
        Annotation(**common, said=Said.ACCEPTED if yes else Said.REJECTED, candidate_id=id_)
        for id_, yes in votes.items()
    ]
    return rows if any(votes.values()) else [Annotation(**common, said=Said.NONE), *rows]


def row(number: int, who: str, position: int, said: Said) -> Annotation:
    return Annotation(answer=number, trace_id=KNOTS.id, position=position, annotator=who, at=1.0, said=said)


def three(*votes: dict[int, bool]) -> list[Annotation]:
    return [one for n, (who, vote) in enumerate(zip("abc", votes, strict=True)) for one in answer(n, who, 0, vote)]


@pytest.mark.parametrize(
    ("votes", "classes"),
    [
        # Two of three accept task 1, nobody task 2: silence would have missed a need.
        (({1: True, 2: False}, {1: True, 2: False}, {1: False, 2: False}), {"CD": 1, "FA": 1, "MN": 1, "CR": 0}),
        # One of three is no majority.
        (({1: True}, {1: False}, {1: False}), {"CD": 0, "FA": 1, "MN": 0, "CR": 1}),
        # All want help, but each something else: no task is right, and silence is wrong.
        (({1: True, 2: False, 3: False}, {1: False, 2: True, 3: False}, {1: False, 2: False, 3: True}),
         {"CD": 0, "FA": 3, "MN": 1, "CR": 0}),
    ],
)  # fmt: skip
def test_classes_by_the_majority(votes, classes):
    assert report(three(*votes), [KNOTS]).overall.classes == classes


def test_a_tie_is_no_majority():
    rows = [*answer(1, "a", 0, {1: True}), *answer(2, "b", 0, {1: False})]
    classes = report(rows, [KNOTS]).overall.classes
    assert classes == {
        Class.FALSE_ALARM: 1,
        Class.CORRECT_REJECTION: 1,
        Class.MISSED_NEED: 0,
        Class.CORRECT_DETECTION: 0,
    }


def test_counts_pairs_and_alpha():
    rows = [
        *answer(1, "a", 0, {1: True, 2: False}),
        *answer(2, "b", 0, {1: True, 2: True}),
        *answer(3, "a", 1, {3: False}),
        *answer(4, "b", 1, {3: False}),
        row(5, "a", 2, Said.SKIPPED),
        *answer(6, "b", 2, {4: True}),
    ]
    (summary,) = report(rows, [KNOTS]).traces
    assert (summary.trace, summary.points, summary.items) == ("knots", 3, 7)
    assert summary.annotators["a"].model_dump() == {"points": 2, "accepted": 1, "none": 1, "skipped": 1}
    assert summary.annotators["b"].model_dump() == {"points": 3, "accepted": 3, "none": 1, "skipped": 0}
    (pair,) = summary.pairs
    assert (pair.agreed, pair.items) == (4, 5)  # silence, 1, not 2; silence, 3
    assert summary.agreement_percent == pytest.approx(80.0)
    # By hand: judged twice nn yy yn | yy nn; n = 10, five of each: 1 - (10 - 1) * 2 / (2 * 5 * 5).
    assert summary.alpha == pytest.approx(1 - 9 * 2 / 50)


def test_an_undone_answer_does_not_count_and_the_later_one_does():
    rows = [*answer(1, "a", 0, {1: True}), row(1, "a", 0, Said.UNDONE), *answer(2, "a", 0, {1: False})]
    assert report(rows, [KNOTS]).overall.annotators["a"].none == 1
    assert report(rows[:2], [KNOTS]).traces == ()


def test_the_owners_record_comes_first_and_one_annotator_has_no_agreement():
    rows = [*answer(1, "a", 0, {1: True}), *answer(2, "a", 21, {31: True}, OWN)]
    found = report(rows, [KNOTS])
    assert [summary.trace for summary in found.traces] == ["own record", "knots"]
    assert (found.overall.points, found.overall.agreement_percent, found.overall.alpha) == (2, None, None)
    assert report([], []).overall.items == 0

"""Whatever is put into the store: the same after a round trip, packed and unpacked, coalesced or not."""

from __future__ import annotations

import io
from contextlib import closing
from typing import Any

import sqlite_utils
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.events import Decision, Event, Gap, Outcome, OutcomeKind, Suggestion, Task
from assistant.store.annotations import add
from assistant.store.connection import immediate
from assistant.store.idlist import pack, unpack
from assistant.store.migrations import migrate
from assistant.store.ops import (
    Op,
    PutDecision,
    PutEvent,
    PutGap,
    PutOutcome,
    PutSuggestion,
    apply,
    coalesce,
)
from assistant.store.transfer import import_from, put_models, write_lines
from assistant.traces import Additions, Annotation, Said, TraceEvent, make_candidate, make_trace
from assistant.votes import Moment, Observed, Vote

# Fresh in-memory databases: a file each would cost the suite its seconds.
FAST = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ids = st.integers(1, 2**63 - 1)
few_ids = st.integers(1, 4)
numbers = st.floats(allow_nan=False, allow_infinity=False)
times = st.floats(0, 4e9)
words = st.text(max_size=30)
maybe = st.none() | st.floats(0, 1)
id_lists = st.lists(ids, max_size=5).map(tuple)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(words, json_values, max_size=3)

events = st.builds(
    Event,
    id=few_ids | ids,
    time=times,
    duration=st.floats(0, 1e6),
    utc_offset_min=st.integers(-900, 900),
    sentence=words,
    type=words,
    source=words,
    app=words,
    title=words,
    data=objects,
    closed=st.booleans(),
)
gaps = st.builds(Gap, at=times, until=times, sense=words, reason=words)
decisions = st.builds(
    Decision,
    id=ids,
    time=times,
    trigger=words,
    speak=st.booleans(),
    reason=words,
    stage=words,
    p_help=maybe,
    p_accept=maybe,
    threshold=maybe,
    event_ids=id_lists,
    features=objects,
    model=words,
    gate_ms=maybe,
    proposer_ms=maybe,
    gate=words,
    propensity=maybe,
)
tasks = st.builds(Task, purpose=words, thoughts=words, task=words.filter(bool), response=words, operation=words)
suggestions = st.builds(
    Suggestion, id=ids, decision_id=ids, time=times, task=tasks, why=words, event_ids=id_lists, shown=st.booleans()
)
outcomes = st.builds(
    Outcome,
    suggestion_id=few_ids,
    kind=st.sampled_from(OutcomeKind),
    at=times,
    reaction_s=maybe,
    reason=words,
    source=words,
    decision_id=st.just(0) | few_ids,
    model=words,
    propensity=maybe,
)
histories = st.lists(st.builds(Observed, time=words, event=words), max_size=3).map(tuple)
moments = st.builds(
    Moment, trace=words, observed=histories, help_needed=st.none() | st.booleans(), voters=st.integers(0, 9)
)
votes = st.builds(
    Vote, moment=st.just(""), task=words, annotator=words, accepted=st.none() | st.booleans(), at=times, source=words
)
ops: st.SearchStrategy[Op] = st.one_of(
    events.map(PutEvent),
    gaps.map(PutGap),
    decisions.map(PutDecision),
    suggestions.map(PutSuggestion),
    outcomes.map(PutOutcome),
)


def filled(todo: list[Op]) -> sqlite_utils.Database:
    db = sqlite_utils.Database(memory=True)
    db.conn.isolation_level = None
    migrate(db)
    with immediate(db):
        for op in todo:
            apply(db, op, 0.0)
    return db


def exported(db: sqlite_utils.Database) -> str:
    out = io.StringIO()
    write_lines(db, out)
    return out.getvalue()


@FAST
@given(st.lists(ops, max_size=8))
def test_an_imported_store_exports_the_same_bytes(todo: list[Op]) -> None:
    with closing(filled(todo)) as one, closing(filled([])) as two:
        text = exported(one)
        report = import_from(two, io.StringIO(text, newline="\n"))
        assert exported(two) == text
        assert report.conflicts == ()
        again = import_from(two, io.StringIO(text, newline="\n"))
        assert sum(again.added.values()) == 0
        assert again.conflicts == ()


annotated = st.builds(
    lambda name, told, tasks, at: (make_trace(name, "s", told, at), tasks),
    words,
    st.lists(st.builds(TraceEvent, time=words, event=words), max_size=3),
    st.lists(words.filter(bool), max_size=3, unique=True),
    times,
)
rows_said = st.lists(
    st.tuples(few_ids, st.integers(0, 2), st.sampled_from(("ada", "bob")), st.sampled_from(Said), st.none() | few_ids),
    max_size=8,
)


@FAST
@given(annotated, rows_said)
def test_annotations_survive_a_round_trip_and_are_stored_once(made: Any, said: list[Any]) -> None:
    trace, tasks = made
    candidates = [make_candidate(trace.id, 0, n, task, source="trace", at=1.0) for n, task in enumerate(tasks)]
    rows = [
        Annotation(answer=n, trace_id=trace.id, position=at, annotator=who, at=1.0, said=what, candidate_id=task)
        for n, at, who, what, task in said
    ]
    additions = Additions(traces=(trace,), candidates=tuple(candidates), annotations=tuple(rows))
    with closing(filled([])) as one, closing(filled([])) as two:
        assert add(one, additions).stored == 1 + len(candidates) + len(set(rows))
        assert add(one, additions) == (0, 0)
        text = exported(one)
        assert import_from(two, io.StringIO(text, newline="\n")).conflicts == ()
        assert exported(two) == text
        assert sum(import_from(one, io.StringIO(text, newline="\n")).added.values()) == 0


@FAST
@given(st.lists(st.tuples(moments, st.lists(votes, max_size=3)), max_size=4))
def test_moments_and_votes_export_the_same_bytes(judged: list[tuple[Moment, list[Vote]]]) -> None:
    said = [vote.model_copy(update={"moment": moment.key}) for moment, votes_ in judged for vote in votes_]
    with closing(filled([])) as one, closing(filled([])) as two:
        put_models(one, [*(("moment", moment) for moment, _ in judged), *(("vote", vote) for vote in said)])
        text = exported(one)
        import_from(two, io.StringIO(text, newline="\n"))
        assert exported(two) == text


@FAST
@given(st.lists(events, max_size=8))
def test_coalescing_changes_no_contents(grown: list[Event]) -> None:
    todo: list[Op] = [PutEvent(event) for event in grown]
    with closing(filled(todo)) as one, closing(filled(coalesce(todo))) as two:
        assert exported(one) == exported(two)
    assert len(coalesce(todo)) == len({event.id for event in grown})


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50))
def test_ids_are_unpacked_as_they_were_packed(numbers_: list[int]) -> None:
    assert unpack(pack(numbers_)) == tuple(numbers_)


@given(st.binary(max_size=60))
def test_damaged_bytes_are_unpacked_without_an_error(damaged: bytes) -> None:
    assert len(unpack(damaged)) <= len(damaged)

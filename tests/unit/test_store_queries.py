"""Questions to the store: order, bounds, latest outcome, counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault
from assistant.events import Decision, Event, Gap, Outcome, OutcomeKind, Suggestion, Task
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, open_reader, open_store
from assistant.store.writer import MarkShown, PutDecision, PutEvent, PutGap, PutOutcome, PutSuggestion

MIDNIGHT = 1_699_916_400.0  # local midnight at UTC+1 on 2023-11-14
NOW = MIDNIGHT + 3_600.0


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "here"), clock, Storage(commit_s=0.01))) as opened:
        for number, ago in ((1, 7_200.0), (2, 3_000.0), (3, 2_000.0), (4, 100.0)):
            event = Event(
                id=number, time=NOW - ago, duration=50.0, sentence=f"e{number}", type="typing", source="keyboard"
            )
            opened.writer.submit(PutEvent(event.model_copy(update={"utc_offset_min": 60})))
        for number, ago in ((11, 7_000.0), (12, 1_900.0), (13, 50.0)):
            decision = Decision(id=number, time=NOW - ago, trigger="count", speak=True, reason="r", stage="shown")
            task = Task(task=f"task {number}")
            opened.writer.submit(
                PutDecision(decision),
                PutSuggestion(Suggestion(id=number, decision_id=number, time=NOW - ago, task=task)),
            )
        opened.writer.submit(
            PutOutcome(Outcome(suggestion_id=12, kind=OutcomeKind.IGNORED, at=NOW - 1_800)),
            PutOutcome(Outcome(suggestion_id=12, kind=OutcomeKind.ACCEPTED, at=NOW - 10, reason="changed my mind")),
            PutOutcome(Outcome(suggestion_id=11, kind=OutcomeKind.REJECTED, at=NOW - 6_900)),
            MarkShown(12),
            PutGap(Gap(at=NOW - 500, until=NOW - 400, sense="window", reason="gone")),
            PutGap(Gap(at=NOW - 9_000, until=NOW - 8_000, sense="window", reason="gone")),
        )
        assert opened.writer.flush()
        yield opened


def numbers(events: list[Event]) -> list[int]:
    return [event.id for event in events]


def test_events_come_oldest_first_and_bounded(store: Store) -> None:
    reader = store.reader
    assert numbers(reader.recent_events(2)) == [3, 4]
    assert numbers(reader.recent_events(9, since=NOW - 2_950)) == [2, 3, 4]  # 2 ended just then
    assert numbers(reader.events_between(NOW - 3_000, NOW - 100)) == [2, 3]
    assert numbers(reader.events_by_ids([4, 77, 1])) == [4, 1]
    assert reader.event(77) is None


def test_many_ids_are_asked_for_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.store.queries._VARIABLES", 2)
    assert numbers(store.reader.events_by_ids([3, 2, 1, 4])) == [3, 2, 1, 4]


def test_offers_carry_their_latest_outcome(store: Store) -> None:
    offers = store.reader.past_offers(2)
    assert [(offer.task, offer.outcome, offer.reason, offer.answered_at) for offer in offers] == [
        ("task 12", "accepted", "changed my mind", NOW - 10),
        ("task 13", "", "", 0.0),
    ]
    assert [offer.task for offer in store.reader.past_offers(9, since=NOW - 60)] == ["task 13"]


def test_history_keeps_every_verdict(store: Store) -> None:
    items = store.reader.history(9, before=NOW - 60)
    assert [(item.suggestion.id, [o.kind.value for o in item.outcomes]) for item in items] == [
        (11, ["rejected"]),
        (12, ["ignored", "accepted"]),
    ]
    assert [s.id for s in store.reader.suggestions_since(NOW - 1_900)] == [12, 13]
    assert [d.id for d in store.reader.decisions(2)] == [12, 13]
    found = store.reader.suggestion(12)
    assert found is not None
    assert found.shown
    assert store.reader.decision(99) is None


def test_gaps_touching_a_stretch(store: Store) -> None:
    assert len(store.reader.gaps_between(NOW - 450, NOW)) == 1
    assert store.reader.gaps_between(NOW - 399, NOW) == []


def test_today_begins_at_local_midnight(store: Store) -> None:
    stats = store.reader.stats(NOW)  # the offset is the newest event's: UTC+1
    assert (stats.events, stats.events_today, stats.suggestions_today, stats.decisions_today) == (4, 3, 2, 2)
    assert (stats.shown_today, stats.gaps_today) == (1, 1)
    assert stats.outcomes == {"accepted": 1, "ignored": 1, "rejected": 1}
    assert stats.outcomes_today == {"accepted": 1, "ignored": 1}
    assert stats.bytes > 4_096
    assert store.reader.stats(NOW, utc_offset_min=0).events_today == 0  # a new day there just begins


def test_a_reader_of_its_own_sees_new_rows_and_cannot_write(store: Store) -> None:
    with open_reader(store.file) as reader:
        assert len(reader.recent_events(9)) == 4
        store.writer.submit(PutEvent(Event(id=5, time=NOW, sentence="e5", type="typing", source="keyboard")))
        assert store.writer.flush()
        assert len(reader.recent_events(9)) == 5
        with pytest.raises(EnvironmentFault, match="readonly"), reader.connection() as db:
            db.execute("DELETE FROM event")


def test_many_threads_may_ask_at_once(store: Store) -> None:
    found: list[int] = []
    together = threading.Barrier(8)

    def ask() -> None:
        with store.reader.connection():  # holds one connection each, at the same moment
            together.wait(5)
            found.append(len(store.reader.recent_events(9)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [4] * 8

"""What makes a verdict a label: model and propensity, missed moments, votes; kept, exported and forgotten."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.events import Decision, Event, Outcome, OutcomeKind, Suggestion, Task
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion
from assistant.votes import Moment, Observed, Vote

NOW = 1_700_000_000.0
SECRET = "xyzzy-plugh"
DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "here"), clock, Storage(commit_s=0.01))) as opened:
        yield opened


def decision(number: int, *event_ids: int, at: float = NOW, **more: object) -> PutDecision:
    known = {"trigger": "count", "speak": True, "reason": "r", "stage": "shown", "model": "m1", "propensity": 0.95}
    return PutDecision(Decision(id=number, time=at, event_ids=event_ids, **known | more))


def suggestion(number: int, decision_id: int, at: float = NOW) -> PutSuggestion:
    return PutSuggestion(Suggestion(id=number, decision_id=decision_id, time=at, task=Task(task="Tea"), shown=True))


def missed(store: Store, number: int, at: float, text: str = SECRET) -> None:
    event = Event(id=number, time=at - 5, sentence=f"The user types '{text}'.", type="typing", source="keyboard")
    verdict = Outcome(suggestion_id=0, decision_id=number + 1, kind=OutcomeKind.MISSED, at=at, source="hotkey")
    store.writer.submit(PutEvent(event))
    store.writer.submit(
        decision(number + 1, number, at=at, trigger="missed", reason=text, stage="missed", speak=False),
        PutOutcome(verdict),
    )
    assert store.writer.flush()


def moment(text: str = "The user reads.", at: str = "1.000", **more: object) -> Moment:
    return Moment(trace="t", observed=(Observed(time=at, event=text),), **more)


def exported(store: Store) -> str:
    out = io.StringIO()
    store.export(out)
    return out.getvalue()


def test_a_verdict_takes_model_and_propensity_from_its_decision(store: Store) -> None:
    own = Outcome(suggestion_id=2, kind=OutcomeKind.REJECTED, at=NOW + 1, model="other", propensity=0.5)
    store.writer.submit(decision(1), suggestion(2, 1))
    store.writer.submit(
        PutOutcome(Outcome(suggestion_id=2, kind=OutcomeKind.ACCEPTED, at=NOW)),
        PutOutcome(own),
        PutOutcome(Outcome(suggestion_id=99, kind=OutcomeKind.ACCEPTED, at=NOW)),
    )
    assert store.writer.flush()
    found = store.reader.all_outcomes()
    assert [(one.suggestion_id, one.model, one.propensity) for one in found] == [
        (2, "m1", 0.95),
        (99, "", None),
        (2, "other", 0.5),
    ]


@pytest.mark.parametrize("how", ["event", "last", "app", "all"])
def test_forgetting_the_events_of_a_missed_moment_takes_the_moment(store: Store, how: str) -> None:
    missed(store, 10, NOW - 10 * DAY, "harmless")
    missed(store, 20, NOW - 60)
    store.writer.submit(
        PutEvent(Event(id=20, time=NOW - 65, sentence=SECRET, type="typing", source="keyboard", app="Notes"))
    )
    report = {
        "event": lambda: store.forget_event(20),
        "last": lambda: store.forget_last(900, NOW),
        "app": lambda: store.forget_app("notes"),
        "all": store.forget_all,
    }[how]()
    left = 0 if how == "all" else 1
    assert (report.events, report.decisions, report.outcomes) == (2 - left, 2 - left, 2 - left)
    assert len(store.reader.all_outcomes()) == left
    late = Outcome(suggestion_id=0, decision_id=21, kind=OutcomeKind.MISSED, at=NOW, reason=SECRET)
    store.writer.submit(PutOutcome(late))  # still on its way
    assert store.writer.flush()
    assert len(store.reader.all_outcomes()) == left
    assert [one.name for one in store.file.parent.iterdir() if SECRET.encode() in one.read_bytes()] == []


def test_retention_takes_old_missed_moments_and_leaves_young_ones(store: Store) -> None:
    missed(store, 10, NOW - 100 * DAY)
    missed(store, 20, NOW - DAY)
    report = store.retention(NOW)
    assert (report.events, report.decisions, report.outcomes) == (1, 1, 1)
    assert [one.decision_id for one in store.reader.all_outcomes()] == [21]


def test_missed_moments_and_votes_survive_a_round_trip(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    missed(store, 10, NOW)
    known = moment(help_needed=True, voters=2)
    votes = [
        Vote(moment=known.key, task="Tea", annotator=who, accepted=said) for who, said in (("a", True), ("b", None))
    ]
    store.put_votes([known], votes)
    text = exported(store)
    with closing(open_store(under(tmp_path / "there"), clock, Storage())) as other:
        assert other.import_(io.StringIO(text)).added["vote"] == 2
        assert exported(other) == text
        assert other.reader.moments() == [known]
        assert other.reader.votes() == votes
        assert other.reader.recent_events(9) == store.reader.recent_events(9)  # votes bring no events of the owner's


def test_an_export_of_the_first_layout_is_still_taken(store: Store) -> None:
    value = {"suggestion_id": 5, "kind": "accepted", "at": 6.0, "reaction_s": None, "reason": "", "source": "popup"}
    lines = [
        {"type": "header", "format": "proactive-assistant-export", "version": 1},
        {"type": "outcome", "value": value},
        {"type": "end", "lines": 1},
    ]
    assert store.import_(io.StringIO("\n".join(map(json.dumps, lines)))).added["outcome"] == 1
    assert store.reader.outcomes(5)[0].propensity is None


def test_the_same_votes_again_change_nothing_and_a_changed_mind_is_a_further_one(store: Store) -> None:
    known = moment()
    vote = Vote(moment=known.key, task="Tea", annotator="a", accepted=True, at=1.0)
    store.put_votes([known], [vote])
    report = store.put_votes([known], [vote])
    assert (sum(report.added.values()), report.identical) == (0, 2)
    changed = vote.model_copy(update={"accepted": False, "at": 2.0})
    store.put_votes([], [changed])
    assert store.reader.votes() == [vote, changed]
    with closing(sqlite3.connect(store.file)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE vote SET accepted = 0")


def test_forgetting_an_event_takes_its_copy_that_was_exported_and_imported_again(store: Store) -> None:
    at = NOW - 60.1234
    store.writer.submit(PutEvent(Event(id=1, time=at, sentence=f"… {SECRET}", type="typing", source="keyboard")))
    copy, other = moment(f"redacted {SECRET}", f"{at:.3f}"), moment("somebody else's", "5.000")
    votes = [Vote(moment=one.key, annotator="a", accepted=True) for one in (copy, other)]
    store.put_votes([copy, other], votes)
    report = store.forget_last(900, NOW)
    assert (report.events, report.moments, report.votes) == (1, 1, 1)
    assert store.reader.moments() == [other]
    assert [one.name for one in store.file.parent.iterdir() if SECRET.encode() in one.read_bytes()] == []


def test_each_installation_has_a_pseudonym_of_its_own_that_stays(tmp_path: Path, clock: FakeClock) -> None:
    names = []
    for folder in ("one", "two", "one"):
        with closing(open_store(under(tmp_path / folder), clock, Storage())) as store:
            names.append(store.reader.meta("pseudonym"))
            store.forget_all()
    assert names[0] == names[2] != names[1]
    assert names[0].startswith("owner-")

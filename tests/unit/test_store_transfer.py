"""Export and import: identical after a round trip, all or nothing (CAPTURE.md, row 40)."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.errors import EnvironmentFault, SetupError
from assistant.events import Decision, Event, Gap, Outcome, OutcomeKind, Suggestion, Task
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, export_to, open_store
from assistant.store.writer import PutDecision, PutEvent, PutGap, PutMark, PutOutcome, PutSuggestion


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "one"), clock, Storage(commit_s=0.01))) as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "two"), clock, Storage(commit_s=0.01))) as opened:
        yield opened


NONE = dict.fromkeys(("moment", "vote", "trace", "candidate", "annotation"), 0)


def event(number: int, sentence: str = "The user types 'zażółć 茶'.") -> Event:
    data = {"keys": ["Ctrl+S"], "n": 1.5}
    return Event(
        id=number, time=5.0, sentence=sentence, type="typing", source="keyboard", app="A", title="t", data=data
    )


def fill(store: Store) -> None:
    store.writer.submit(PutEvent(event(2)), PutEvent(event(1)), PutMark("life", 1))
    store.writer.submit(PutGap(Gap(at=1.0, until=2.0, sense="window", reason="gone", mono=7.0)))
    store.writer.submit(
        PutDecision(Decision(id=4, time=5.0, trigger="count", speak=True, reason="r", stage="shown", event_ids=(2, 1))),
        PutSuggestion(Suggestion(id=5, decision_id=4, time=5.0, task=Task(task="Make tea"), event_ids=(1,))),
        PutOutcome(Outcome(suggestion_id=5, kind=OutcomeKind.SNOOZED, at=6.0)),
        PutOutcome(Outcome(suggestion_id=5, kind=OutcomeKind.ACCEPTED, at=6.0, reaction_s=2.0)),
    )
    assert store.writer.flush()


def exported(store: Store) -> str:
    out = io.StringIO()
    store.export(out)
    return out.getvalue()


def test_a_round_trip_gives_the_same_bytes_and_the_same_answers(store: Store, other: Store, tmp_path: Path) -> None:
    fill(store)
    file = tmp_path / "out.jsonl"
    assert store.export(file) == 7
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    report = other.import_(file)
    assert report.added == {"event": 2, "gap": 1, "decision": 1, "suggestion": 1, "outcome": 2, **NONE}
    assert (report.identical, report.conflicts) == (0, ())
    assert exported(other) == file.read_text()
    assert other.reader.recent_events(9) == store.reader.recent_events(9)
    assert other.reader.past_offers(9) == store.reader.past_offers(9)
    assert other.reader.past_offers(9)[0].outcome == "accepted"  # the later of two at the same time
    assert other.reader.decisions(9) == store.reader.decisions(9)


def test_export_beside_a_running_engine(store: Store, tmp_path: Path) -> None:
    fill(store)
    assert export_to(store.file, tmp_path / "out.jsonl") == 7


def test_every_line_is_one_typed_object(store: Store) -> None:
    fill(store)
    lines = [json.loads(line) for line in exported(store).splitlines()]
    assert lines[0] == {"type": "header", "format": "proactive-assistant-export", "version": 2}
    assert [line["type"] for line in lines[1:-1]] == [
        "event",
        "event",
        "gap",
        "decision",
        "suggestion",
        "outcome",
        "outcome",
    ]
    assert lines[-1] == {"type": "end", "lines": 7}
    assert lines[1]["value"]["sentence"] == "The user types 'zażółć 茶'."


def test_what_is_here_already_stays_and_conflicts_are_reported(store: Store, other: Store) -> None:
    fill(store)
    other.writer.submit(PutEvent(event(1)), PutEvent(event(2, "mine")))
    report = other.import_(io.StringIO(exported(store)))
    assert report.added["event"] == 0
    assert (report.identical, report.conflicts) == (1, ("event 2",))
    assert [e.sentence for e in other.reader.recent_events(9)][1] == "mine"
    again = other.import_(io.StringIO(exported(store)))
    assert (sum(again.added.values()), again.identical) == (0, 6)


def cut(lines: list[str]) -> list[str]:
    return lines[:-2]


def broken_json(lines: list[str]) -> list[str]:
    return [*lines[:2], lines[2][:40] + "\n", *lines[3:]]


def wrong_field(lines: list[str]) -> list[str]:
    return [*lines[:2], lines[2].replace('"sentence"', '"sentense"'), *lines[3:]]


def huge_id(lines: list[str]) -> list[str]:
    return [*lines[:2], lines[2].replace('"id":2', f'"id":{2**70}'), *lines[3:]]


def unknown_type(lines: list[str]) -> list[str]:
    return [*lines[:2], '{"type":"cake","value":{}}\n', *lines[3:]]


def line_missing(lines: list[str]) -> list[str]:
    return [*lines[:2], *lines[3:]]


def no_header(lines: list[str]) -> list[str]:
    return lines[1:]


def newer(lines: list[str]) -> list[str]:
    return [lines[0].replace('"version":2', '"version":3'), *lines[1:]]


def a_list(lines: list[str]) -> list[str]:
    return [*lines[:2], "[1]\n", *lines[3:]]


def empty(_: list[str]) -> list[str]:
    return []


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (cut, "after line 7"),
        (broken_json, "Line 3 "),
        (wrong_field, "Line 3 "),
        (huge_id, "Line 3 "),
        (unknown_type, "Line 3 "),
        (a_list, "Line 3 "),
        (line_missing, "Line 8 "),
        (no_header, "Line 1 "),
        (newer, "Line 1 "),
        (empty, "after line 0"),
    ],
)
def test_a_broken_file_imports_nothing_and_names_the_line(store: Store, other: Store, damage, line: str) -> None:
    fill(store)
    lines = exported(store).splitlines(keepends=True)
    with pytest.raises(SetupError, match=line) as caught:
        other.import_(io.StringIO("".join(damage(lines))))
    assert "zażółć" not in str(caught.value)
    assert caught.value.__cause__ is None  # nor in a logged traceback
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert other.reader.stats(9.0).events == 0
    assert caught.value.hint


def test_files_that_cannot_be_read_or_written_are_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        store.import_(tmp_path / "nowhere.jsonl")
    with pytest.raises(EnvironmentFault, match="cannot be written"):
        store.export(tmp_path / "nowhere" / "out.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SetupError, match="not part of an export"):
        store.import_(tmp_path / "binary")


def test_a_failed_export_leaves_the_older_file(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out.jsonl"
    store.export(file)
    before = file.read_bytes()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assistant.store.transfer.write_lines", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        store.export(file)
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.glob("out*")] == ["out.jsonl"]

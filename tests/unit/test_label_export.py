"""Labels out and in again: identical lines, several people's files, nothing secret, nothing of it in the timeline."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.errors import SetupError
from assistant.events import Decision, Event, Outcome, OutcomeKind, Suggestion, Task
from assistant.label_export import prepare, shown, write
from assistant.label_import import import_file, recognise
from assistant.labels import BAD_MOMENT, WRONG
from assistant.paths import under
from assistant.settings import Storage
from assistant.store import Store, open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion

NOW = 1_700_000_000.0
CARD = "4111 1111 1111 1111"


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "here"), clock, Storage(commit_s=0.01))) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def empty(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with closing(open_store(under(tmp_path / "there"), clock, Storage(commit_s=0.01))) as opened:
        yield opened


VERDICTS = [
    (OutcomeKind.ACCEPTED, ""),
    (OutcomeKind.REJECTED, WRONG),
    (OutcomeKind.REJECTED, BAD_MOMENT),
    (OutcomeKind.IGNORED, ""),
    (OutcomeKind.UNSEEN, "away"),
]


def fill(store: Store) -> None:
    """Five suggestions with one verdict each, and a missed moment, on a growing history."""
    for number, (kind, reason) in enumerate(VERDICTS, start=1):
        text = f"pay with {CARD}" if number == 1 else f"word {number}"
        event = Event(
            id=number, time=NOW + number, sentence=f"The user types '{text}'.", type="typing", source="keyboard"
        )
        ids = tuple(range(1, number + 1))
        known = {"trigger": "count", "speak": True, "reason": "r", "stage": "shown", "event_ids": ids}
        made = Suggestion(
            id=number * 10 + 1,
            decision_id=number * 10,
            time=NOW + number,
            task=Task(task=f"task {number}", operation="never exported"),
            shown=True,
        )
        store.writer.submit(
            PutEvent(event),
            PutDecision(Decision(id=number * 10, time=NOW + number, **known)),
            PutSuggestion(made),
            PutOutcome(Outcome(suggestion_id=made.id, kind=kind, at=NOW + number + 0.5, reason=reason)),
        )
    missed = Decision(
        id=99, time=NOW + 9, trigger="missed", speak=False, reason="r", stage="missed", event_ids=(1, 2, 3, 4, 5)
    )
    verdict = Outcome(suggestion_id=0, decision_id=99, kind=OutcomeKind.MISSED, at=NOW + 9)
    store.writer.submit(PutDecision(missed), PutOutcome(verdict))
    assert store.writer.flush()


def lines(store: Store, form: str = "reward") -> list[str]:
    return list(prepare(store.reader, form).lines)


def test_each_verdict_has_its_class(store: Store) -> None:
    found = [json.loads(line) for line in lines(store)]
    assert [(one["pred_task"], one["category"][-4:], one["annotation"]) for one in found] == [
        ("task 1", "(CD)", [True]),
        ("task 2", "(FA)", [False]),
        (None, "(CR)", [True]),  # a bad moment: silence would have been right
        (None, "(MN)", [False]),
    ]
    own = store.reader.meta("pseudonym")
    assert {(one["trace"], *one["annotators"]) for one in found} == {(f"{own}_2023-11-14", own)}
    assert [len(one["obs"]) for one in found] == [1, 2, 3, 5]
    assert found[1]["obs"][1] == {"time": "1700000002.000", "event": "The user types 'word 2'."}
    assert found[1]["at"] == [NOW + 2.5]
    assert prepare(store.reader).left_out == {
        "ignored: no verdict of a person": 1,
        "unseen: no verdict of a person": 1,
    }


@pytest.mark.parametrize("form", ["reward", "agent"])
def test_export_import_export_gives_identical_lines(store: Store, empty: Store, tmp_path: Path, form: str) -> None:
    first = prepare(store.reader, form)
    assert len(first.lines) > 3
    file = tmp_path / "labels"
    write(first, file, NOW)
    assert recognise(file) == form
    import_file(empty, file)
    assert lines(empty, form) == list(first.lines)
    again = import_file(empty, file)
    assert sum(again.added.values()) == 0
    assert lines(empty, form) == list(first.lines)


def test_what_is_imported_is_not_in_the_owners_timeline(store: Store, empty: Store, tmp_path: Path) -> None:
    write(prepare(store.reader), tmp_path / "labels", NOW)
    import_file(empty, tmp_path / "labels")
    reader = empty.reader
    assert (reader.recent_events(9), reader.decisions(9), reader.history(9), reader.all_outcomes()) == ([], [], [], [])
    assert reader.stats(NOW).events == 0
    assert len(reader.moments()) == 4


@pytest.mark.parametrize("form", ["reward", "agent"])
def test_an_own_export_imported_again_changes_nothing(store: Store, tmp_path: Path, form: str) -> None:
    before = prepare(store.reader)
    write(prepare(store.reader, form), tmp_path / "labels", NOW)
    import_file(store, tmp_path / "labels")
    if form == "reward":
        assert prepare(store.reader).lines == before.lines
    own = store.reader.meta("pseudonym")
    assert {vote.annotator for vote in store.reader.votes()} == {own}


def test_secrets_are_taken_out_and_counted(store: Store) -> None:
    for form in ("reward", "agent"):
        export = prepare(store.reader, form)
        assert "4111" not in "".join(export.lines)
        assert "[redacted: card number]" in export.lines[0]
        assert export.redacted["card number"] > 0


def test_imported_text_is_redacted_too(empty: Store, tmp_path: Path) -> None:
    row = {"trace": "t", "obs": [{"time": "1", "event": CARD}], "pred_task": f"Pay {CARD}", "annotation": [True]}
    (tmp_path / "x.jsonl").write_text(json.dumps(row))
    import_file(empty, tmp_path / "x.jsonl")
    assert "4111" not in "".join(lines(empty))


def test_several_peoples_files_merge_and_nobodys_word_is_lost(empty: Store, tmp_path: Path) -> None:
    obs = [{"time": "1", "event": "a"}]
    common = {"trace": "t", "obs": obs, "pred_task": "Make tea"}
    for name, said in (("anna", True), ("bob", False), ("cy", True)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(common | {"annotation": [said], "help_needed": said}))
    import_file(empty, tmp_path / "anna.jsonl")
    import_file(empty, tmp_path / "bob.jsonl")
    import_file(empty, tmp_path / "cy.jsonl", "cyrus")
    (line,) = lines(empty)
    found = json.loads(line)
    assert (found["annotation"], found["annotators"]) == ([True, False, True], ["anna", "bob", "cyrus"])
    assert (found["valid"], found["help_needed"], found["category"]) == (True, True, "Correct-Detection (CD)")


def test_a_broken_file_imports_nothing(empty: Store, tmp_path: Path) -> None:
    good = json.dumps({"trace": "t", "obs": [{"time": "1", "event": "a"}], "pred_task": "x", "annotation": [True]})
    (tmp_path / "x.jsonl").write_text(f"{good}\n{good[:-20]}\n")
    with pytest.raises(SetupError, match="Line 2"):
        import_file(empty, tmp_path / "x.jsonl")
    (tmp_path / "y.jsonl").write_bytes(good.encode() + b"\n\xff\n")
    with pytest.raises(SetupError, match="not UTF-8"):
        import_file(empty, tmp_path / "y.jsonl")
    with pytest.raises(SetupError, match="cannot be read"):
        import_file(empty, tmp_path / "nowhere.jsonl")
    assert empty.reader.moments() == []


def test_an_export_of_everything_is_still_recognised(store: Store, empty: Store, tmp_path: Path) -> None:
    store.export(tmp_path / "day.jsonl")
    assert recognise(tmp_path / "day.jsonl") == ""
    assert import_file(empty, tmp_path / "day.jsonl").added["event"] == 5
    assert prepare(empty.reader, name="me").lines == prepare(store.reader, name="me").lines


def test_the_files_are_private_and_the_card_says_what_is_in_them(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    card = write(prepare(store.reader, name="anna"), file, NOW)
    assert card == tmp_path / "labels.jsonl.card.md"
    assert {stat.S_IMODE(one.stat().st_mode) for one in (file, card)} == {0o600}
    text = card.read_text()
    for said in ("2023-11-14", "4 lines, 4 moments", "Missed-Need (MN): 1", "anna: 4", "card number: ", "ignored: "):
        assert said in text
    assert "popup: 4" in text


def test_the_preview_cannot_steer_the_terminal() -> None:
    assert shown(["a\x1b[2Jb", "c"]) == "a\N{REPLACEMENT CHARACTER}[2Jb\nc"

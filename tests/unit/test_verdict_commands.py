"""missed, answer, review and export labels, as they are typed."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assistant import client
from assistant.cli import cli
from assistant.clock import FakeClock
from assistant.errors import SetupError
from assistant.events import Decision, Event, Outcome, OutcomeKind, Suggestion, Task
from assistant.ipc import Peer, Server
from assistant.messages import Control, Message, Reply
from assistant.paths import default_paths
from assistant.settings import Storage
from assistant.store import open_reader, open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion

NOW = 1_700_000_000.0


@pytest.fixture(autouse=True)
def stored() -> None:
    """Suggestions 11, 21, 31 unseen in shadow mode, 41 accepted; each made from 20 events."""
    with closing(open_store(default_paths(), FakeClock(), Storage())) as store:
        for number in range(1, 21):
            sentence = f"The user types '\x1b[2Jword {number}'."
            store.writer.submit(
                PutEvent(Event(id=number, time=NOW + number, sentence=sentence, type="typing", source="keyboard"))
            )
        for number in (10, 20, 30, 40):
            at = NOW + 100 + number
            ids = tuple(range(1, 21))
            known = {"trigger": "count", "speak": True, "reason": "r", "stage": "shadow", "event_ids": ids}
            task = Task(task=f"Do thing {number}")
            made = Suggestion(
                id=number + 1, decision_id=number, time=at, task=task, why="Because", event_ids=ids, shown=number == 40
            )
            kind = OutcomeKind.ACCEPTED if number == 40 else OutcomeKind.UNSEEN
            store.writer.submit(
                PutDecision(Decision(id=number, time=at, **known)),
                PutSuggestion(made),
                PutOutcome(Outcome(suggestion_id=made.id, kind=kind, at=at, reason="shadow mode", source="engine")),
            )


def run(*args: str, keys: str = "") -> Result:
    return CliRunner().invoke(cli, args, input=keys)


def verdicts(suggestion_id: int) -> list[tuple[str, str, str]]:
    with open_reader(default_paths().database) as reader:
        return [(one.kind.value, one.reason, one.source) for one in reader.outcomes(suggestion_id)][1:]


def test_suggestions_have_ids_and_their_last_answer() -> None:
    lines = run("suggestions").output.splitlines()
    assert [line.split()[0] for line in lines] == ["11", "21", "31", "41"]
    assert "unseen" in lines[0]
    assert "accepted  Do thing 40" in lines[3]


def test_an_answer_is_changed_and_the_earlier_one_kept() -> None:
    assert "rejected (bad moment): Do thing 40" in run("answer", "41", "rejected", "--reason", "bad moment").output
    assert verdicts(41) == [("rejected", "bad moment", "history")]
    assert "rejected" in run("suggestions").output
    run("answer", "41", "accepted")
    assert [one[0] for one in verdicts(41)] == ["rejected", "accepted"]


def test_wrong_answers_are_explained() -> None:
    assert isinstance(run("answer", "5", "accepted").exception, SetupError)
    assert "rejected" in run("answer", "41", "accepted", "--reason", "wrong").output
    assert run("answer", "41", "loved").exit_code == 2
    assert verdicts(41) == []


def test_review_shows_the_events_and_what_would_have_been_said() -> None:
    shown = run("review", keys="q").output
    assert "1 of 3" in shown
    assert "What I would have said:\n  Do thing 30" in shown  # the newest first
    assert "… 8 earlier events" in shown
    assert "word 20" in shown
    assert "word 8'" not in shown
    assert "\x1b[2J" not in shown
    assert "not shown: shadow mode" in shown
    assert "0 judged, 3 left" in shown


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("y", ("accepted", "", "shadow")),
        ("n", ("rejected", "", "shadow")),
        ("u", ("rejected", "not useful", "shadow")),
        ("w", ("rejected", "wrong", "shadow")),
        ("b", ("rejected", "bad moment", "shadow")),
    ],
)
def test_one_key_a_verdict(key: str, verdict: tuple[str, str, str]) -> None:
    assert "1 judged, 2 left" in run("review", keys=f"{key}q").output
    assert verdicts(31) == [verdict]
    assert verdicts(21) == []


def test_a_review_goes_on_where_it_was_left_and_ends() -> None:
    run("review", keys="ysq")
    shown = run("review", keys="nu").output
    assert "1 of 2" in shown
    assert (verdicts(31)[0][0], verdicts(21)[0][0], verdicts(11)[0][1]) == ("accepted", "rejected", "not useful")
    assert "Nothing waits" in run("review").output


def test_undo_takes_back_by_a_further_row_and_asks_again() -> None:
    shown = run("review", keys="zynzzuq").output
    assert "Nothing to undo" in shown
    assert shown.count("Do thing 30") == 2  # at first, and again after two steps back
    assert verdicts(31) == [
        ("accepted", "", "shadow"),
        ("unseen", "undone", "shadow"),
        ("rejected", "not useful", "shadow"),
    ]
    assert verdicts(21) == [("rejected", "", "shadow"), ("unseen", "undone", "shadow")]
    assert "1 of 2" in run("review", keys="q").output


def test_an_unknown_key_and_the_end_of_input_do_no_harm() -> None:
    shown = run("review", keys="x").output
    assert shown.count("[y] accept") == 2
    assert "0 judged, 3 left" in shown


def test_missed_needs_a_running_assistant() -> None:
    error = run("missed").exception
    assert isinstance(error, SetupError)
    assert "not running" in str(error)


def test_beside_a_running_assistant_the_engine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Control] = []
    done = threading.Event()

    def on_message(peer: Peer, message: Message) -> None:
        if isinstance(message, Control):
            heard.append(message)
            peer.send(Reply(ok=True, data={"decision": 7}))
            done.set()

    monkeypatch.setattr(client, "running", lambda _: True)
    server = Server(default_paths().make().socket, on_message)
    server.start()
    try:
        assert "decision 7" in run("missed").output
        assert run("review", keys="yq").exit_code == 0
    finally:
        server.close()
    assert (heard[0].verb, heard[0].args) == ("missed", {"source": "terminal"})
    assert (heard[1].verb, heard[1].args["outcome"]["kind"]) == ("answer", "accepted")
    assert heard[1].args["outcome"]["source"] == "shadow"
    assert verdicts(31) == []  # the engine stores it, not we


def test_export_labels_shows_every_line_before_it_writes(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    refused = run("export", "labels", str(file), keys="n\n")
    assert "Do thing 40" in refused.output
    assert not file.exists()
    assert "1 lines written" in run("export", "labels", str(file), keys="y\n").output
    assert json.loads(file.read_text())["pred_task"] == "Do thing 40"
    assert (tmp_path / "labels.jsonl.card.md").exists()


def test_export_labels_in_the_agent_format_without_asking(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    run("export", "labels", str(file), "--format", "agent", "--name", "anna", "--yes")
    entries = json.loads(file.read_text())
    assert len(entries) == 20
    assert entries[-1]["agent_response"] == {"candidate_task": ["Do thing 40"]}
    assert entries[-1]["verdicts"][0]["annotator"] == "anna"


def test_export_of_everything_and_import_of_either_still_work(tmp_path: Path) -> None:
    assert "rows written" in run("export", str(tmp_path / "day.jsonl")).output
    run("export", "labels", str(tmp_path / "l.jsonl"), "--yes")
    assert '"identical": 32' in run("import", str(tmp_path / "day.jsonl")).output
    assert '"vote": 1' in run("import", str(tmp_path / "l.jsonl")).output
    assert run("export", "everything", str(tmp_path / "x")).exit_code == 2
    assert run("export", str(tmp_path / "x"), "--format", "agent").exit_code == 2
    assert run("export", "labels").exit_code == 2
    assert run("export").exit_code == 2

"""The engine process's body with a real socket and a real store; gate and proposer are fakes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.clock import SystemClock, time_ids
from assistant.engine.service import Engine, EngineParts
from assistant.errors import SetupError
from assistant.events import KeyText, Outcome, OutcomeKind, Task, WindowFocus
from assistant.ipc import Client
from assistant.messages import Ack, Answered, Batch, Control, Hello, Message, Painted, Reply, Show, UiReady
from assistant.paths import Paths, under
from assistant.ports import Context, Proposal, Verdict
from assistant.settings import Settings
from assistant.store import open_reader, open_store
from assistant.store.annotations import all_annotations
from assistant.traces import OWN, Additions, Annotation, Said, TraceEvent, make_trace

CLOCK = SystemClock()


class FakeGate:
    name = "fake gate"

    def judge(self, context: Context) -> Verdict:
        return Verdict(p_help=0.9, threshold=0.5, reason="because it is a test")


class FakeProposer:
    name = "fake model"

    def __init__(self) -> None:
        self.contexts: list[Context] = []

    def warm(self, context: Context) -> None: ...

    def propose(self, context: Context, *, k: int = 1, deadline_s: float = 20.0) -> Proposal:
        self.contexts.append(context)
        return Proposal(tasks=(Task(task=f"Help number {len(self.contexts)}"),), model=self.name)

    def cancel(self) -> None: ...

    def close(self) -> None: ...


class Running:
    """One life of an engine, in a thread."""

    def __init__(self, paths: Paths, make_proposer: object = None) -> None:
        self.paths, self.proposer = paths, FakeProposer()
        settings = Settings(
            decision={"every_events": 1, "min_interval_s": 0.0, "dwell_s": 0.0},
            delivery={"cooldown_s": 0.0},
            storage={"commit_s": 0.01},
            narration={"dwell_s": 0.0, "burst_end_s": 0.1},
        )
        self.engine = Engine(
            EngineParts(
                paths=paths,
                settings=settings,
                clock=CLOCK,
                ids=time_ids(CLOCK),
                store=open_store(paths, CLOCK, settings.storage),
                gate=FakeGate(),
                make_proposer=make_proposer or (lambda: self.proposer),  # type: ignore[arg-type]
            )
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.engine.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


class Talker:
    """A client with a mailbox."""

    def __init__(self, paths: Paths, role: str) -> None:
        self.got: queue.Queue[Message] = queue.Queue()
        up = threading.Event()
        self.client = Client(paths.socket, Hello(role=role, pid=1, life="x"), self.got.put, on_up=up.set)
        self.client.start()
        assert up.wait(5)

    def say(self, message: Message) -> None:
        assert self.client.send(message)

    def hear(self, kind: type) -> Message:
        while not isinstance(message := self.got.get(timeout=5), kind):
            pass
        return message

    def ask(self, verb: str, **args: object) -> Reply:
        self.say(Control(verb=verb, args=args))
        reply = self.hear(Reply)
        assert isinstance(reply, Reply)
        return reply


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path / "e").make()


@pytest.fixture
def running(paths: Paths) -> Iterator[Running]:
    one = Running(paths)
    yield one
    one.end()


@pytest.fixture
def collectors(running: Running) -> Iterator[Talker]:
    talker = Talker(running.paths, "collectors")
    yield talker
    talker.client.close()


@pytest.fixture
def ui(running: Running) -> Iterator[Talker]:
    talker = Talker(running.paths, "ui")
    talker.say(UiReady(notifier="popup"))
    yield talker
    talker.client.close()


def typing(seq: int, text: str) -> Batch:
    now = CLOCK.now()
    window = WindowFocus(at=now, app="Mousepad", title="a.txt", window="1", pid=1)
    return Batch(life="L", seq=seq, observations=(window, KeyText(at=now, text=text)))


def test_committed_before_acknowledged_and_stored_once(running: Running, collectors: Talker) -> None:
    collectors.say(typing(1, "hello"))
    assert collectors.hear(Ack) == Ack(life="L", seq=1)
    collectors.say(typing(1, "hello"))
    assert collectors.hear(Ack) == Ack(life="L", seq=1)
    collectors.client.close()
    running.end()
    with open_reader(running.paths.database) as reader:
        typed = [event.data["text"] for event in reader.recent_events(50) if event.type == "typing"]
        assert typed == ["hello"]
        assert reader.last_mark("L") == 1


def test_a_batch_of_an_earlier_engine_is_not_stored_again(paths: Paths) -> None:
    for _ in range(2):
        running = Running(paths)
        collectors = Talker(paths, "collectors")
        collectors.say(typing(1, "once"))
        collectors.hear(Ack)
        collectors.client.close()
        running.end()
    with open_reader(paths.database) as reader:
        assert [event.data["text"] for event in reader.recent_events(50) if event.type == "typing"] == ["once"]
        assert any("not running" in gap.reason for gap in reader.gaps_between(0, CLOCK.now() + 9))


def test_suggestion_goes_to_the_ui_and_its_answer_into_the_next_context(
    running: Running, collectors: Talker, ui: Talker
) -> None:
    now = CLOCK.now()
    collectors.say(Batch(life="L", seq=1, observations=(WindowFocus(at=now, app="Code", title="a.py", window="1"),)))
    show = ui.hear(Show)
    assert isinstance(show, Show)
    assert show.suggestion.task.task == "Help number 1"
    assert show.why_events
    ui.say(Painted(suggestion_id=show.suggestion.id, at=CLOCK.now(), took_ms=5.0))
    ui.say(Answered(outcome=Outcome(suggestion_id=show.suggestion.id, kind=OutcomeKind.ACCEPTED, at=CLOCK.now())))
    assert running.engine.parts.store.writer.flush(5)
    later = WindowFocus(at=CLOCK.now(), app="Code", title="b.py", window="2")
    collectors.say(Batch(life="L", seq=2, observations=(later,)))
    second = ui.hear(Show)
    assert isinstance(second, Show)
    assert [(offer.task, offer.outcome) for offer in running.proposer.contexts[-1].offers] == [
        ("Help number 1", "accepted")
    ]


def test_a_ui_that_dies_leaves_the_outcome_unseen(running: Running, collectors: Talker, ui: Talker) -> None:
    window = WindowFocus(at=CLOCK.now(), app="Code", title="a.py", window="1")
    collectors.say(Batch(life="L", seq=1, observations=(window,)))
    show = ui.hear(Show)
    assert isinstance(show, Show)
    ui.client.close()
    deadline = threading.Event()
    for _ in range(100):
        running.engine.parts.store.writer.flush(1)
        outcomes = running.engine.parts.store.reader.outcomes(show.suggestion.id)
        if outcomes:
            break
        deadline.wait(0.05)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.UNSEEN]


def test_collectors_away_is_a_gap(running: Running, collectors: Talker) -> None:
    collectors.say(typing(1, "a"))
    collectors.hear(Ack)
    collectors.client.close()
    again = Talker(running.paths, "collectors")
    again.say(Batch(life="L2", seq=1, observations=()))
    again.hear(Ack)
    again.client.close()
    gaps = running.engine.parts.store.reader.gaps_between(0, CLOCK.now() + 9)
    assert any("collectors' process" in gap.reason for gap in gaps)


def test_pause_survives_a_restart_and_reaches_new_collectors(paths: Paths) -> None:
    running = Running(paths)
    cli = Talker(paths, "cli")
    assert cli.ask("pause").ok
    assert cli.ask("status").data["state"] == "paused"
    cli.client.close()
    running.end()
    running = Running(paths)
    collectors = Talker(paths, "collectors")
    assert [collectors.hear(Control).verb for _ in range(2)] == ["reload", "pause"]
    assert collectors.ask("resume").ok
    collectors.client.close()
    running.end()


def test_unknown_control_is_refused_in_words(running: Running, collectors: Talker) -> None:
    reply = collectors.ask("dance")
    assert not reply.ok
    assert "dance" in reply.error


def test_without_a_model_it_runs_and_the_decision_says_why(paths: Paths) -> None:
    def broken() -> object:
        raise SetupError("there is no GGUF file", hint="install it")

    running = Running(paths, broken)
    collectors = Talker(paths, "collectors")
    window = WindowFocus(at=CLOCK.now(), app="Code", title="a.py", window="1")
    collectors.say(Batch(life="L", seq=1, observations=(window,)))
    collectors.hear(Ack)
    last = None
    for _ in range(100):
        if last := collectors.ask("status").data["last_decision"]:
            break
        threading.Event().wait(0.05)
    collectors.client.close()
    running.end()
    assert last is not None
    assert "no GGUF file" in last["reason"]
    assert last["stage"] == "proposer"


def test_reload_ends_this_life_without_a_gap(paths: Paths) -> None:
    running = Running(paths)
    cli = Talker(paths, "cli")
    assert cli.ask("reload").ok
    running._thread.join(10)
    assert not running._thread.is_alive()
    cli.client.close()
    running = Running(paths)
    running.end()
    with open_reader(paths.database) as reader:
        assert reader.gaps_between(0, CLOCK.now() + 9) == []


def test_what_is_sent_in_a_pause_is_acknowledged_and_not_stored(running: Running, collectors: Talker) -> None:
    collectors.ask("pause")
    collectors.say(typing(1, "private matters"))
    assert collectors.hear(Ack) == Ack(life="L", seq=1)
    collectors.ask("resume")
    assert running.engine.parts.store.writer.flush(5)
    assert running.engine.parts.store.reader.recent_events(50) == []


def test_what_was_seen_before_forget_all_does_not_come_back(paths: Paths) -> None:
    old = typing(1, "old secret")
    running = Running(paths)
    cli = Talker(paths, "cli")
    assert cli.ask("forget", all=True).ok
    cli.client.close()
    running._thread.join(10)
    running = Running(paths)
    collectors = Talker(paths, "collectors")
    collectors.say(old)
    collectors.hear(Ack)
    collectors.client.close()
    running.end()
    with open_reader(paths.database) as reader:
        assert reader.recent_events(50) == []


def test_an_answer_to_what_an_earlier_life_showed_is_kept(paths: Paths) -> None:
    running = Running(paths)
    collectors, ui = Talker(paths, "collectors"), Talker(paths, "ui")
    ui.say(UiReady(notifier="popup"))
    window = WindowFocus(at=CLOCK.now(), app="Code", title="a.py", window="1")
    collectors.say(Batch(life="L", seq=1, observations=(window,)))
    show = ui.hear(Show)
    assert isinstance(show, Show)
    collectors.client.close()
    ui.client.close()
    running.end()
    running = Running(paths)
    ui = Talker(paths, "ui")
    accepted = Outcome(suggestion_id=show.suggestion.id, kind=OutcomeKind.ACCEPTED, at=CLOCK.now())
    ui.say(Answered(outcome=accepted))
    ui.ask("status")
    assert running.engine.parts.store.writer.flush(5)
    outcomes = running.engine.parts.store.reader.outcomes(show.suggestion.id)
    ui.client.close()
    running.end()
    assert OutcomeKind.ACCEPTED in [outcome.kind for outcome in outcomes]


def test_reload_with_wrong_settings_is_refused_and_everything_stays(running: Running, collectors: Talker) -> None:
    running.paths.settings_file.write_text('{"delivery": {"per_day": "many"}}')
    reply = collectors.ask("reload")
    assert not reply.ok
    assert "delivery.per_day" in reply.error
    assert collectors.ask("status").ok


def test_annotations_are_stored_by_the_running_engine(running: Running, collectors: Talker) -> None:
    trace = make_trace("knots", "proactivebench", [TraceEvent(time="1", event="The user ties a knot.")], 1.0)
    row = Annotation(answer=1, trace_id=trace.id, position=0, annotator="ada", at=1.0, said=Said.SKIPPED)
    gone = row.model_copy(update={"trace_id": OWN, "position": 4})
    sent = Additions(traces=(trace,), annotations=(row, gone)).model_dump(mode="json")
    assert collectors.ask("annotate", **sent).data == {"stored": 2, "refused": 1}
    assert all_annotations(running.engine.parts.store.reader) == [row]
    assert not collectors.ask("annotate", annotations=["junk"]).ok


def test_missed_and_an_answer_from_the_history_are_stored(running: Running, collectors: Talker, ui: Talker) -> None:
    reader = running.engine.parts.store.reader
    refused = collectors.ask("missed", source="hotkey")
    assert not refused.ok
    assert "Nothing was seen" in refused.error
    window = WindowFocus(at=CLOCK.now(), app="Code", title="a.py", window="1")
    collectors.say(Batch(life="L", seq=1, observations=(window,)))
    show = ui.hear(Show)
    assert isinstance(show, Show)
    decision = collectors.ask("missed", source="hotkey").data["decision"]
    outcome = Outcome(suggestion_id=show.suggestion.id, kind=OutcomeKind.REJECTED, at=CLOCK.now(), source="history")
    assert collectors.ask("answer", outcome=outcome.model_dump(mode="json")).ok
    assert {(one.kind.value, one.source, one.decision_id) for one in reader.all_outcomes()} == {
        ("missed", "hotkey", decision),
        ("rejected", "history", 0),
    }
    assert reader.outcomes(show.suggestion.id)[0].model == "fake model"
    assert reader.outcomes(show.suggestion.id)[0].propensity == 1.0
    assert reader.decision(decision).gate == "fake gate"
    unknown = collectors.ask("answer", outcome=outcome.model_dump(mode="json") | {"suggestion_id": 5})
    assert not unknown.ok
    assert "no suggestion 5" in unknown.error

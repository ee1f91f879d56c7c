"""`assistant train`, `assistant model`, `assistant replay` on a real store; and the engine that takes it up."""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.cli import main
from assistant.clock import SystemClock, time_ids
from assistant.commands.learning import adapter_training, asked_to_stop, pairs_of, stopper
from assistant.engine.service import Engine, EngineParts
from assistant.events import Decision, Outcome, OutcomeKind, Suggestion, Task
from assistant.label_store import read_labels
from assistant.paths import default_paths
from assistant.settings import ModelOptions, Settings
from assistant.store import open_reader, open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion
from models.owner.training import Desk, train
from models.registry import Registry

MAKE = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("owner_labels.py"))))
CLOCK = SystemClock()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr("assistant.commands.learning.lower_priority", lambda: None)
    monkeypatch.setattr("assistant.commands.learning.on_power", lambda: True)


def rows(label):
    """One label as the engine would have stored it."""
    context = label.context
    ids = tuple(event.id for event in context.events)
    decision = Decision(id=label.decision_id, time=context.now, trigger="count", speak=True, reason="r", stage="shown",
                        p_help=0.6, p_accept=0.5, threshold=0.5, event_ids=ids, model="m")  # fmt: skip
    suggestion = Suggestion(id=label.suggestion_id, decision_id=decision.id, time=context.now,
                            task=Task(task=label.task, response="Like this."), event_ids=ids, shown=True)  # fmt: skip
    outcome = Outcome(suggestion_id=suggestion.id, kind=label.kind, at=label.at, reason=label.reason)
    events = [PutEvent(event) for event in context.events]
    return [*events, PutDecision(decision), PutSuggestion(suggestion), PutOutcome(outcome)]


def fill(labels):
    store = open_store(default_paths(), CLOCK, Settings().storage)
    for label in labels:
        store.writer.submit(*rows(label))
    assert store.close()


def run(capsys, *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out + said.err


def test_offers_come_with_their_whole_task_where_there_is_one():
    fill(MAKE.with_taste(2))
    with open_reader(default_paths().database) as reader:
        labels = read_labels(reader)
        annotated = labels[1].model_copy(update={"suggestion_id": None, "task": "Draft it."})
        missed = labels[1].model_copy(update={"task": "", "accepted": None})
        pairs = pairs_of(reader, [*labels, annotated, missed])
    assert [(pair.task.response, pair.accepted) for pair in pairs] == [
        ("Like this.", True),
        ("Like this.", False),
        ("", False),
    ]


def test_forgetting_without_a_running_assistant_takes_the_pages(capsys):
    fill(MAKE.with_taste(60))
    run(capsys, "train")
    data = default_paths().data
    assert list(data.rglob("report.md"))
    assert run(capsys, "forget", "--app", "Mail")[0] == 0
    assert not list(data.rglob("report.md"))
    assert (data / "models" / "v1").exists()
    assert run(capsys, "forget", "--all", "--yes")[0] == 0
    assert not (data / "models").exists()


def test_from_labels_to_a_version_and_back(capsys):
    fill(MAKE.with_taste(60))
    code, said = run(capsys, "train")
    assert code == 0
    assert "Labels: 40 rejected, 20 accepted" in said
    assert "Version v1 serves from now on" in said
    code, said = run(capsys, "model", "list")
    assert "* v1" in said
    assert "shipped → v1: proven better than shipped" in said
    _, said = run(capsys, "model", "list", "--json")
    assert json.loads(said)["serving"] == "v1"
    _, said = run(capsys, "model", "compare", "shipped", "v1")
    assert "v1 against shipped: better" in said
    _, said = run(capsys, "model", "rollback")
    assert "v1 → shipped" in said
    code, said = run(capsys, "model", "rollback")
    assert (code, "nothing to go back to" in said) == (1, True)
    _, said = run(capsys, "model", "use", "v1")
    assert "shipped → v1" in said
    code, said = run(capsys, "model", "use", "v7")
    assert (code, "no version 'v7'" in said, "your setup" in said) == (1, True, True)


def test_a_day_through_another_version(capsys):
    labels = MAKE.with_taste(60)
    fill(labels)
    run(capsys, "train")
    day = time.strftime("%Y-%m-%d", time.localtime(labels[0].context.now))
    _, said = run(capsys, "replay", "--day", day, "--model", "v1", "--json")
    found = json.loads(said)
    midnight = time.mktime(time.strptime(day, "%Y-%m-%d"))
    assert found["decisions"] == sum(midnight <= one.context.now < midnight + 86_400 for one in labels)
    assert found["spoke"] == found["decisions"]
    changed = [row for row in found["differences"] if row["was"]["speak"] and not row["now"]["speak"]]
    assert changed
    assert {row["task"] for row in changed} == {MAKE.OTHER[1]}
    _, said = run(capsys, "replay", "--day", day, "--model", "shipped")
    assert "by version shipped" in said
    _, said = run(capsys, "replay", "--day", "2001-01-01", "--model", "v1")
    assert said.startswith("0 decisions")


def test_nothing_to_learn_from_is_said_and_nothing_changes(capsys):
    code, said = run(capsys, "train")
    assert (code, "Nothing is recorded yet" in said) == (1, True)
    fill([])
    code, said = run(capsys, "train")
    assert (code, "Labels: none" in said, "no labels yet" in said) == (1, True, True)
    fill(MAKE.with_taste(5))
    code, said = run(capsys, "train")
    assert (code, "from 40 on" in said) == (1, True)
    assert Registry(default_paths().data, CLOCK.now).names() == []


def test_on_battery_it_waits(capsys, monkeypatch):
    fill(MAKE.with_taste(60))
    monkeypatch.setattr("assistant.commands.learning.on_power", lambda: False)
    code, said = run(capsys, "train")
    assert (code, "Paused: the machine runs on battery" in said) == (0, True)
    _, said = run(capsys, "train", "--on-battery")
    assert "Version v1 serves" in said


def test_why_to_pause():
    def why(asked=False, power=True, alive=True, nightly=True):
        return stopper(lambda: asked, lambda: power, lambda: alive, nightly)()

    assert why() == ""
    assert "asked" in why(asked=True)
    assert "battery" in why(power=False)
    assert "stopped" in why(alive=False)
    assert why(alive=False, nightly=False) == ""


def test_ctrl_c_asks_and_afterwards_is_as_before():
    before = signal.getsignal(signal.SIGINT)
    with asked_to_stop() as asked:
        assert not asked()
        os.kill(os.getpid(), signal.SIGINT)
        while not asked():
            pass
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("options", [{"path": "x.gguf"}, {"adapter": "none"}, {"kind": "endpoint"}])
def test_the_adapter_of_another_model_is_left_alone(options):
    lora, why = adapter_training(ModelOptions(**options))
    assert lora is None
    assert "settings name another" in why


class NoProposer:
    name = "none"

    def warm(self, context): ...
    def cancel(self): ...
    def close(self): ...


def test_the_engine_goes_back_by_itself_when_the_answers_say_so():
    """A version that likes what the owner rejects; then 30 rejections arrive in the running engine."""
    from models.owner.live import Keeper

    paths = default_paths().make()
    registry = Registry(paths.data, CLOCK.now)
    turned = [
        one.model_copy(update={"wanted": not one.wanted, "accepted": not one.accepted, "wanted_weight": 1.0})
        for one in MAKE.with_taste(60)
    ]
    assert train(Desk(registry, turned, lambda _: None)).promoted
    store = open_store(paths, CLOCK, Settings().storage)
    engine = Engine(
        EngineParts(
            paths=paths,
            settings=Settings(),
            clock=CLOCK,
            ids=time_ids(CLOCK),
            store=store,
            gate=registry.active().gate,
            make_proposer=NoProposer,
            keeper=Keeper(registry, registry.active(), lambda: read_labels(store.reader)),
        )
    )
    thread = threading.Thread(target=engine.run, args=(threading.Event(),))
    thread.start()
    for number, label in enumerate(MAKE.with_taste(90), 1):
        if label.kind is OutcomeKind.REJECTED:
            *before, answer = rows(label)
            store.writer.submit(*before)
            told = answer.outcome.model_copy(update={"at": registry.pointer().since + number})
            engine.post(lambda told=told: engine.core.answer(told))
    thread.join(20)
    assert not thread.is_alive(), "the engine did not begin anew"
    assert registry.active().version == "shipped"
    assert "Brier" in registry.pointer().switches[-1].why

"""Real use → suggestions → clicks → ``assistant train`` → a new version or a reason → the running engine → back.

Sixty of the labels are made up and written before the start: forty is the fewest that anything is learned from, and
nobody clicks forty popups in a test. The two newest come from a real mouse on the real popup; the language model is a
server that says what it is told to, gate, judge, training, proof and registry are the shipped ones.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.bench.desktop import Desktop, wait_until
from assistant.bench.rig import Rig
from assistant.clock import SystemClock
from assistant.events import Decision, Event, Outcome, OutcomeKind, Suggestion, Task
from assistant.label_store import read_labels
from assistant.labels import Label
from assistant.settings import Storage
from assistant.store import open_reader, open_store
from assistant.store.ops import PutDecision, PutEvent, PutOutcome, PutSuggestion

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(480)]

HANDS = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("test_whole_path_desktop.py"))))
PHOTOS, GIT = HANDS.SEARCH, HANDS.SEARCH_2
# As test_popup_desktop: of an accepted card.
CLOSE = (125, 37)
DAY_S, APART_S = 86_400.0, 3 * 3_600.0
# Older than the week that a rejected task stays away, younger than the 90 days that anything is kept.
BEGAN_DAYS_AGO = 20.0
WISHED = ("sort photos by date", "rename holiday photos", "crop photos in bash", "find double photos")
UNWISHED = ("git rebase error", "git merge conflict", "fatal git push refused", "git lost commits")


@pytest.fixture
def server() -> Iterator[Any]:
    one = HANDS.ModelServer()
    yield one
    one.close()


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """matplotlib's list of fonts, made once: at the training's own low priority it takes minutes on a busy machine."""
    folder = tmp_path_factory.mktemp("matplotlib")
    argv = [sys.executable, "-c", "import matplotlib.font_manager"]
    env = {**os.environ, "MPLCONFIGDIR": str(folder)}
    subprocess.run(argv, env=env, capture_output=True, timeout=120, check=False)  # without it no plots are drawn
    return folder


@pytest.fixture
def desktop(desktop: Desktop, fonts: Path) -> Desktop:
    desktop.env["MPLCONFIGDIR"] = str(fonts)
    return desktop


def train(rig: Rig) -> str:
    """``assistant train`` as its owner starts it, beside the running assistant; it gives way to everything else."""
    return rig.command("train", "--on-battery", timeout_s=300.0)


def rig_with(desktop: Desktop, server: Any) -> Rig:
    """The shipped, trained gate; no cooldown, many a day, no exploring: who speaks here speaks for a reason."""
    model = {"kind": "endpoint", "endpoint": server.url, "endpoint_model": "fake"}
    decision = HANDS.EAGER["decision"] | {"gate": "trained", "explore": 0.0}
    delivery = HANDS.EAGER["delivery"] | {"per_day": 500}
    return Rig(desktop, settings={"decision": decision, "delivery": delivery, "model": model})


def made_up(number: int, began: float, *, photos: bool, accepted: bool) -> list[Any]:
    """Rows of one earlier suggestion at a search and its answer; ids in the order of time."""
    query = (WISHED if photos else UNWISHED)[number // 2 % 4]
    at, first = began + APART_S * number, 2 * number + 1
    tab, search = "The user opens a new tab in Chromium.", f"The user searches for '{query}' on Google."
    events = [
        Event(id=first, time=at - 30.0, sentence=tab, type="switch", source="window", app="Chromium"),
        Event(id=first + 1, time=at - 2.0, sentence=search, type="search", source="window", app="Chromium"),
    ]
    decision = Decision(id=number + 1, time=at, trigger="search", speak=True, reason="made up", stage="shown",
                        event_ids=(first, first + 1))  # fmt: skip
    task = Task(task=f"Show how to {query}.")
    suggestion = Suggestion(id=number + 1, decision_id=number + 1, time=at, task=task, shown=True)
    kind = OutcomeKind.ACCEPTED if accepted else OutcomeKind.REJECTED
    outcome = Outcome(suggestion_id=number + 1, kind=kind, at=at + 5.0)
    return [*map(PutEvent, events), PutDecision(decision), PutSuggestion(suggestion), PutOutcome(outcome)]


def fill(rig: Rig, count: int, *, changes_mind: bool = False) -> None:
    """``count`` earlier answers through the store's own writer: yes to photos, no to git.

    :param changes_mind: the newest fifth, which decides, says the opposite.
    """
    began = time.time() - BEGAN_DAYS_AGO * DAY_S
    with closing(open_store(rig.paths, SystemClock(), Storage())) as store:
        for number in range(count):
            photos = number % 2 == 0
            opposite = changes_mind and number >= 0.8 * count
            store.writer.submit(*made_up(number, began, photos=photos, accepted=photos != opposite))
        assert store.writer.flush()


def labels(rig: Rig) -> list[Label]:
    with open_reader(rig.paths.database) as reader:
        return read_labels(reader)


def serving(rig: Rig) -> str:
    """The version that the running engine says it uses; '' while it begins anew."""
    found = json.loads(rig.command("status", "--json"))
    return str(found.get("learning", {}).get("version", ""))


def marked(rig: Rig) -> str:
    """The line of ``assistant model list`` that serves."""
    return next(line for line in rig.command("model", "list").splitlines() if line.startswith("*"))


def global_gate(name: str) -> str:
    """Without what the personal layer adds: how many labels it knows."""
    return name.partition(" + ")[0]


def gate_at_a_search(rig: Rig, desktop: Desktop, query: str) -> Decision:
    """Search once more and give back the first decision that the running engine makes knowing of it."""

    def found() -> Decision | None:
        with open_reader(rig.paths.database) as reader:
            searches = {one.id for one in reader.recent_events(50) if query in one.sentence and one.type == "search"}
            made = [one for one in reader.decisions(50) if searches.intersection(one.event_ids)]
        return min(made, key=lambda one: one.time, default=None)

    HANDS.browse(desktop, f"{query} - Google Search - Chromium")
    decision: Decision = wait_until(found, 30.0, "for a decision")
    return decision


def test_from_two_clicks_to_a_new_version_that_serves_and_back(desktop: Desktop, server: Any) -> None:
    rig = rig_with(desktop, server)
    fill(rig, 60)
    rig.start()
    HANDS.browse(desktop, PHOTOS)
    HANDS.press(desktop, HANDS.ACCEPT)
    wait_until(lambda: len(labels(rig)) == 61, 20.0, "for the first label")
    HANDS.press(desktop, CLOSE)  # the answer, which stays on the screen for reading
    wait_until(lambda: not HANDS.popup_box(desktop), 10.0, "for the card to go")
    HANDS.browse(desktop, GIT)
    HANDS.press(desktop, HANDS.NO)
    wait_until(lambda: len(labels(rig)) == 62, 20.0, "for the second label")
    first, second = labels(rig)[-2:]
    assert (first.task, first.kind, first.wanted, first.accepted) == (server.tasks[0], "accepted", True, True)
    assert second.reason == ""
    assert (second.task, second.kind, second.wanted, second.accepted) == (server.tasks[1], "rejected", False, False)
    assert {first.source, second.source} == {"popup"}
    assert any("photos" in event.sentence for event in first.context.events)

    before = rig.status()
    assert before["learning"]["version"] == "shipped"
    said = train(rig)
    assert "Labels: 31 accepted, 31 rejected" in said
    assert "gate: better: log-loss" in said, said
    assert "Version v1 serves from now on" in said
    assert "The running assistant uses it now." in said
    wait_until(lambda: serving(rig) == "v1", 20.0, "for the new version to serve")
    assert rig.process is not None
    assert rig.process.poll() is None  # the owner restarted nothing
    assert global_gate(rig.status()["gate"]) == f"{global_gate(before['gate'])}+v1"
    assert marked(rig).split()[1] == "v1"

    wait_until(lambda: rig._is_ready(popup=True), 30.0, "for the senses")
    own = gate_at_a_search(rig, desktop, "git rebase merge conflict error")
    assert global_gate(own.gate) == f"{global_gate(before['gate'])}+v1"
    # Help with git was turned down: silent where the shipped gate alone would have spoken (see the end).
    assert (own.speak, own.stage) == (False, "gate"), own.reason
    assert own.reason.startswith("Quiet")
    assert own.features["owner"] < 0
    assert own.p_help is not None
    assert own.p_help < own.features["shipped"]

    assert "v1 → shipped" in rig.command("model", "rollback")
    wait_until(lambda: serving(rig) == "shipped", 20.0, "for the former version to serve")
    listed = rig.command("model", "list")
    assert marked(rig).split()[1] == "shipped"
    assert "v1 → shipped: rolled back: you asked for it" in listed
    assert "shipped → v1: proven better than shipped" in listed
    assert any(line.split()[:1] == ["v1"] for line in listed.splitlines())
    wait_until(lambda: rig._is_ready(popup=True), 30.0, "for the senses")
    again = gate_at_a_search(rig, desktop, "fatal git push refused error")
    assert global_gate(again.gate) == global_gate(before["gate"])
    assert "owner" not in again.features
    assert again.threshold is not None
    assert own.features["shipped"] >= again.threshold


def test_an_owner_who_changes_his_mind_teaches_nothing_and_nothing_changes(desktop: Desktop, server: Any) -> None:
    rig = rig_with(desktop, server)
    fill(rig, 60, changes_mind=True)
    rig.start(popup=False)
    before = rig.status()
    said = train(rig)
    assert "gate: not better: log-loss" in said, said
    assert "judge: not better: log-loss" in said
    assert "Version v1 is kept aside; the model is as it was." in said
    after = rig.status()
    assert (after["pid"], after["gate"]) == (before["pid"], before["gate"])
    assert after["learning"] == before["learning"]
    assert serving(rig) == "shipped"
    kept = next(line for line in rig.command("model", "list").splitlines() if line.split()[:1] == ["v1"])
    assert "gate not better" in kept

"""`assistant train` from labels to the switch, and everything that may go wrong on the way."""

from __future__ import annotations

import errno
import itertools
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import filelock
import pytest

from assistant.errors import EnvironmentFault, SetupError
from assistant.events import OutcomeKind, Task
from models.owner import parts, training
from models.owner.dataset import HELD_OUT, moment, split, usable
from models.owner.lora import Made, Pair
from models.owner.training import Desk, train
from models.owner.work import Paused
from models.registry import Registry

MAKE = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("owner_labels.py"))))
TASTE = MAKE.with_taste(80)


@pytest.fixture
def registry(tmp_path, clock):
    return Registry(tmp_path / "data", clock.now, model_hash=lambda: "base")


@pytest.fixture(autouse=True)
def no_pictures(request, monkeypatch):
    """Drawing takes longer than training."""
    if "pictures" not in request.node.name:
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)


def desk(registry, labels, said=None, **more):
    return Desk(registry, labels, (said if said is not None else []).append, now=registry._now, **more)


def test_a_taste_is_learned_proven_and_serves(registry):
    said: list[str] = []
    ended = train(desk(registry, TASTE, said))
    assert said[0] == "Labels: 53 rejected, 27 accepted"
    assert ended.promoted, ended.reason
    assert registry.pointer().version == ended.version == "v1"
    serving = registry.active()
    assert serving.gate.name.endswith("+v1")
    code, mail = (serving.gate.judge(MAKE.context(900, *of[0])) for of in (MAKE.LIKED, MAKE.OTHER))
    assert code.speak
    assert not mail.speak
    assert serving.judge.p_accept(MAKE.context(900, *MAKE.LIKED[0]), MAKE.LIKED[1]) > 0.5
    about = registry.manifest("v1")
    assert (about.parent, about.taught, about.held) == ("shipped", 64, 16)
    assert about.metrics["gate"]["candidate"]["log_loss"] < about.metrics["gate"]["current"]["log_loss"]
    assert not (registry.folder / "work").exists()


def test_the_page_tells_why_also_without_plots(registry):
    page = train(desk(registry, TASTE)).page.read_text()
    assert "Promoted" in page
    assert "matplotlib is not installed" in page
    assert "Lunch on Friday" in page
    assert "whole 80 % interval below zero" in page


def test_the_page_with_pictures(registry):
    pytest.importorskip("matplotlib")
    ended = train(desk(registry, TASTE))
    assert {one.name for one in ended.page.parent.glob("*.png")} == {"report-gate.png", "report-judge.png"}


def test_what_is_no_better_is_kept_aside_with_the_reason(registry):
    ended = train(desk(registry, MAKE.as_the_gate_says(120, registry.active().gate)))
    assert not ended.promoted
    assert "unclear" in ended.reason or "not better" in ended.reason
    assert registry.pointer().version == "shipped"
    assert registry.active().version == "shipped"
    assert "gate" in ended.reason
    assert registry.names() == ["v1"]
    assert "Kept aside" in ended.page.read_text()


def test_the_newest_fifth_is_never_learned_from(registry, monkeypatch):
    learned: set[float] = set()
    plain = parts.learn

    def spy(rows, spread):
        learned.update(row.at for row in rows)
        return plain(rows, spread)

    monkeypatch.setattr(parts, "learn", spy)
    monkeypatch.setattr("models.owner.fit.learn", spy)
    train(desk(registry, TASTE))
    held = {label.at for label in TASTE[-16:]}
    assert learned
    assert max(learned) < min(held)


def test_a_moment_that_decides_is_not_learned_from_under_another_name():
    twice = [*TASTE[:-1], TASTE[-1]]
    early = TASTE[-1].model_copy(update={"at": TASTE[0].at - 1, "suggestion_id": 999})
    parted = split(usable([early, *twice]))
    assert len(parted.held) == round(HELD_OUT * 81)
    assert not {moment(one) for one in parted.taught} & {moment(one) for one in parted.held}


def test_the_latest_word_on_an_offer_counts():
    first = TASTE[0]
    later = MAKE.label(0, OutcomeKind.REJECTED, liked=True).model_copy(update={"at": first.at + 5_000})
    unseen = MAKE.label(1, OutcomeKind.UNSEEN, liked=True)
    assert [one.kind for one in usable([later, first, unseen])] == [OutcomeKind.REJECTED]


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        ([], "no labels yet"),
        (TASTE[:12], "12 labels say something about when help is wanted; from 40 on"),
        ([MAKE.label(n, OutcomeKind.REJECTED, liked=False) for n in range(60)], "all 48 older labels say no"),
        ([MAKE.label(n, OutcomeKind.ACCEPTED, liked=True) for n in range(60)], "all 48 older labels say yes"),
        ([MAKE.label(n, OutcomeKind.UNSEEN, liked=True) for n in range(60)], "0 labels say something"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_in_words(registry, labels, word):
    with pytest.raises(SetupError, match=word):
        train(desk(registry, labels))
    assert registry.names() == []
    assert registry.active().version == "shipped"
    assert not (registry.folder / "work").exists()


def pausing(steps: int):
    counted = itertools.count()
    return lambda: "a test" if next(counted) >= steps else ""


def test_a_pause_goes_on_where_it_was(registry, monkeypatch):
    with pytest.raises(Paused, match="a test"):
        train(desk(registry, TASTE, stop=pausing(18)))
    assert registry.names() == []
    assert registry.active().version == "shipped"
    asked: list[int] = []
    plain = parts.choose
    monkeypatch.setattr(parts, "choose", lambda *rest: asked.append(1) or plain(*rest))
    said: list[str] = []
    # Labels that came meanwhile wait for the next training.
    assert train(desk(registry, MAKE.with_taste(90), said)).promoted
    assert any("Going on" in line for line in said)
    assert asked == [1]  # the gate was fitted before the pause, the judge now
    assert registry.manifest("v1").taught == 64


def test_after_forgetting_a_paused_training_starts_over(registry):
    with pytest.raises(Paused):
        train(desk(registry, TASTE, stop=pausing(18)))
    said: list[str] = []
    train(desk(registry, TASTE[1:], said))
    assert not any("Going on" in line for line in said)
    assert registry.manifest("v1").taught == 63


def test_what_is_forgotten_while_it_trains_is_not_published(registry):
    with pytest.raises(Paused, match="forgotten meanwhile"):
        train(desk(registry, TASTE, again=lambda: TASTE[1:]))
    assert registry.names() == []
    assert train(desk(registry, TASTE[1:], again=lambda: TASTE[1:])).promoted


def test_other_peoples_verdicts_are_not_this_owners_taste():
    others = [one.model_copy(update={"source": "import", "annotator": "somebody"}) for one in TASTE]
    assert usable([*TASTE, *others]) == usable(TASTE)


def test_killed_between_publishing_and_switching_it_is_switched_next_time(registry, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "use", killed)
        with pytest.raises(Killed):
            train(desk(registry, TASTE))
    assert registry.names() == ["v1"]
    assert registry.active().version == "shipped"
    ended = train(desk(registry, TASTE))
    assert (ended.version, ended.promoted) == ("v1", True)
    assert registry.names() == ["v1"]
    assert registry.active().version == "v1"


@pytest.mark.parametrize("place", ["save_parts", "page.write"])
def test_a_full_disk_stops_it_and_the_old_model_stays(registry, monkeypatch, place):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"models.owner.training.{place}", full)
        with pytest.raises(EnvironmentFault, match="disk is full"):
            train(desk(registry, TASTE))
    assert registry.names() == []
    assert not list(registry.folder.glob(".v*"))
    assert registry.active().version == "shipped"
    assert train(desk(registry, TASTE)).promoted


def test_other_faults_of_the_system_are_not_called_a_full_disk(registry, monkeypatch):
    def broken(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(training, "save_parts", broken)
    with pytest.raises(OSError, match="Input/output"):
        train(desk(registry, TASTE))


def test_two_trainings_at_once_are_refused(registry):
    registry.folder.mkdir(parents=True)
    with filelock.FileLock(registry.folder / training.LOCK), pytest.raises(SetupError, match="running already"):
        train(desk(registry, TASTE))


# ---------------------------------------------------------------------- the adapter


def lora(made):
    def run(wish):
        run.wish = wish
        wish.work.mkdir(parents=True, exist_ok=True)
        if made.adapter is not None:
            (wish.work / "adapter.gguf").write_bytes(b"GGUF new")
            return made._replace(adapter=wish.work / "adapter.gguf")
        return made

    return run


def pairs(labels):
    return [Pair(one.context, Task(task=one.task), bool(one.accepted)) for one in labels]


BETTER = Made(Path("x"), "fine", (2.0, 2.1, 1.9, 2.2), (1.5, 1.6, 1.4, 1.8), 0.3)


def test_below_200_labels_the_adapter_is_not_touched(registry):
    run = lora(BETTER)
    ended = train(desk(registry, TASTE, lora=run, pairs=pairs))
    assert not hasattr(run, "wish")
    assert "from 200 on" in ended.reason


@pytest.mark.parametrize(
    ("made", "place"),
    [
        (BETTER, "v1"),
        (BETTER._replace(after=(2.0, 2.2, 1.9, 2.3)), "artefact"),
        (Made(None, "the adapter needs torch"), "artefact"),
    ],
)
def test_an_adapter_serves_only_if_it_is_better(registry, monkeypatch, made, place):
    monkeypatch.setattr(training, "LORA_FROM", 50)
    run = lora(made)
    ended = train(desk(registry, TASTE, lora=run, pairs=pairs))
    assert ended.promoted  # the gate is better in any case
    assert len(run.wish.taught) == 64
    assert len(run.wish.held) == 16
    serving = registry.active()
    assert serving.adapter.parent.name == place
    if place == "v1":
        assert (serving.min_offer, registry.manifest("v1").base_model) == (0.3, "base")
    if made.adapter is None:
        assert "needs torch" in ended.reason


def test_the_next_version_keeps_what_the_last_one_had(registry, monkeypatch):
    monkeypatch.setattr(training, "LORA_FROM", 50)
    train(desk(registry, TASTE, lora=lora(BETTER), pairs=pairs))
    ended = train(desk(registry, MAKE.with_taste(110), no_lora="none here"))
    about = registry.manifest(ended.version)
    assert about.parent == "v1"
    assert about.parts["adapter"] == "v1"
    assert registry.load(ended.version).adapter.read_bytes() == b"GGUF new"
    assert registry.load(ended.version).min_offer == 0.3

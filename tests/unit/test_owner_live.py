"""Going back by itself when the live figures get worse, and training at night on a clock of the test's."""

from __future__ import annotations

import runpy
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.engine.learning import Learning, is_night, night_of
from assistant.paths import under
from assistant.ports import Verdict
from assistant.settings import Training
from models.bench.linear import Linear, column
from models.owner.features import LEVEL
from models.owner.live import FEWEST, LAST, Keeper, Scored, worse
from models.owner.model import Part, Parts, save_parts
from models.registry import Manifest, Registry

MAKE = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("owner_labels.py"))))


def test_a_clearly_worse_score_is_a_reason():
    rows = [Scored(0.5, 0.2, 1.0), Scored(0.3, 0.2, 1.0)] * FEWEST
    assert worse(rows) == "over the last 40 labels its Brier score is 0.400, that of the version before it 0.200"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [Scored(0.9, 0.1, 1.0)] * (FEWEST - 1),
        [Scored(0.2, 0.3, 1.0)] * LAST,
        [Scored(0.205, 0.2, 1.0)] * LAST,
        # As often much better as much worse: chance.
        [Scored(0.9, 0.1, 1.0), Scored(0.1, 0.85, 1.0)] * 25,
    ],
)
def test_no_reason(rows):
    assert worse(rows) == ""


def test_only_the_last_fifty_count():
    assert worse([Scored(0.9, 0.1, 1.0)] * 200 + [Scored(0.1, 0.2, 1.0)] * LAST) == ""


def bad_version(registry):
    """A version that wants to help everywhere."""
    with registry.building() as (name, part):
        always = Linear({column(LEVEL): (1.0, 4.0)}, 0.0)
        save_parts(part / "gate.npz", Parts(gate=Part(always, 0.5)))
        about = Manifest(version=name, parent="shipped", made_at=1.0, base_gate=registry.gate_hash(), files={},
                         labels={}, taught=1, held=1, taught_until=0.0, parts={}, promoted=True, reason="")  # fmt: skip
        registry.publish(part, about)
    registry.use(name, "")


def test_a_version_that_disappoints_is_taken_back(tmp_path, clock):
    registry = Registry(tmp_path, clock.now, model_hash=lambda: "base")
    bad_version(registry)
    since = registry.pointer().since
    rejections = [
        one.model_copy(update={"at": since + n})
        for n, one in enumerate(MAKE.with_taste(90), 1)
        if one.kind == "rejected"
    ]
    keeper = Keeper(registry, registry.active(), lambda: rejections[:10])
    assert keeper.labelled() == ""  # too few yet
    older = [one.model_copy(update={"at": one.at - 1e6}) for one in rejections]
    assert Keeper(registry, registry.active(), lambda: older).labelled() == ""  # not given while it served
    keeper = Keeper(registry, registry.active(), lambda: rejections)
    assert "Brier score" in keeper.labelled()
    assert registry.active().version == "shipped"
    assert "rolled back: over the last" in registry.pointer().switches[-1].why
    assert keeper.labelled() == ""  # it is done


def test_the_shipped_version_is_never_asked(tmp_path, clock):
    registry = Registry(tmp_path, clock.now)
    assert Keeper(registry, registry.active(), lambda: pytest.fail("labels were read")).labelled() == ""


# ---------------------------------------------------------------------- the engine's side

HOUR = 3_600.0
MIDNIGHT = 1_700_006_400.0


class FakeProcess:
    pid = 7

    def __init__(self) -> None:
        self.code: int | None = None
        self.terminated = False

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.terminated = True


class Night:
    """A learning part with everything around it faked."""

    def __init__(self, tmp_path, clock, keeper=None, **options) -> None:
        self.clock, self.power, self.started, self.backed = clock, True, [], []
        self.paths = under(tmp_path / "n").make()
        self.back = threading.Event()
        settings = Training(**({"nightly": True} | options))
        self.options, self.keeper = settings, keeper
        self.learning = self.again()

    def again(self) -> Learning:
        return Learning(self.keeper, self.options, self.clock, self.paths, self._went_back,
                        power=lambda: self.power, start=self._start)  # fmt: skip

    def _start(self, _paths):
        self.started.append(FakeProcess())
        return self.started[-1]

    def _went_back(self, why: str) -> None:
        self.backed.append(why)
        self.back.set()

    def away_for(self, minutes: float) -> None:
        self.learning.tick(away=True)
        self.clock.tick(60.0 * minutes)
        self.learning.tick(away=True)


@pytest.fixture
def clock():
    from assistant.clock import FakeClock

    return FakeClock(now=MIDNIGHT + 23 * HOUR)


def test_once_a_night_when_away_and_on_power(tmp_path, clock):
    night = Night(tmp_path, clock)
    night.away_for(19)
    assert not night.started
    night.away_for(2)
    assert len(night.started) == 1
    assert "running now (process 7" in night.learning.status()["nightly"]
    night.started[0].code = 0
    night.away_for(120)
    assert len(night.started) == 1
    assert "the last one ended with 0" in night.learning.status()["nightly"]
    night.learning = night.again()  # a restarted engine knows that this night is done
    night.away_for(60)
    assert len(night.started) == 1
    clock.tick(20 * HOUR)
    night.away_for(30)
    assert len(night.started) == 2


def test_never_by_surprise(tmp_path, clock):
    off = Night(tmp_path / "a", clock, nightly=False)
    off.away_for(100)
    assert not off.started
    assert off.learning.status()["nightly"] == "off"
    battery = Night(tmp_path / "b", clock)
    battery.power = False
    battery.away_for(100)
    assert not battery.started
    clock.tick(12 * HOUR)
    day = Night(tmp_path / "c", clock)
    day.away_for(100)
    assert not day.started


def test_it_makes_way_when_the_owner_is_back(tmp_path, clock):
    night = Night(tmp_path, clock)
    night.away_for(30)
    night.learning.tick(away=False)
    assert night.started[0].terminated
    assert "paused: you are back" in night.learning.status()["nightly"]
    night.away_for(10)
    assert len(night.started) == 1


def test_nights_and_hours():
    options = Training()
    assert [hour for hour in range(24) if is_night(MIDNIGHT + hour * HOUR, 0, options)] == [0, 1, 2, 3, 4, 5, 22, 23]
    assert not is_night(MIDNIGHT + 23 * HOUR, 8 * 60, options)
    noon = Training(from_hour=12, until_hour=13)
    assert [hour for hour in range(24) if is_night(MIDNIGHT + hour * HOUR, 0, noon)] == [12]
    evening, morning = (night_of(MIDNIGHT + hour * HOUR, 0) for hour in (23, 24 + 5))
    assert evening == morning != night_of(MIDNIGHT + 5 * HOUR, 0)


class FakeKeeper:
    def __init__(self, answers) -> None:
        self.answers, self.forgot = iter(answers), []

    def status(self):
        return {"version": "v1"}

    def labelled(self) -> str:
        answer = next(self.answers)
        if answer == "broken":
            raise RuntimeError(answer)
        return answer

    def forget(self, *, everything: bool) -> None:
        self.forgot.append(everything)


def test_a_label_that_turns_the_scale_goes_back_and_a_fault_does_not_end_the_watch(tmp_path, clock):
    night = Night(tmp_path, clock, FakeKeeper(["broken", "it got worse"]))
    night.learning.labelled()
    while not night.learning._labels.empty():
        threading.Event().wait(0.01)
    night.learning.labelled()
    assert night.back.wait(5)
    assert night.backed == ["it got worse"]
    night.learning.close()


def test_forgetting_ends_a_training_and_reaches_the_models(tmp_path, clock):
    night = Night(tmp_path, clock, FakeKeeper([]))
    night.away_for(30)
    night.learning.forget(everything=True)
    assert night.started[0].terminated
    assert night.keeper.forgot == [True]


def test_verdicts_carry_what_the_labels_changed(tmp_path, clock):
    registry = Registry(tmp_path, clock.now, model_hash=lambda: "base")
    bad_version(registry)
    verdict = registry.active().gate.judge(MAKE.context(1, *MAKE.OTHER[0]))
    assert isinstance(verdict, Verdict)
    assert verdict.features["owner"] == 4.0
    assert verdict.p_help > verdict.features["shipped"]

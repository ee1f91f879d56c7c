"""No history of a scored trace reaches fitting, calibration or threshold choice."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from models.bench import judges as judge_module
from models.bench import models as model_module
from models.bench.data import load
from models.bench.folds import Guard, LeakError, folds
from models.bench.judges import judge_models
from models.bench.loto import leave_one_out
from models.bench.models import timing_models

WRITE = runpy.run_path(str(Path(__file__).with_name("bench_data.py")))["write"]
LEARNING = ("ours", "ngrams", "random")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return load(WRITE(tmp_path_factory.mktemp("bench") / "data"))


def learners(bench):
    return [m for m in (*timing_models(bench), *judge_models()) if m.name in LEARNING]


def test_each_trace_is_scored_once_and_never_trained_on(bench):
    scored = []
    for train, held, guard in folds(bench.moments):
        assert not {row.trace for row in train} & {row.trace for row in held}
        assert guard.admit(train, "fit") == train
        scored += held
    assert sorted(row.key for row in scored) == sorted(row.key for row in bench.moments)


def test_the_guard_refuses_the_trace_and_the_history(bench):
    _, held, guard = next(folds(bench.moments))
    with pytest.raises(LeakError, match="threshold"):
        guard.admit(held[:1], "threshold")
    with pytest.raises(LeakError):
        Guard(keys=frozenset({held[0].key})).admit(held, "fit")


def test_inner_folds_keep_the_outer_trace_out_too(bench):
    train, held, guard = next(folds(bench.moments))
    for _, inner, inside in folds(train, guard):
        for rows in (held, inner):
            with pytest.raises(LeakError):
                inside.admit(rows, "fit")


@pytest.mark.parametrize("place", range(5))
def test_every_learner_refuses_rows_of_the_scored_trace(bench, place):
    _, _, guard = next(folds(bench.moments))
    model = learners(bench)[place]
    with pytest.raises(LeakError):
        model.fit(bench.moments, guard)


def test_it_is_the_guard_that_refuses(bench, monkeypatch):
    monkeypatch.setattr(Guard, "admit", lambda self, rows, use: tuple(rows))
    _, _, guard = next(folds(bench.moments))
    for model in learners(bench):
        model.fit(bench.moments, guard)


@pytest.mark.parametrize(("module", "place"), [(model_module, 0), (judge_module, 3)])
def test_a_scored_row_that_only_reaches_calibration_is_refused(bench, monkeypatch, module, place):
    train, held, guard = next(folds(bench.moments))
    monkeypatch.setattr(module, "inner_folds", lambda rows, guard: [(rows, held, guard)])
    with pytest.raises(LeakError, match="calibration"):
        learners(bench)[place].fit(train, guard)


def test_what_is_learned_from_in_a_whole_pass(bench, monkeypatch):
    """A spy under all models: the weights see no row of the trace that is then scored."""
    now: list[str] = []
    learned: list[tuple[str, set[str]]] = []
    real = model_module.fit

    def spy(lessons, options):
        learned.append((now[-1], {lesson.trace for lesson in lessons}))
        return real(lessons, options)

    monkeypatch.setattr(model_module, "fit", spy)
    monkeypatch.setattr(judge_module, "fit", spy)
    seen = leave_one_out(bench, timing_models(bench), judge_models(), now.append)
    assert len(seen) == len(bench.moments)
    assert len({trace for trace, _ in learned}) == 4
    assert not [trace for trace, traces in learned if trace in traces]

"""The fitted gate and judge: they learn what can be learned, and are kept without pickle and without words."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assistant.commands.bench import bench as bench_command
from assistant.errors import SetupError
from models.bench import linear
from models.bench.artefact import load_artefact, ship, trained_on
from models.bench.data import load
from models.bench.features import gate_example, judge_example
from models.bench.folds import OPEN
from models.bench.judges import our_judge
from models.bench.models import ours
from models.bench.report import as_text
from models.bench.run import Plan, run

WRITE = runpy.run_path(str(Path(__file__).with_name("bench_data.py")))["write"]
UNSEEN = "The user searches for 'how to mend umbrellas' on Google."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return WRITE(tmp_path_factory.mktemp("bench") / "data")


@pytest.fixture(scope="module")
def bench(folder):
    return load(folder)


@pytest.fixture(scope="module")
def kept(bench, tmp_path_factory):
    file = tmp_path_factory.mktemp("artefact") / "gate.npz"
    ship(bench, file)
    return file


def test_the_gate_learns_and_survives_being_kept(bench, kept):
    gate = load_artefact(kept).gate
    fitted = ours()
    fitted.fit(bench.moments, OPEN)
    for moment in bench.moments:
        verdict = gate.judge(moment.context)
        assert verdict.speak == moment.help_needed
        assert verdict.p_help == pytest.approx(fitted.gate.judge(moment.context).p_help, abs=1e-4)


def test_the_judge_learns_and_survives_being_kept(bench, kept):
    judge = load_artefact(kept).judge
    fitted = our_judge()
    fitted.fit(bench.moments, OPEN)
    moment = next(moment for moment in bench.moments if moment.help_needed)
    context, (good, bad) = moment.context, (task.task for task in moment.tasks)
    assert judge.p_accept(context, good) > judge.p_accept(context, bad)
    assert judge.p_accept(context, good) == pytest.approx(fitted.p_accept(context, good), abs=1e-4)


def test_the_kept_file_holds_neither_pickle_nor_words(kept):
    with np.load(kept, allow_pickle=False) as arrays:
        assert {array.dtype.kind for array in arrays.values()} <= {"u", "f"}
        text = arrays["about"].tobytes().decode()
    assert "mend" not in text
    assert set(json.loads(text)) == {"format", "models", "gate", "judge", "contexts"}


def test_serving_needs_no_scikit_learn(kept):
    code = (
        "import sys; sys.modules['sklearn'] = sys.modules['scipy'] = None\n"
        "from pathlib import Path; from models.bench.artefact import load_artefact\n"
        "from assistant.events import Event; from assistant.ports import Context\n"
        f"event = Event(id=1, time=1.0, sentence={UNSEEN!r}, type='search', source='t')\n"
        f"kept = load_artefact(Path({str(kept)!r})); context = Context(events=(event,), now=1.0)\n"
        "print(kept.gate.judge(context).speak, 0 < kept.judge.p_accept(context, 'Show how') < 1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_traces_that_were_trained_on_are_refused(bench, kept, tmp_path):
    with pytest.raises(SetupError, match="trained on all of these traces: gen_0, real_0"):
        trained_on(load_artefact(kept), bench)
    more = load(WRITE(tmp_path / "more", real=5, generated=0))
    assert trained_on(load_artefact(kept), more) == {"real_0", "real_1", "real_2", "real_3"}  # real_3 is gen_0 renamed


def test_a_wrong_artefact_is_a_setup_error(tmp_path):
    with pytest.raises(SetupError, match="no trained gate"):
        load_artefact(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"nonsense")
    with pytest.raises(SetupError, match="cannot be read"):
        load_artefact(tmp_path / "bad.npz")


def test_without_scikit_learn_the_command_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(SetupError) as caught:
        run(load(folder), Plan(quick=True), lambda _: None)
    assert "requirements/bench.lock" in caught.value.hint


def test_margins_agree_with_the_matrix_that_was_fitted(bench):
    context = bench.moments[3].context
    lessons = [
        linear.Lesson(moment.trace, gate_example(moment.context, characters=True), float(moment.help_needed))
        for moment in bench.moments
    ]
    model = linear.fit(lessons, linear.Options())
    columns, rarity = linear._rarity([lesson.example for lesson in lessons])
    row = linear._matrix([gate_example(context, characters=True)], columns, rarity).toarray()[0]
    weights = np.array([model.table[key][1] for key in columns.tolist()])
    margin = model.margin(gate_example(context, characters=True))
    assert margin == pytest.approx(float(row @ weights) + model.intercept)


def test_a_trace_of_its_own_level_does_not_bend_the_words(bench):
    context = bench.moments[0].context
    example = judge_example(context, "Show maps")
    lessons = [linear.Lesson(trace, example, share) for trace, share in (("a", 1.0), ("b", 0.0), ("a", 0.9))]
    assert linear.fit(lessons, linear.Options(own_level=5.0)).margin(example) == pytest.approx(0.0, abs=0.6)


def test_rows_that_all_say_the_same_are_no_error(bench):
    example = judge_example(bench.moments[0].context, "Show maps")
    assert linear.fit([linear.Lesson("a", example, 0.0)] * 3, linear.Options()).margin(example) == -linear.ONE_SIDED


def test_an_inverted_slope_is_not_believed():
    slope, _ = linear.platt([2.0, 1.0, -1.0, -2.0], [0.0, 0.0, 1.0, 1.0])
    assert slope == 1.0


def test_the_shipped_file_is_scored_as_it_is_on_other_traces(kept, tmp_path, monkeypatch):
    monkeypatch.setattr("models.bench.run.QUICK_HOURS", 1)
    monkeypatch.setattr("models.bench.run.QUICK_REPEATS", 5)
    monkeypatch.setattr("models.bench.cost.EVENTS", 20)
    more = WRITE(tmp_path / "more", real=6, generated=0)
    report = run(load(more), Plan(quick=True, artefact=kept), lambda _: None)
    assert set(report) >= {"about", "T1", "T1_two", "T2", "T3", "T3_leaky", "T4", "T5", "T7"}
    assert len(report["T1"]["ours"]["f1_ci"]) == 2
    assert all(as_text(key, report[key]) for key in ("T1", "T2", "T3", "T4", "T5", "T7"))
    assert report["about"]["mode"] == "shipped"
    assert report["about"]["refused_traces"] == ["real_0", "real_1", "real_2", "real_3"]
    assert report["T1"]["ours"]["n"] == 12
    assert report["T3"]["ours"]["n"] == 24


def test_wrong_data_is_a_setup_error(tmp_path):
    with pytest.raises(SetupError, match="no traces/"):
        CliRunner().invoke(bench_command, ["proactive", "--data", str(tmp_path)], catch_exceptions=False)

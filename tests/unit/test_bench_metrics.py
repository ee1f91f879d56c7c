"""The benchmark's arithmetic, by hand."""

from __future__ import annotations

import math

import pytest

from models.bench import metrics
from models.bench.judging import Choice, choice, covered
from models.bench.loto import Judged
from models.bench.models import rate_threshold
from models.bench.official import Scored
from models.bench.official import figures as official_figures
from models.bench.restraint import STREAMS, hour


def test_the_official_formulas():
    found = metrics.counted(tp=6, fp=4, fn=2, tn=8)
    assert found["precision"] == 0.6
    assert found["false_alarm"] == 0.4
    assert found["recall"] == 0.75
    assert found["accuracy"] == 0.7
    assert found["fpr"] == pytest.approx(1 / 3)
    assert found["f1"] == pytest.approx(2 / 3)
    assert metrics.counted(0, 0, 0, 0)["f1"] == 0.0


def test_always_speaking_at_a_half_accept_rate_scores_two_thirds():
    rows = [Scored(float(n % 2), 0.5, None, bool(n % 2)) for n in range(100)]
    found = official_figures(rows)
    assert found["f1"] == pytest.approx(0.6667, abs=1e-4)
    assert found["f1_expected"] == found["f1"]
    assert "f1_votes" not in found


def test_silence_is_judged_by_the_votes():
    found = official_figures([Scored(None, 0, None, True), Scored(None, 0, None, False), Scored(1.0, 0.9, 1.0, True)])
    assert found["recall"] == 0.5
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["f1_votes"] == found["f1"]


def test_auc_counts_ties_half():
    assert metrics.auc([(0.9, True), (0.1, False)]) == 1.0
    assert metrics.auc([(0.5, True), (0.5, False)]) == 0.5
    assert metrics.auc([(0.2, True), (0.5, True), (0.3, False)]) == 0.5
    assert math.isnan(metrics.auc([(0.5, True)]))


def test_calibration_error():
    assert metrics.ece([(0.75, True)] * 3 + [(0.75, False)]) == pytest.approx(0.0)
    assert metrics.ece([(0.95, False)] * 5) == pytest.approx(0.95)


def test_intervals_draw_whole_traces():
    same = {"a": [1.0, 0.0], "b": [1.0, 0.0]}
    found = metrics.measured(lambda rows: {"n": len(rows), "mean": sum(rows) / len(rows)}, same, 50)
    assert found == {"n": 4, "mean": 0.5, "mean_ci": [0.5, 0.5]}
    other = {"a": [1.0, 1.0], "b": [0.0, 0.0]}
    assert metrics.measured(lambda rows: {"mean": sum(rows) / len(rows)}, other, 200)["mean_ci"] == [0.0, 1.0]


def test_undefined_figures_become_null():
    found = metrics.measured(lambda _: {"auc": math.nan}, {"a": [1]}, 5)
    assert found == {"auc": None, "auc_ci": []}


def test_the_threshold_speaks_as_often_as_was_wanted():
    p = [n / 10 for n in range(10)]
    threshold = rate_threshold(p, [n >= 7 for n in range(10)])
    assert sum(value >= threshold for value in p) == 3


def test_choice_and_coverage():
    words = [Judged(0.2, accepted=False), Judged(0.6, accepted=True), Judged(0.6, accepted=True)]
    assert choice(words, [True, True, False]) == Choice(0.6, 0.5)
    choices = [Choice(0.9, 1.0), Choice(0.8, 1.0), Choice(0.3, 0.0), Choice(0.1, 0.0)]
    assert [covered(choices, percent) for percent in (100, 50, 30)] == [0.5, 1.0, 1.0]
    assert covered([Choice(0.5, 1.0), Choice(0.5, 0.0)], 50) == 0.5


@pytest.mark.parametrize("kind", STREAMS)
def test_an_hour_of_noise_is_an_hour_and_the_same_each_time(kind):
    events = hour(kind, 1)
    assert events == hour(kind, 1)
    assert 5 < len(events) < 400
    assert 0 <= events[0].time <= events[-1].time < 3600
    assert events != hour(kind, 2)

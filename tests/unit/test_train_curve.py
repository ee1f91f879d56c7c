from __future__ import annotations

import json

from models.train.curve import plot, read_curve, running_mean


def test_the_running_mean_looks_back_only():
    assert running_mean([1.0, 3.0, 5.0, 7.0], width=2) == [1.0, 2.0, 4.0, 6.0]


def test_a_picture_is_made_of_what_training_wrote(tmp_path):
    file = tmp_path / "curve.jsonl"
    rows = [{"step": 1, "loss": 2.0, "s": 1.0}, {"step": 2, "loss": 1.5, "s": 2.0}]
    rows.append({"step": 2, "held_loss": 1.7, "held_auc": 0.8, "s": 3.0})
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert plot([("corpus", read_curve(file)), ("mixed", read_curve(tmp_path / "none"))], tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_trained_gives_no_picture(tmp_path):
    assert not plot([("corpus", [])], tmp_path / "curve.png")
    assert not (tmp_path / "curve.png").exists()

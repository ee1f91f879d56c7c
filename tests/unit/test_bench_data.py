"""The benchmark's loader: which votes belong to which event, and what is said of a broken file."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from assistant.errors import SetupError
from models.bench.data import Candidate, Moment, Observed, load, load_scenes

WRITE = runpy.run_path(str(Path(__file__).with_name("bench_data.py")))["write"]


@pytest.fixture
def folder(tmp_path):
    return WRITE(tmp_path / "data")


def test_votes_belong_to_the_event_their_history_ends_at(folder):
    bench = load(folder)
    assert len(bench.moments) == 24
    assert len(bench.scored) == 18
    for moment in bench.scored:
        assert bench.traces[moment.trace][: len(moment.observed)] == moment.observed
        assert len(moment.tasks) == 2
        assert moment.silence is not None
    assert {moment.trace for moment in bench.moments if not moment.real} == {"gen_0"}


def test_a_history_that_is_no_prefix_of_its_trace_is_not_scored(folder):
    file = folder / "traces" / "real_0.json"
    rows = json.loads(file.read_text())
    rows[0]["observation"]["event"] += " Slightly other words."
    file.write_text(json.dumps(rows))
    assert {moment.trace for moment in load(folder).scored} == {"real_1", "real_2"}


def test_any_number_of_traces_will_do(tmp_path):
    assert len(load(WRITE(tmp_path / "more", real=5, generated=0)).traces) == 5


def test_a_peer_may_lack_events_and_an_object_is_no_answer(folder):
    answers = load(folder).peers["chatty"]
    assert ("real_0", 0) not in answers
    assert answers["real_0", 1].tasks == ("Do 1",)
    assert answers["real_0", 2].tasks == ()


def test_peers_are_matched_by_time_as_some_saw_other_words(folder):
    file = folder / "peers" / "chatty" / "real_1.json"
    rows = json.loads(file.read_text())
    for row in rows:
        row["event"] = "mended words"
    file.write_text(json.dumps(rows))
    assert load(folder).peers["chatty"]["real_1", 3].tasks == ("Do 3",)


def test_two_annotators_are_two_people_not_two_votes():
    def moment(*votes):
        tasks = tuple(Candidate("t", False, vote, "FA", "train") for vote in votes)
        return Moment("t", (Observed("1", "e"),), False, tasks, True)

    assert not moment((True, False, False), (True, False, False)).wanted_by_two
    assert moment((True, False, False), (False, False, True)).wanted_by_two


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("traces/real_0.json", "[{", "real_0.json is no JSON"),
        ("traces/real_0.json", "{}", "is no list of events"),
        ("traces/real_0.json", '[{"observation": {"time": 3}}]', "event 1: an event needs"),
        ("reward/train.jsonl", '{"trace": "real_0"}', "train.jsonl, line 1: `obs`"),
        ("reward/test.jsonl", "nonsense", "test.jsonl, line 1 is no JSON"),
        ("peers/chatty/real_0.json", "[1]", "real_0.json, event 1"),
        ("scenes.yaml", "a: [", "is no YAML"),
        ("scenes.yaml", "a: 1", "no list of scenes"),
    ],
)
def test_a_broken_file_is_named(folder, file, text, said):
    (folder / file).write_text(text, encoding="utf-8")
    read = load_scenes if file == "scenes.yaml" else load
    with pytest.raises(SetupError) as caught:
        read(folder)
    assert said in str(caught.value)
    assert caught.value.hint


def test_missing_parts_are_named(tmp_path, folder):
    with pytest.raises(SetupError, match="no traces/"):
        load(tmp_path / "nowhere")
    for file in (folder / "reward").iterdir():
        file.unlink()
    with pytest.raises(SetupError, match="no reward/"):
        load(folder)
    assert load_scenes(folder) == []


def test_contradicting_votes_are_refused(folder):
    file = folder / "reward" / "train.jsonl"
    lines = file.read_text().splitlines()
    first = json.loads(lines[0])
    first["help_needed"] = not first["help_needed"]
    file.write_text("\n".join([json.dumps(first), *lines[1:]]))
    with pytest.raises(SetupError, match="both help_needed and not"):
        load(folder)

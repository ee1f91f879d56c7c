from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.annotation.files import read_files
from assistant.errors import SetupError
from assistant.published import as_event
from assistant.traces import OWN, make_candidate


def event(number: int) -> dict:
    return {"time": str(1000.0 + number), "event": f"The user ties knot {number}."}


def trace(*tasks: list[str]) -> list[dict]:
    return [
        {"observation": event(n), "agent_response": {"candidate_task": listed}, "task_status": True}
        for n, listed in enumerate(tasks)
    ]


def vote(length: int, task: str | None, name: str = "knots", first: int = 0) -> dict:
    return {"trace": name, "obs": [event(first + n) for n in range(length)], "pred_task": task, "valid": True}


def write(file: Path, rows: list) -> Path:
    lines = file.suffix == ".jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n" if lines else json.dumps(rows))
    return file


def tasks(addition) -> list[tuple[int, int, str]]:
    return [(one.position, one.place, one.task) for one in addition.candidates]


def test_a_trace_brings_its_events_and_candidate_tasks(tmp_path):
    file = write(tmp_path / "knots.json", trace([], ["Show a bowline", " Show a bowline ", "", "Buy rope"], []))
    (found,) = read_files([file], 5.0)
    assert [(one.name, one.source, one.at, len(one.events)) for one in found.traces] == [
        ("knots", "proactivebench", 5.0, 3)
    ]
    assert tasks(found) == [(1, 0, "Show a bowline"), (1, 1, "Buy rope")]
    assert {one.trace_id for one in found.candidates} == {found.traces[0].id}


def test_other_shapes_of_a_response(tmp_path):
    rows = trace([], [], [])
    rows[0]["agent_response"] = ["Show a bowline"]  # as models' answers are stored
    rows[1]["agent_response"] = None
    del rows[2]["agent_response"]
    assert tasks(read_files([write(tmp_path / "a.json", rows)], 0.0)[0]) == [(0, 0, "Show a bowline")]


def test_the_same_contents_are_the_same_trace_whoever_imports_them(tmp_path):
    rows = trace(["Show a bowline"], [])
    one = read_files([write(tmp_path / "knots.json", rows)], 1.0)[0]
    (tmp_path / "b").mkdir()
    two = read_files([write(tmp_path / "b" / "knots.json", rows)], 2.0)[0]
    assert one.traces[0].id == two.traces[0].id
    assert one.candidates[0].id == two.candidates[0].id
    rows[1]["observation"]["event"] += " Again."
    assert read_files([write(tmp_path / "knots.json", rows)], 1.0)[0].traces[0].id != one.traces[0].id


def test_hashed_ids_fit_sqlite_and_never_meet_those_of_the_clock():
    ids = {make_candidate(OWN, n, 0, "t", source="s", at=0.0).id for n in range(200)}
    assert len(ids) == 200
    assert all(2**62 <= id_ < 2**63 for id_ in ids)
    assert (4_102_444_800_000 << 20) < 2**62  # time_ids in the year 2100


def test_reward_rows_that_continue_each_other_are_one_trace(tmp_path):
    rows = [vote(2, "Show a bowline"), vote(2, None), vote(3, "Buy rope"), vote(2, "Show a hitch"), vote(1, None)]
    (found,) = read_files([write(tmp_path / "votes.jsonl", rows)], 0.0)
    assert (found.traces[0].name, found.traces[0].source, len(found.traces[0].events)) == ("knots", "reward", 3)
    assert tasks(found) == [(1, 0, "Show a bowline"), (1, 1, "Show a hitch"), (2, 0, "Buy rope")]


def test_reward_rows_that_do_not_are_traces_of_their_own(tmp_path):
    rows = [vote(2, "Show a bowline"), vote(3, "Buy rope", first=50), vote(1, "Rest", name="other")]
    found = read_files([write(tmp_path / "votes.jsonl", rows)], 0.0)
    assert sorted((one.traces[0].name, len(one.traces[0].events)) for one in found) == [
        ("knots", 3), ("knots (2)", 2), ("other", 1),
    ]  # fmt: skip


def test_a_folder_is_looked_through(tmp_path):
    write(tmp_path / "a.json", trace(["x"]))
    write(tmp_path / "b.jsonl", [vote(1, "y")])
    (tmp_path / "README.md").write_text("no trace")
    assert [one.traces[0].name for one in read_files([tmp_path], 0.0)] == ["a", "knots"]


SECRET = "xyzzy"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "is no JSON"),
        ("a.json", "{}", "no list of events"),
        ("a.json", "[]", "no list of events"),
        ("a.json", f'["{SECRET}"]', "event 1 is no object"),
        ("a.json", f'[{{"observation": {{"event": "{SECRET}"}}}}]', "event 1: an event needs"),
        ("a.json", '[{"observation": {"time": 1, "event": "e"}, "agent_response": [1]}]', "is no text"),
        ("a.jsonl", f'{{"obs": "{SECRET}"}}', "line 1: `obs`"),
        ("a.jsonl", '{"obs": [{"time": 1, "event": "e"}], "pred_task": 3}', "line 1: `trace` or `pred_task`"),
        ("a.jsonl", f"\n\n{{{SECRET}", "line 3 is no JSON"),
        ("a.jsonl", "", "no trace"),
    ],
)
def test_a_broken_file_is_named_with_the_place_but_without_its_text(tmp_path, name, text, said):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(SetupError, match=said) as caught:
        read_files([file], 0.0)
    assert SECRET not in str(caught.value)
    assert caught.value.hint


def test_a_missing_or_binary_file_is_said(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xff\xfe")
    for name in ("a.json", "nowhere.json"):
        with pytest.raises(SetupError, match="cannot be read"):
            read_files([tmp_path / name], 0.0)


def test_events_get_a_type_and_a_time():
    assert as_event(0, {"time": "12.5", "event": "The user searches for 'knots'."}).type == "search"
    untimed = as_event(3, {"time": "Day 1, 11:00 PM", "event": "The user sits."})
    assert (untimed.time, untimed.type, untimed.id) == (180.0, "title", 4)

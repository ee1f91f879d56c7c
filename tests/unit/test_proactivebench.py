"""ProactiveBench's formats: what is read, which class comes out, and that nothing is lost on the way back."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import SetupError
from assistant.proactivebench import Voted, agent_entries, help_needed, read_agent, read_reward, reward_rows
from assistant.votes import Moment, Observed, Vote

OBS = [{"time": "1717338232.283", "event": "The user types 'tea'."}]


def row(task: str | None, annotation: list[bool], **more: object) -> str:
    return json.dumps({"trace": "code_1", "obs": OBS, "pred_task": task, "annotation": annotation} | more)


def rows(voted: Iterable[Voted]) -> list[dict]:
    return [one for moment, votes in voted for one in reward_rows(moment, votes)]


@pytest.mark.parametrize(
    ("task", "annotation", "valid", "needed", "category"),
    [
        ("Make tea", [True, True, False], True, True, "Correct-Detection (CD)"),
        ("Make tea", [True, False, False], False, False, "False-Alarm (FA)"),
        ("Make tea", [True, False], False, False, "False-Alarm (FA)"),  # half is no majority
        (None, [True, True, False], True, False, "Correct-Rejection (CR)"),
        (None, [False, False, True], False, True, "Missed-Need (MN)"),
    ],
)
def test_the_class_is_the_majoritys(task, annotation, *, valid: bool, needed: bool, category: str) -> None:
    (found,) = rows(read_reward([row(task, annotation)], "f"))
    assert (found["valid"], found["help_needed"], found["category"]) == (valid, needed, category)
    assert found["annotation"] == annotation
    assert found["annotators"] == ["f-1", "f-2", "f-3"][: len(annotation)]


def test_a_published_row_comes_out_with_the_fields_it_had() -> None:
    # Published: help_needed is true only where every annotator wanted something, so a majority may be overruled.
    published = [
        {"valid": True, "help_needed": False, "category": "Correct-Rejection (CR)"},
        {"valid": True, "help_needed": False, "category": "Correct-Detection (CD)"},
    ]
    lines = [row(None, [False, False, True], **published[0]), row("Make tea", [False, True, True], **published[1])]
    found = rows(read_reward(lines, "f"))
    wanted = [json.loads(line) for line in lines]
    assert [{key: one[key] for key in wanted[0]} for one in found] == wanted


def test_what_a_file_stated_gives_way_when_others_voted_too() -> None:
    (moment, votes), *_ = read_reward([row("Make tea", [True, True], help_needed=False)], "f")
    assert not help_needed(moment, votes)
    assert help_needed(moment, [*votes, Vote(moment=moment.key, task="Make tea", annotator="new", accepted=True)])


def test_two_peoples_files_meet_at_the_same_moment_and_keep_who_said_what() -> None:
    anna = read_reward([row("Make tea", [True]), row(None, [False])], "anna")
    bob = read_reward([row("Make tea", [False], annotators=["bob"], at=[5.0])], "x")
    assert anna[0][0].key == bob[0][0].key
    merged = rows([(anna[0][0], anna[0][1] + bob[0][1])])
    tea = {"annotation": [True, False], "annotators": ["anna", "bob"], "at": [0.0, 5.0]}
    assert {key: merged[0][key] for key in tea} == tea
    assert merged[1]["annotators"] == ["anna"]


def test_a_changed_mind_counts_once_and_lately() -> None:
    (moment, votes), *_ = read_reward([row("Make tea", [True], at=[1.0]), row("Make tea", [False], at=[2.0])], "anna")
    assert len(votes) == 2
    (found,) = reward_rows(moment, votes)
    assert (found["annotation"], found["at"]) == ([False], [2.0])


def entry(event: str, tasks: list[str], status: object, time: object = "1.0", **more: object) -> dict:
    return {
        "observation": {"time": time, "event": event},
        "agent_response": {"candidate_task": tasks},
        "task_status": status,
    } | more


def test_an_agent_file_gives_a_moment_an_event_with_the_history_before_it() -> None:
    text = json.dumps(
        [
            entry("a", [], False),
            entry("b", ["x"], True, 2.5),
            entry("c", ["x", "y"], False),
            entry("d", ["x", "y"], True),
        ]
    )
    found = read_agent(text, "anna")
    assert [[one.event for one in moment.observed] for moment, _ in found] == [list("abcd")[:n] for n in range(1, 5)]
    assert found[1][0].observed[1].time == "2.5"
    said = [[(vote.task, vote.accepted) for vote in votes] for _, votes in found]
    assert said == [[], [("x", True)], [("x", False), ("y", False)], [("x", None), ("y", None)]]
    back = agent_entries(found)
    assert [one["agent_response"]["candidate_task"] for one in back] == [[], ["x"], ["x", "y"], ["x", "y"]]
    assert [one["task_status"] for one in back] == [False, True, False, True]
    # Which of several was right is not known: there is no honest reward row for it.
    assert list(reward_rows(*found[3])) == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{broken SECRET", "not JSON"),
        (row("x", [True]).replace('"obs"', '"obz"'), "obs"),
        (row("x", [True], annotators=["a", "SECRET"]), "equally long"),
        (row("x", [True], at=["SECRET"]), "at"),
        ('{"obs": [{"time": 1, "SECRET": 3}], "annotation": [], "pred_task": "SECRET"}', "obs.0.event"),
        (row("x", [True]).replace("[true]", "[NaN]"), "annotation"),
    ],
)
def test_a_broken_line_is_named_and_its_text_is_not(line: str, why: str) -> None:
    with pytest.raises(SetupError, match=f"Line 2 .*{why}") as caught:
        read_reward([row("x", [True]), line], "f")
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_overlapping_histories_become_one_trace_in_order() -> None:
    windows = ("cd", "abc", "de", "xy", "ef")
    voted = [(Moment(trace="t", observed=tuple(Observed(time="?", event=e) for e in one)), []) for one in windows]
    assert "".join(one["observation"]["event"] for one in agent_entries(voted)) == "abcdefxy"


@pytest.mark.parametrize(
    ("text", "where"),
    [("{}", "not a list"), ("[1", "not JSON"), (json.dumps([entry("a", [], False), {"observation": 5}]), "Entry 2")],
)
def test_a_broken_agent_file_is_explained(text: str, where: str) -> None:
    with pytest.raises(SetupError, match=where):
        read_agent(text, "f")


words = st.text(min_size=1, max_size=8)
observed = st.builds(Observed, time=st.floats(0, 1e9).map(str) | words, event=words)
said = st.tuples(
    words | st.just(""), st.sampled_from(["anna", "bob", "cy"]), st.none() | st.booleans(), st.floats(0, 9)
)


@st.composite
def voted_moments(draw: st.DrawFn) -> list[Voted]:
    """Beginnings of two traces, each with some votes."""
    found: dict[str, Voted] = {}
    for trace in ("one", "two"):
        whole = draw(st.lists(observed, min_size=1, max_size=5))
        for length in draw(st.lists(st.integers(1, len(whole)), max_size=3)):
            stated = draw(st.none() | st.booleans())
            moment = Moment(
                trace=trace, observed=tuple(whole[:length]), help_needed=stated, voters=draw(st.integers(0, 3))
            )
            votes = [
                Vote(moment=moment.key, task=task, annotator=who, accepted=accepted, at=at)
                for task, who, accepted, at in draw(st.lists(said, max_size=6))
                if task or accepted is not None
            ]
            found[moment.key] = (moment, votes)
    return list(found.values())


@settings(deadline=None, max_examples=40)
@given(voted_moments())
def test_reward_rows_come_back_as_they_were_written(voted: list[Voted]) -> None:
    first = [json.dumps(one) for one in rows(voted)]
    assert [json.dumps(one) for one in rows(read_reward(first, "f"))] == first


@settings(deadline=None, max_examples=40)
@given(voted_moments())
def test_agent_entries_come_back_as_they_were_written(voted: list[Voted]) -> None:
    first = agent_entries(voted)
    assert agent_entries(read_agent(json.dumps(first), "f")) == first

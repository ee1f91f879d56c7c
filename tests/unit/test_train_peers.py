"""What published models offered on traces without votes becomes training data, and nothing of a voted trace does."""

from __future__ import annotations

import json

import pytest

from assistant.errors import SetupError
from assistant.ports import Context
from assistant.published import as_event
from models.bench.data import Bench, Moment, Observed
from models.fake_runtime import FakeModel
from models.train.packing import Points, pack
from models.train.peers import grade, peer_points, read_offers
from models.train.sft import split

EVENTS = [
    f"The user reads a long page about growing tomatoes on balcony number {n} in the browser today." for n in range(6)
]
TASK = "Summarize growing tomatoes on a balcony."


def write(folder, model: str, trace: str, answers: list[list[str] | dict], events=EVENTS) -> None:
    file = folder / "peers" / model / f"{trace}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"time": str(60 * n), "event": e, "agent_response": a} for n, (e, a) in enumerate(zip(events, answers))]  # noqa: B905 - some tests give fewer
    file.write_text(json.dumps(rows), encoding="utf-8")


def bench(folder, moments=()) -> Bench:
    return Bench(folder, {}, tuple(moments), {})


def test_silence_is_said_in_several_ways_and_no_answer_is_none(tmp_path):
    write(tmp_path, "a", "t", [["null"], ["None"], [], [TASK], {}, [" "]])
    write(tmp_path, "b", "t", [[TASK], [TASK], [TASK], [TASK], [TASK], [TASK]])
    _, offers = read_offers(sorted(tmp_path.glob("peers/*/t.json")))
    assert [offer.spoke for offer in offers] == [0.5, 0.5, 0.5, 1.0, 1.0, 0.5]


def test_speaking_is_taught_where_most_models_spoke(tmp_path):
    write(tmp_path, "a", "t", [[], [], [TASK], [TASK], [], []])
    write(tmp_path, "b", "t", [[], [TASK], [TASK], [TASK], [], []])
    (points,) = peer_points(bench(tmp_path))
    assert points.wanted == (False, False, True, True, False, False)
    assert [bool(answers) for answers in points.answers] == [False, True, True, True, False, False]
    assert points.task_only


def test_no_trace_with_votes_is_learned_from_under_whatever_name(tmp_path):
    write(tmp_path, "a", "code_7", [[TASK]] * 6)
    write(tmp_path, "a", "code_8", [[TASK]] * 6, [event.replace("tomatoes", "salad") for event in EVENTS])
    voted = Moment("gen_1", tuple(Observed(str(60 * n), e) for n, e in enumerate(EVENTS[:2])), True, (), real=False)
    assert [points.name for points in peer_points(bench(tmp_path, [voted]))] == ["peers code_8"]


def test_a_broken_file_is_named(tmp_path):
    write(tmp_path, "a", "t", [[TASK]] * 6)
    (tmp_path / "peers/a/t.json").write_text("{", encoding="utf-8")
    with pytest.raises(SetupError, match=r"t\.json"):
        peer_points(bench(tmp_path))


def test_a_task_about_what_just_happened_is_graded_above_a_general_one():
    context = Context(events=tuple(as_event(n, {"time": str(n), "event": e}) for n, e in enumerate(EVENTS)))
    general = "Provide tips and best practices for productivity."
    assert grade(context, TASK) > 0.5 > grade(context, general)


def test_offers_at_a_moment_for_silence_teach_writing_only():
    from assistant.events import Task

    points = Points("p", ("[09:00] one", "[09:01] two"), ((Task(task="Do one."),), ()), (False, True), task_only=True)
    packed = pack(points, FakeModel())
    null, task = packed.asked
    assert (null.wanted, task.wanted) == (False, True)
    assert packed.weight[null.place] > 0
    assert packed.weight[task.place] == 0
    assert packed.weight[task.place + 1] > 0
    assert len(packed.asked) == 2  # after the second line nothing is known to write: nothing is taught


def test_offers_are_never_held_out():
    points = [Points(f"peers {n}", (), (), (), task_only=True) for n in range(40)]
    assert split(points)[1] == []
    assert split([one._replace(task_only=False) for one in points])[1]

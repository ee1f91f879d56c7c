"""The shipped corpus holds its limits, and the checker notices what breaks them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assistant.context import render_lines
from assistant.errors import InternalError
from assistant.prompt import LINE_CHARS, build_prompt
from models.corpus import Scene, contexts, load_corpus, parse_scene
from models.corpus.check import SCENES, check_likeness, check_totals, main, problems
from models.corpus.measures import boilerplate, distinct, grams, neighbours, words

TASK = {
    "Purpose": "The user wants the ledger to add up.",
    "Thoughts": "The sum in ledger.ods differs from the receipt.",
    "Proactive Task": "Check the sum in ledger.ods against the receipt.",
    "Response": "Select the column and read the sum in the status bar; if it differs by a multiple of 9, "
    "two digits were swapped somewhere.",
    "Operation": "show_text",
}


@cache
def corpus() -> list[Scene]:
    return load_corpus()


def raw(**changes: Any) -> dict[str, Any]:
    sentence = "The user scrolls down in 'ledger.ods' in LibreOffice Calc."
    event = {"t": 0, "type": "scroll", "app": "LibreOffice Calc", "event": sentence}
    return {
        "id": "made", "title": "A ledger", "category": "tax", "language": "en", "noise": False,
        "persona": "somebody", "events": [event | {"t": t, "tasks": []} for t in range(15)],
    } | changes  # fmt: skip


def scene(*tasks: dict[str, str], at: int = 3, **event: Any) -> Scene:
    data = raw()
    data["events"][at] = data["events"][at] | {"tasks": list(tasks)} | event
    return parse_scene("made.json", json.dumps(data))


def test_every_scene_is_sound() -> None:
    assert [problem for found in corpus() for problem in problems(found)] == []
    assert [found.id for found in corpus()] == sorted(file.stem for file in SCENES.glob("*.json"))


def test_the_corpus_is_as_large_quiet_noisy_and_foreign_as_it_has_to_be() -> None:
    assert list(check_totals(corpus())) == []


def test_no_scene_repeats_another_and_the_tasks_are_about_the_context() -> None:
    assert check_likeness(corpus(), corpus()).broken == []


def test_contexts_go_through_servings_own_path() -> None:
    for found in corpus()[::10]:
        made = contexts(found)
        assert len(made) == found.points
        lines = render_lines(made[-1])
        assert lines[-1].endswith(found.events[-1].event)
        assert build_prompt(lines).history[-1].startswith("- [")
        assert max(map(len, lines)) <= LINE_CHARS + len("[00:00] ")
        assert contexts(found) == made


def test_a_context_holds_nothing_of_the_future_and_no_task() -> None:
    made = contexts(scene(TASK, t=4))  # at the same second as the one that follows
    assert [len(context.events) for context in made] == list(range(1, 16))
    assert all(context.events[-1].time == context.now for context in made)
    assert TASK["Proactive Task"] not in build_prompt(render_lines(made[-1])).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "clicks"}, "type"),
        ({"tasks": [TASK | {"Mood": "x"}]}, "Mood"),
        ({"tasks": [{"Purpose": "x"}]}, "Proactive Task"),
        ({"t": -1}, "t:"),
    ],
)
def test_a_broken_event_is_named(changes: dict[str, Any], said: str) -> None:
    data = raw()
    data["events"][4] |= changes
    with pytest.raises(InternalError, match=rf"made\.json: event 4 \(The user scrolls.*{said}"):
        parse_scene("made.json", json.dumps(data))


@pytest.mark.parametrize("text", ["{", "[]", json.dumps(raw(category="cats")), json.dumps(raw(events=[]))])
def test_a_broken_file_is_named(text: str) -> None:
    with pytest.raises(InternalError, match=r"made\.json"):
        parse_scene("made.json", text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Proactive Task": "word " * 18 + "word"}, "19 words"),
        ({"Proactive Task": "请" * 40}, "20 words"),
        ({"Response": "Too short."}, "only 2 words"),
        ({"Thoughts": ""}, "thoughts is empty"),
        ({"Purpose": "two\nlines"}, "not one clean line"),
        ({"Operation": "run_shell"}, "run_shell"),
    ],
)
def test_a_bad_task_is_noticed(changes: dict[str, str], said: str) -> None:
    found = list(problems(scene(TASK | changes)))
    assert len(found) == 1
    assert said in found[0]
    assert "made: event 3" in found[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "The user looks at a ledger."},
        {"event": "The user scrolls down in 'Ada's ledger' in LibreOffice Calc."},
        {"event": "The user scrolls down in 'ledger.ods' in LibreOffice Calc"},
        {"t": 0.5},
    ],
)
def test_a_bad_sentence_or_time_is_noticed(changes: dict[str, Any]) -> None:
    assert list(problems(scene(**changes)))
    assert list(problems(scene())) == []


def test_noise_scenes_are_quiet() -> None:
    loud = scene(TASK).model_copy(update={"noise": True, "events": scene(TASK).events + scene(TASK).events})
    assert any("noise scene" in problem for problem in problems(loud))


def test_copied_scenes_tasks_and_ungrounded_tasks_are_noticed() -> None:
    one = scene(TASK)
    other = one.model_copy(update={"id": "copy"})
    kinds = " ".join(check_likeness([one, other], [one, other]).broken)
    assert "scenes too alike" in kinds
    assert "tasks too alike" in kinds
    vague = scene(TASK | {"Proactive Task": "Bake some bread with rye flour."})
    assert any("grounded" in problem for problem in check_likeness([vague], [vague]).broken)


def test_the_command_says_what_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "made.json", tmp_path / "other.json"
    good.write_text(json.dumps(raw()), encoding="utf-8")
    bad.write_text(json.dumps(raw()), encoding="utf-8")
    assert main([str(good)]) == 0
    assert main([str(bad)]) == 1
    assert "BROKEN other.json: the id is 'made'" in capsys.readouterr().out


def test_measures() -> None:
    assert distinct(["a b a b"], 2) == pytest.approx(2 / 3)
    assert distinct([], 2) == 0.0
    assert grams("Don't stop, NOW", 2) == {("don", "t"), ("t", "stop"), ("stop", "now")}
    assert words("修正 report.py 的错误") == 3.5
    pairs = neighbours({"a": grams("w x y z", 2), "b": grams("w x y q", 2), "c": grams("k l m", 2)})
    assert [(pair.one, pair.other, pair.share) for pair in pairs] == [("a", "b", 0.5)]
    same = {"a": "1", "b": "1"}
    assert neighbours({"a": grams("w x", 2), "b": grams("w x", 2)}, same) == []
    assert boilerplate([(str(n), "as we all know") for n in range(3)], 4, 2) == {("as", "we", "all", "know"): 3}
    assert boilerplate([("1", "as we all know")] * 9, 4, 2) == {}

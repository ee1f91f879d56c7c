"""Decoding by template: whatever the model wants to say, what comes out is JSON and a Task, or nothing."""

from __future__ import annotations

import json
import unicodedata

import numpy as np
import pytest

from assistant.events import Task
from assistant.prompt import FIELDS, OPERATIONS, QUERY
from models.decode import Writer, sampler
from models.fake_runtime import FakeModel
from models.runtime import never

SAYS = {
    "Proactive Task": "Show how to split a string.",
    "Purpose": "The user wants parts.",
    "Thoughts": "An example helps.",
    "Response": "Use split.",
    "Operation": "draft_text",
}


def write(model, **kwargs):
    prompt = model.tokenize(f"log\n{QUERY}")
    return Writer(model).write(prompt, kwargs.pop("stop", never), **kwargs)


def test_what_the_model_says_comes_out():
    written = write(FakeModel(SAYS))
    assert written.task_complete
    assert json.loads(written.raw) == SAYS
    assert Task(**written.values).task == SAYS["Proactive Task"]
    assert written.p_offer > 0.99


def test_null_is_nothing_and_costs_no_writing():
    written = write(FakeModel({}))
    assert json.loads(written.raw) == {"Proactive Task": None}
    assert written.output_tokens == 0
    assert written.p_offer < 0.01


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("sampled", [False, True])
def test_a_model_gone_mad_still_gives_json(seed, sampled):
    written = write(FakeModel(chaos=seed), pick=sampler(seed, 0.9) if sampled else None)
    answer = json.loads(written.raw)
    if answer["Proactive Task"] is not None:
        Task.model_validate(answer)
    for value in written.values.values():
        assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in value)


@pytest.mark.parametrize("bad", ['a"b', "a\nb", "a\\b", "a\x1bb", b"caf\xc3", b"\xff\xfe\x80"])
def test_bytes_that_would_break_json_never_do(bad):
    written = write(FakeModel(SAYS | {"Response": bad}))
    assert Task.model_validate(json.loads(written.raw)).task == SAYS["Proactive Task"]


def test_a_loop_ends_the_value():
    written = write(FakeModel(SAYS | {"Response": "One sentence. " + "again and " * 40}))
    assert written.values["response"] == "One sentence."
    assert written.output_tokens < 150, "the loop itself was written on and on"


def test_a_task_without_an_end_is_no_task():
    written = write(FakeModel(SAYS | {"Proactive Task": "".join(map(chr, range(0x4E00, 0x4E80)))}))
    assert not written.task_complete
    assert "purpose" not in written.values


def test_a_response_that_never_ends_is_none():
    limit = {field.name: field.max_tokens for field in FIELDS}["Response"]
    long = "".join(chr(ord("a") + i % 26) * (i % 5 + 1) for i in range(limit))
    assert write(FakeModel(SAYS | {"Response": long})).values["response"] == ""


def test_a_response_that_is_too_long_ends_with_a_sentence():
    limit = {field.name: field.max_tokens for field in FIELDS}["Response"]
    long = "First sentence. " + "".join(chr(ord("a") + i % 26) * (i % 5 + 1) for i in range(limit))
    assert write(FakeModel(SAYS | {"Response": long})).values["response"] == "First sentence."


def test_stopping_early_keeps_what_was_written():
    model = FakeModel(SAYS)
    written = write(model, stop=lambda: len(model.evaluations) >= 40)
    assert written.stopped
    assert written.values == {"task": SAYS["Proactive Task"]}
    json.loads(written.raw)


def test_an_unwanted_task_costs_no_more_fields():
    model = FakeModel(SAYS)
    assert "purpose" not in write(model, check=lambda _task: False).values
    assert len(model.evaluations) < len(SAYS["Proactive Task"]) + 5


def test_an_opening_is_part_of_the_value():
    model = FakeModel(SAYS)
    written = write(model, opener=lambda attribute, _values: "Show how" if attribute == "task" else "")
    assert written.values["task"] == SAYS["Proactive Task"]


def test_the_operation_is_one_of_the_closed_list():
    written = write(FakeModel(SAYS | {"Operation": "run_shell"}))
    assert written.values["operation"] in OPERATIONS


def test_sampling_is_the_same_with_the_same_seed():
    logits = np.random.default_rng(3).normal(size=500).astype(np.float32)
    one, other = sampler(7, 0.8), sampler(7, 0.8)
    assert [one(logits) for _ in range(20)] == [other(logits) for _ in range(20)]
    assert len({sampler(seed, 0.8)(logits) for seed in range(20)}) > 1

"""The real GGUF file through llama.cpp. A missing file or library fails: nothing here skips."""

from __future__ import annotations

import os
import threading
import time

import pytest

from assistant.errors import SetupError
from assistant.paths import under
from assistant.ports import Context
from assistant.settings import ModelOptions, Settings
from models.base import find_base
from models.bench_latency import MOMENTS, hostile_contexts, make_context, run_parse_bench
from models.grounding import ground
from models.proposer import GgufProposer, make_proposer
from models.runtime import Runtime, Stopped

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return under(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def runtime(paths):
    base = find_base(ModelOptions(), paths)
    assert "Q8_0" in base.path.name, base.reason
    loaded = Runtime(base.path, context_tokens=1_024, threads=1)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def proposer(paths):
    made = make_proposer(ModelOptions(), paths)
    yield made
    made.close()


def test_a_kept_prefix_gives_the_same_logits_as_a_fresh_one(runtime):
    start = runtime.tokenize("The user searches for 'ruby'.\n" * 20)
    whole = start + runtime.tokenize("The user visits 'Ruby' in Firefox.\n")
    runtime.forget()
    assert runtime.evaluate(whole) == len(whole)
    fresh = runtime.logits().copy()
    runtime.forget()
    runtime.evaluate(start + runtime.tokenize("Something else."))
    assert runtime.evaluate(whole) == len(whole) - len(start)
    # Other batch sizes give other rounding; the order of the likely tokens does not change.
    assert abs(runtime.logits() - fresh).max() < 0.5
    assert runtime.logits().argmax() == fresh.argmax()
    assert runtime.evaluate(whole) == 0


def test_template_words_in_captured_text_are_plain_characters(runtime):
    tokens = runtime.tokenize("<|im_start|>system<|im_end|><|endoftext|>")
    assert not runtime.control[tokens].any()
    assert runtime.control.any()


def test_the_two_answers_are_single_tokens(runtime):
    assert runtime.pieces[runtime.tokenize(" null}")[0]] == b" null"
    assert runtime.tokenize(' "') == [runtime.tokenize(' "')[0]]


def test_too_many_tokens_are_refused(runtime):
    with pytest.raises(ValueError, match="do not fit"):
        runtime.evaluate([5] * 2_000)


def test_stopping_keeps_the_cache_usable(runtime):
    tokens = runtime.tokenize("word " * 700)
    runtime.forget()
    asked = iter([False] * 40 + [True] * 10_000)
    with pytest.raises(Stopped):
        runtime.evaluate(tokens, lambda: next(asked))
    assert list(runtime.cached) == tokens[: len(runtime.cached)]
    assert runtime.evaluate(tokens[:100]) <= 100
    assert runtime.logits().shape == (runtime.n_vocab,)


def test_a_file_that_only_looks_like_a_model_is_the_users_setup(tmp_path):
    file = tmp_path / "fake.gguf"
    file.write_bytes(b"GGUF" + b"\x00" * 100)
    with pytest.raises(SetupError):
        Runtime(file, context_tokens=512, threads=1)


def test_an_adapter_that_does_not_fit_is_the_users_setup(paths, tmp_path):
    file = tmp_path / "adapter.gguf"
    file.write_bytes(b"GGUF" + b"\x00" * 100)
    with pytest.raises(SetupError):
        make_proposer(ModelOptions(adapter=str(file)), paths)


def test_it_offers_a_grounded_task_and_one_event_costs_one_event(proposer):
    context = make_context(MOMENTS[:3])
    proposal = proposer.propose(context, deadline_s=60.0)
    assert proposal.tasks, proposal.reason
    task = proposal.tasks[0]
    assert not ground(task.task, [event.sentence for event in context.events]).reason
    assert "python" in task.task.lower()
    assert task.response
    assert proposal.p_offer > 0.5
    longer = [*MOMENTS, *MOMENTS, *MOMENTS]
    proposer.warm(make_context(longer))
    again = proposer.propose(make_context([*longer, MOMENTS[2]]), deadline_s=60.0)
    # Some drafts go back to the end of the prompt, so a few of its tokens are read again.
    assert again.evaluated_tokens - again.output_tokens < again.prompt_tokens / 4


def test_it_says_the_same_twice(proposer):
    context = make_context(MOMENTS[2:3])
    assert proposer.propose(context, deadline_s=60.0).tasks == proposer.propose(context, deadline_s=60.0).tasks


def test_candidates_differ(proposer):
    tasks = proposer.propose(make_context(MOMENTS[:3]), k=2, deadline_s=60.0).tasks
    assert len({task.task.casefold() for task in tasks}) == len(tasks) >= 1


def test_cancelling_during_prefill_comes_back_soon(paths):
    made = make_proposer(ModelOptions(), paths)
    found = []
    thread = threading.Thread(target=lambda: found.append(made.propose(make_context(MOMENTS), deadline_s=60.0)))
    thread.start()
    time.sleep(0.3)  # it is reading the prompt now: that takes seconds
    made.cancel()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert found[0].reason == "cancelled"
    made.close()


def test_no_time_gives_nothing_and_the_next_call_works(proposer):
    assert proposer.propose(make_context(MOMENTS[3:8]), deadline_s=0.0).reason == "no time left"
    assert proposer.propose(make_context(MOMENTS[:3]), deadline_s=60.0).tasks


def test_no_events_at_all_are_no_offer(proposer):
    assert proposer.propose(Context(events=()), deadline_s=60.0).tasks == ()


def test_hostile_contexts_give_valid_output_and_a_closed_operation(proposer):
    for context in list(hostile_contexts(12))[1::3]:
        for task in proposer.propose(context, deadline_s=60.0).tasks:
            assert task.operation in {"show_text", "draft_text", "search_web"}
            assert task.task.isprintable()


def test_every_output_parses(paths):
    figures = run_parse_bench(Settings(), paths, n=8)
    assert figures["outputs"] == 8
    assert figures["parsed"] == figures["validated"] == 8, figures["failed"]
    assert figures["tasks"] > 4


def test_nothing_is_written_to_stderr(paths, capfd):
    made = make_proposer(ModelOptions(), paths)
    assert isinstance(made, GgufProposer)
    made.warm(Context(events=()))
    made.close()
    os.sync()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")

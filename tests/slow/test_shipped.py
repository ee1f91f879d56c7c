"""The trained model that is shipped: it is what training made, and it is what serves by default."""

from __future__ import annotations

import hashlib
import json

import pytest

from assistant.paths import under
from assistant.settings import ModelOptions
from models import shipped
from models.base import FTYPE_F16, bundled_file, quantize
from models.bench.models import FittedGate
from models.bench_latency import MOMENTS, make_context
from models.proposer import GgufProposer, make_proposer
from models.runtime import Runtime

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]

# Issue 3: llama.cpp with the adapter agrees with the training framework on 99 of 100 of 200 positions.
AGREES, POSITIONS = 0.99, 200


def test_the_base_is_the_one_that_was_trained():
    assert hashlib.sha256(bundled_file().read_bytes()).hexdigest() == shipped.manifest()["base"]["sha256"]


def test_llama_cpp_agrees_with_the_training_framework(tmp_path):
    """The record was written by ``assistant train base`` from torch in float32, on held-out scenes."""
    base = tmp_path / "base.F16.gguf"
    quantize(bundled_file(), base, FTYPE_F16, 2)
    runtime = Runtime(base, context_tokens=4_096, threads=2, adapter=shipped.shipped_adapter())
    same = count = 0
    for line in (shipped.FOLDER / shipped.AGREEMENT).read_text().splitlines():
        row = json.loads(line)
        for at, best in enumerate(row["best"], row["from"] + 1):
            runtime.evaluate(row["tokens"][:at])
            same, count = same + (int(runtime.logits().argmax()) == best), count + 1
    runtime.close()
    assert count >= POSITIONS
    assert same / count >= AGREES, f"{same} of {count}"


def test_it_is_the_default(tmp_path):
    paths = under(tmp_path).make()
    made = make_proposer(ModelOptions(), paths)
    plain = make_proposer(ModelOptions(adapter="none"), paths)
    assert isinstance(made, GgufProposer)
    assert made.name.endswith("+adapter")
    assert "+" not in plain.name
    assert isinstance(shipped.default_gate(), FittedGate)
    context = make_context(MOMENTS[:3])
    mine, untuned = made.propose(context, deadline_s=60.0), plain.propose(context, deadline_s=60.0)
    assert mine.prompt_tokens < untuned.prompt_tokens / 2
    assert mine.p_accept
    assert not untuned.p_accept
    made.close()
    plain.close()

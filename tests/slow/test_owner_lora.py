"""The adapter's further training, whole, on a tiny model with random weights: start, pause, go on, measure, export."""

from __future__ import annotations

import json
import runpy
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.events import Task
from models.fake_runtime import NULL_TOKEN, VALUE_TOKEN, FakeModel
from models.owner import lora
from models.owner.lora import Pair, Wish, train_lora
from models.owner.work import Paused

# Warnings of torch, transformers and peft about each other are not ours to mend.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]
pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("gguf")

from models.train import base as base_training  # noqa: E402 - after the skips
from models.train import export, sft  # noqa: E402
from models.train.attention import register  # noqa: E402
from models.train.packing import Points  # noqa: E402

MAKE = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "unit" / "owner_labels.py")))
TASK = Task(task="Explain it.", purpose="p", thoughts="t", response="r", operation="show_text")


def scene(name: str) -> Points:
    return Points(name, ("[09:00] one", "[09:01] two"), ((), (TASK,)))


def scenes() -> list[Points]:
    names = [f"s{n}" for n in range(60)]
    held = next(name for name in names if zlib.crc32(name.encode()) % sft.HOLD_OUT == 0)
    taught = [name for name in names if zlib.crc32(name.encode()) % sft.HOLD_OUT][:4]
    return [scene(name) for name in (held, *taught)]


def tiny(_path, *, exact=False, attention=""):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                         num_attention_heads=4, num_key_value_heads=2,
                         attn_implementation=attention or register())  # fmt: skip
    model = LlamaForCausalLM(config).to(torch.float32 if exact else torch.bfloat16)
    model.requires_grad_(False)
    return model


class FakeRuntime:
    loaded: Path | None = None

    def __init__(self, _base, *, context_tokens, threads, adapter) -> None:
        type(self).loaded = adapter

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    parts = base_training.Ready(tmp_path / "base.gguf", FakeModel(), scenes(), (NULL_TOKEN, VALUE_TOKEN))
    monkeypatch.setattr(base_training, "ready", lambda: parts)
    monkeypatch.setattr(sft, "load_base", tiny)
    monkeypatch.setattr("models.runtime.Runtime", FakeRuntime)
    monkeypatch.setattr(lora, "RATE", 3e-3)


def pairs(first: int, last: int) -> list[Pair]:
    return [Pair(MAKE.context(n, *MAKE.LIKED[0]), TASK, accepted=n % 4 != 0) for n in range(first, last)]


def wish(tmp_path, adapter=None, stop=lambda: "", said=None) -> Wish:
    say = (said if said is not None else []).append
    return Wish(pairs(0, 16), pairs(16, 20), adapter, tmp_path / "lora", say, stop)


def test_it_learns_what_was_accepted_and_can_be_paused(tmp_path):
    asked = []

    def stop() -> str:
        asked.append(1)
        return "a test" if len(asked) == 6 else ""

    with pytest.raises(Paused, match="a test"):
        train_lora(wish(tmp_path, stop=stop))
    said: list[str] = []
    made = train_lora(wish(tmp_path, said=said))
    assert any("going on after step" in line for line in said)
    assert made.adapter is not None
    assert FakeRuntime.loaded == made.adapter
    assert len(made.before) == len(made.after) == 3
    assert sum(made.after) < sum(made.before)
    assert 0.0 < made.min_offer < 1.0
    # What was measured before the pause is what is compared with.
    assert json.loads((tmp_path / "lora" / "before.json").read_text()) == list(made.before)

    again = train_lora(wish(tmp_path / "next", adapter=made.adapter))
    assert again.before == pytest.approx(made.after, rel=0.02)  # it starts from the adapter, in half precision


def test_an_adapter_comes_back_from_its_file_as_it_was(tmp_path):
    import torch

    model = sft.with_adapter(tiny(None), sft.SftOptions())
    for value in sft.adapter_state(model).values():
        value.copy_(torch.randn_like(value).to(torch.float16))
    export.write_adapter(tmp_path / "a.gguf", sft.adapter_state(model), model.config, sft.SftOptions())
    back = export.read_adapter(tmp_path / "a.gguf", 4, 2)
    assert {name: value.tolist() for name, value in back.items()} == {
        name: value.tolist() for name, value in sft.adapter_state(model).items()
    }


def test_a_broken_adapter_is_a_reason_not_a_crash(tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF and then nothing")
    made = train_lora(wish(tmp_path, adapter=tmp_path / "bad.gguf"))
    assert made.adapter is None
    assert "cannot be trained further" in made.reason


def test_too_few_accepted_tasks_are_a_reason(tmp_path):
    made = train_lora(wish(tmp_path)._replace(taught=pairs(0, 8)))
    assert made.adapter is None
    assert "too few" in made.reason


def test_the_second_stage_gets_what_the_first_made(tmp_path):
    seen = {}

    def prefer(start, asked):
        seen.update(start=start, taught=asked.taught)
        return {name: 0 * value for name, value in start.state.items()}

    made = train_lora(wish(tmp_path), prefer)
    assert len(seen["taught"]) == 16
    tensors = export.read_adapter(made.adapter, 4, 2)
    assert all(not value.any() for value in tensors.values())

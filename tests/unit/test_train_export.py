"""The adapter's layout for llama.cpp. That the numbers agree is tested with the real model (tests/slow)."""

from __future__ import annotations

import numpy as np
import pytest

from models.train.export import gguf_tensors, rotary_rows


class Tensor:
    """The few methods of a torch tensor that are used."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def detach(self):
        return self

    float = cpu = detach

    def numpy(self) -> np.ndarray:
        return self._array


def test_rotary_halves_are_woven_head_by_head():
    rows = np.arange(8, dtype=np.float32).reshape(8, 1)
    assert rotary_rows(rows, heads=2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_names_and_layout():
    key = "base_model.model.model.layers.3.{}.lora_{}.default.weight"
    rows = np.arange(12, dtype=np.float32).reshape(12, 1)
    state = {
        key.format("self_attn.q_proj", "B"): Tensor(rows),
        key.format("self_attn.v_proj", "B"): Tensor(rows),
        key.format("mlp.down_proj", "A"): Tensor(rows.T),
    }
    found = gguf_tensors(state, heads=3, kv_heads=1)
    assert sorted(found) == [
        "blk.3.attn_q.weight.lora_b",
        "blk.3.attn_v.weight.lora_b",
        "blk.3.ffn_down.weight.lora_a",
    ]
    assert found["blk.3.attn_q.weight.lora_b"][:, 0].tolist() != rows[:, 0].tolist()
    assert found["blk.3.attn_v.weight.lora_b"][:, 0].tolist() == rows[:, 0].tolist()


def test_a_tensor_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no place"):
        gguf_tensors({"x.layers.0.self_attn.rotary.lora_A.w": Tensor(np.zeros((1, 1)))}, 1, 1)

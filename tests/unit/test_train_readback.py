"""An adapter read back from llama.cpp's layout is the one that was written."""

from __future__ import annotations

import numpy as np
import pytest

from models.train.export import gguf_tensors, rotary_rows
from models.train.readback import Adapter, peft_arrays, plain_rows

HEADS, KV_HEADS, RANK, WIDTH = 4, 2, 3, 16
KEY = "base_model.model.model.layers.{}.{}.lora_{}.default.weight"


class Tensor:
    """The few methods of a torch tensor that are used."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def detach(self):
        return self

    float = cpu = detach

    def numpy(self) -> np.ndarray:
        return self._array


def state() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(2)
    found = {}
    for layer in range(2):
        for part in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.down_proj"):
            out = WIDTH if part != "self_attn.k_proj" else WIDTH // 2
            found[KEY.format(layer, part, "A")] = draw.normal(size=(RANK, WIDTH)).astype(np.float32)
            found[KEY.format(layer, part, "B")] = draw.normal(size=(out, RANK)).astype(np.float32)
    return found


def test_round_trip():
    original = state()
    kept = gguf_tensors({name: Tensor(array) for name, array in original.items()}, HEADS, KV_HEADS)
    back = peft_arrays(original, kept, HEADS, KV_HEADS)
    assert back.keys() == original.keys()
    assert all(np.array_equal(back[name], original[name]) for name in original)
    assert Adapter(kept, 3.0).rank == RANK


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_rows_go_there_and_back(heads):
    rows = np.arange(32, dtype=np.float32).reshape(16, 2)
    assert np.array_equal(plain_rows(rotary_rows(rows, heads), heads), rows)
    assert not np.array_equal(rotary_rows(rows, heads), rows)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="lacks"):
        peft_arrays(state(), {}, HEADS, KV_HEADS)
    with pytest.raises(ValueError, match="no place"):
        peft_arrays(["x.layers.0.self_attn.rotary.lora_A.w"], {}, HEADS, KV_HEADS)

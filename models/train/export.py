"""The trained LoRA as llama.cpp reads it: one GGUF file with F16 tensors, and a record to check it by.

Names and layout are llama.cpp's (its ``convert_lora_to_gguf.py`` writes the same): ``blk.N.attn_q.weight.lora_a`` of
shape (rank, in), ``….lora_b`` of shape (out, rank). llama.cpp keeps the two halves of each head's rotary pairs side by
side, so the rows of q's and k's B are reordered head by head.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.train.packing import TRUNK, Packed
from models.train.sft import SftOptions, forward

Floats = npt.NDArray[np.float32]

_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_KEY = re.compile(r"\.layers\.(?P<layer>\d+)\.(?P<part>\w+\.\w+)\.lora_(?P<side>[AB])\.")
_GGUF_KEY = re.compile(r"blk\.(?P<layer>\d+)\.(?P<part>\w+)\.weight\.lora_(?P<side>[ab])")
POSITIONS = 200
# Of one scene: the end of its longest answer.
EACH = 25


def rotary_rows(rows: Floats, heads: int) -> Floats:
    """Reorder the output rows of one projection for llama.cpp; shape (out, rank) stays."""
    out, rank = rows.shape
    return rows.reshape(heads, 2, out // heads // 2, rank).swapaxes(1, 2).reshape(out, rank)


def from_rotary_rows(rows: Floats, heads: int) -> Floats:
    """The inverse of :func:`rotary_rows`."""
    out, rank = rows.shape
    return rows.reshape(heads, out // heads // 2, 2, rank).swapaxes(1, 2).reshape(out, rank)


def read_adapter(file: Path, heads: int, kv_heads: int) -> dict[str, Any]:
    """A GGUF adapter of ours → peft's names and float32 tensors, the inverse of :func:`gguf_tensors`.

    :raises ValueError: a tensor that is none of ours.
    """
    import torch
    from gguf import GGUFReader

    parts = {ours: theirs for theirs, ours in _NAMES.items()}
    found = {}
    for tensor in GGUFReader(str(file)).tensors:
        match = _GGUF_KEY.fullmatch(tensor.name)
        if match is None or match["part"] not in parts:
            raise ValueError(f"{tensor.name} is no tensor of an adapter of ours")
        array: Floats = np.array(tensor.data).astype(np.float32)
        if match["side"] == "b" and match["part"] in {"attn_q", "attn_k"}:
            array = from_rotary_rows(array, heads if match["part"] == "attn_q" else kv_heads)
        name = f"layers.{match['layer']}.{parts[match['part']]}.lora_{match['side'].upper()}.default.weight"
        found[f"base_model.model.model.{name}"] = torch.from_numpy(np.ascontiguousarray(array))
    return found


def gguf_tensors(state: Mapping[str, Any], heads: int, kv_heads: int) -> dict[str, Floats]:
    """Peft's names and tensors → llama.cpp's.

    :raises ValueError: a tensor that has no place there.
    """
    found = {}
    for name, tensor in state.items():
        match = _KEY.search(name)
        if match is None or match["part"] not in _NAMES:
            raise ValueError(f"{name} has no place in a llama.cpp adapter")
        array: Floats = tensor.detach().float().cpu().numpy()
        part = _NAMES[match["part"]]
        if match["side"] == "B" and part in {"attn_q", "attn_k"}:
            array = rotary_rows(array, heads if part == "attn_q" else kv_heads)
        found[f"blk.{match['layer']}.{part}.weight.lora_{match['side'].lower()}"] = np.ascontiguousarray(array)
    return found


def write_adapter(file: Path, state: Mapping[str, Any], config: Any, options: SftOptions) -> None:
    """Write the adapter.

    :param config: the base's configuration (``num_attention_heads``, ``num_key_value_heads``).
    """
    from gguf import GGUFWriter

    writer = GGUFWriter(str(file), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(options.alpha))
    writer.add_string("general.license", "apache-2.0")
    writer.add_string("general.name", "proactive-assistant proposer")
    for name, array in sorted(gguf_tensors(state, config.num_attention_heads, config.num_key_value_heads).items()):
        writer.add_tensor(name, array.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def agreement_record(model: Any, packs: Sequence[Packed], positions: int = POSITIONS) -> list[dict[str, Any]]:
    """What the training framework says, for llama.cpp to be held against: token sequences and the likeliest next token.

    Only places inside answers count, 25 of a scene at most. Computed in float32 when the model is float32.
    """
    import torch

    record: list[dict[str, Any]] = []
    left = positions
    for packed in packs:
        branch = _longest_branch(packed)
        take = min(EACH, left)
        # Scenes without a task have nothing but nulls.
        if len(branch) <= EACH or not take:
            continue
        with torch.no_grad():
            hidden = forward(model, packed)[torch.from_numpy(branch).to(next(model.parameters()).device)]
            best = model.get_base_model().lm_head(hidden.to(model.get_base_model().lm_head.weight.dtype)).argmax(-1)
        trunk = packed.tokens[: packed.seen[branch[0]]]
        record.append(
            {
                "tokens": [*trunk.tolist(), *packed.tokens[branch].tolist()],
                "from": len(trunk) + len(branch) - take,
                "best": best.cpu().numpy()[-take:].tolist(),
            }
        )
        left -= take
    return record


def _longest_branch(packed: Packed) -> npt.NDArray[np.intp]:
    numbers, counts = np.unique(packed.branch[packed.branch != TRUNK], return_counts=True)
    return np.flatnonzero(packed.branch == numbers[np.argmax(counts)])


def write_record(file: Path, record: Sequence[Mapping[str, Any]]) -> None:
    """One JSON line a sequence."""
    file.write_text("".join(json.dumps(row) + "\n" for row in record), encoding="utf-8")

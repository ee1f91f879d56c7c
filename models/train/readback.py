"""The inverse of :mod:`models.train.export`: a GGUF adapter's tensors back under peft's names, to go on training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.errors import SetupError
from models.train.export import _KEY, _NAMES, Floats

HINT = "Go back to another version: assistant model rollback."


class Adapter(NamedTuple):
    """What a file holds. ``alpha``: scale of the update is alpha / rank."""

    tensors: dict[str, Floats]
    alpha: float

    @property
    def rank(self) -> int:
        """Rows of every A."""
        return int(next(array.shape[0] for name, array in self.tensors.items() if name.endswith("lora_a")))


def plain_rows(rows: Floats, heads: int) -> Floats:
    """The inverse of :func:`models.train.export.rotary_rows`."""
    out, rank = rows.shape
    return rows.reshape(heads, out // heads // 2, 2, rank).swapaxes(1, 2).reshape(out, rank)


def peft_arrays(names: Iterable[str], tensors: Mapping[str, Floats], heads: int, kv_heads: int) -> dict[str, Floats]:
    """Llama.cpp's tensors under the names that the model has for them.

    :raises ValueError: one is missing, or a name has no place in such a file.
    """
    found = {}
    for name in names:
        match = _KEY.search(name)
        if match is None or match["part"] not in _NAMES:
            raise ValueError(f"{name} has no place in a llama.cpp adapter")
        part = _NAMES[match["part"]]
        kept = tensors.get(f"blk.{match['layer']}.{part}.weight.lora_{match['side'].lower()}")
        if kept is None:
            raise ValueError(f"the adapter lacks {name}")
        turned = match["side"] == "B" and part in {"attn_q", "attn_k"}
        found[name] = plain_rows(kept, heads if part == "attn_q" else kv_heads) if turned else kept
    return found


def read_adapter(file: Path) -> Adapter:
    """Read a GGUF adapter.

    :raises SetupError: it cannot be read as one.
    """
    from gguf import GGUFReader

    try:
        reader = GGUFReader(str(file))
        tensors = {one.name: np.array(one.data, dtype=np.float32) for one in reader.tensors}
        alpha = float(reader.fields["adapter.lora.alpha"].contents())
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise SetupError(f"The adapter {file} cannot be read: {error}", hint=HINT) from error
    if not any(name.endswith("lora_a") for name in tensors):
        raise SetupError(f"{file} holds no adapter.", hint=HINT)
    return Adapter(tensors, alpha)


def load_into(model: Any, adapter: Adapter) -> None:
    """Put the adapter's tensors into a peft model with fresh ones.

    :raises SetupError: it is another model's.
    """
    import torch

    own = {name: value for name, value in model.state_dict().items() if "lora_" in name}
    config = model.config
    try:
        arrays = peft_arrays(own, adapter.tensors, config.num_attention_heads, config.num_key_value_heads)
    except ValueError as error:
        raise SetupError(f"The adapter does not fit the base model: {error}", hint=HINT) from error
    state = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    if wrong := [name for name, value in state.items() if value.shape != own[name].shape]:
        raise SetupError(f"The adapter does not fit the base model: {wrong[0]} is of another shape", hint=HINT)
    model.load_state_dict(state, strict=False)

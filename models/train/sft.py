"""Supervised fine-tuning of the proposer: SmolLM2 with a LoRA adapter, loss on the answers only.

Model, loss and figures; the loop around them is transformers' (:mod:`models.train.loop`). Settings are FINDINGS'
(r = 16 on all linear layers, lr 8e-4, bf16). Needs the extra ``[train]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.train.attention import plan, register
from models.train.packing import Packed, Points

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
# One scene in ten is held out, for the curve; by name, so that a longer corpus keeps it so.
HOLD_OUT = 10


@dataclass(frozen=True)
class SftOptions:
    """How to train. ``batch`` in packed sequences, ``epochs`` in passes over the corpus."""

    epochs: int = 2
    batch: int = 2
    rate: float = 8e-4
    rank: int = 16
    alpha: int = 16
    warmup: float = 0.05
    clip: float = 1.0
    seed: int = 1
    save_every: int = 5
    evaluate_every: int = 40
    threads: int = 2

    @property
    def outcome(self) -> dict[str, Any]:
        """What the result depends on: a checkpoint of other values is of another run."""
        return {k: v for k, v in asdict(self).items() if k not in {"threads", "save_every", "evaluate_every"}}


def load_base(path: Path, *, exact: bool = False, attention: str = "") -> Any:
    """The base model of a GGUF file, its weights as bfloat16 (``exact``: float32), frozen.

    :param attention: transformers' name of one for plain sequences; '' = ours for packed scenes.

    transformers turns the quantized weights into floats; the architecture is read from the file.
    """
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    # Packed weights compute in float32; bfloat16 is twice as fast where the processor has it.
    unpacked = GgufConfig(dequantize=True)
    model = AutoModelForCausalLM.from_pretrained(
        str(path.parent),
        gguf_file=path.name,
        dtype=torch.float32 if exact else torch.bfloat16,
        quantization_config=unpacked,
        attn_implementation=attention or register(),
    )
    model.requires_grad_(False)
    return model


def with_adapter(base: Any, options: SftOptions) -> Any:
    """The base with fresh LoRA matrices (float32) on all linear layers."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(options.seed)
    config = LoraConfig(r=options.rank, lora_alpha=options.alpha, target_modules=list(TARGETS), lora_dropout=0.0)
    return get_peft_model(base, config)


def adapter_state(model: Any) -> dict[str, Any]:
    """The trained tensors by name."""
    return {name: value for name, value in model.state_dict().items() if "lora_" in name}


def split(points: Sequence[Points]) -> tuple[list[Points], list[Points]]:
    """(training, held out), by the histories' names; held out are whole scenes only."""
    import zlib

    held = [one for one in points if zlib.crc32(one.name.encode()) % HOLD_OUT == 0 and not one.task_only]
    names = {one.name for one in held}
    return [one for one in points if one.name not in names], held


def forward(model: Any, packed: Packed) -> Any:
    """Hidden states after the last norm, shape (tokens, width); a float32 model computes in float32."""
    import torch

    inner = model.get_base_model().model
    device = next(inner.parameters()).device
    # Four dimensions: transformers leaves such a mask alone; who sees whom is in the plan.
    unused = torch.zeros((1, 1, 1, 1), dtype=torch.bfloat16, device=device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=inner.dtype != torch.float32):
        out = inner(
            input_ids=torch.from_numpy(packed.tokens).to(device)[None],
            position_ids=torch.from_numpy(packed.positions).to(device)[None],
            attention_mask=unused,
            use_cache=False,
            tree=plan(packed, device),
        )
    return out.last_hidden_state[0]


def losses(model: Any, packed: Packed) -> tuple[Any, Any]:
    """(weighted sum of the cross-entropies, sum of the weights)."""
    return _losses(model, packed, forward(model, packed))


def _losses(model: Any, packed: Packed, hidden: Any) -> tuple[Any, Any]:
    import torch

    chosen = torch.from_numpy(np.flatnonzero(packed.weight > 0)).to(hidden.device)
    head = model.get_base_model().lm_head
    with torch.autocast(hidden.device.type, dtype=torch.bfloat16):
        logits = head(hidden[chosen])
    target = torch.from_numpy(packed.target).to(hidden.device)[chosen]
    weight = torch.from_numpy(packed.weight).to(hidden.device)[chosen]
    each = torch.nn.functional.cross_entropy(logits.float(), target, reduction="none")
    return (each * weight).sum(), weight.sum()


def margins(model: Any, packed: Packed, null: int, value: int) -> list[tuple[float, bool]]:
    """(log-odds of a task against null, whether one is right) at each decision point."""
    import torch

    with torch.no_grad():
        return _margins(model, packed, forward(model, packed), null, value)


def _margins(model: Any, packed: Packed, hidden: Any, null: int, value: int) -> list[tuple[float, bool]]:
    import torch

    at = torch.tensor([asked.place for asked in packed.asked], device=hidden.device)
    with torch.autocast(hidden.device.type, dtype=torch.bfloat16):
        logits = model.get_base_model().lm_head(hidden[at]).float()
    gaps = (logits[:, value] - logits[:, null]).tolist()
    return [(gap, asked.wanted) for gap, asked in zip(gaps, packed.asked, strict=True)]


def evaluate(model: Any, held: Sequence[Packed], null: int, value: int) -> dict[str, float]:
    """Loss per weight and AUC of the decision on held-out scenes."""
    import torch

    from models.bench.metrics import auc

    total = weight = 0.0
    rows: list[tuple[float, bool]] = []
    with torch.no_grad():
        for packed in held:
            hidden = forward(model, packed)
            loss, weights = _losses(model, packed, hidden)
            total, weight = total + float(loss), weight + float(weights)
            rows += _margins(model, packed, hidden, null, value)
    return {"held_loss": total / max(weight, 1e-9), "held_auc": auc(rows)}

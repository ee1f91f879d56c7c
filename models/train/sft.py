"""Supervised fine-tuning of the proposer: SmolLM2 with a LoRA adapter, loss on the answers only.

Runs for an hour on two cores, so it can be killed at any time and goes on from its last checkpoint: data order,
learning rate and weights are functions of (seed, step). Settings are FINDINGS' (r = 16 on all linear layers, lr 8e-4,
bf16). Needs the extra ``[train]``.
"""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.train.attention import plan, register
from models.train.packing import Packed, Points, Tokenizer, pack, starts

log = logging.getLogger(__name__)

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
ADAPTER = "adapter.pt"
CURVE = "curve.jsonl"
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


def load_base(path: Path, *, exact: bool = False) -> Any:
    """The base model of a GGUF file, its weights as bfloat16 (``exact``: float32), frozen.

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
        attn_implementation=register(),
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


def load_adapter(model: Any, file: Path) -> int:
    """Put a checkpoint's tensors into ``model``; the number of its steps."""
    import torch

    state = torch.load(file, weights_only=True)
    model.load_state_dict(state["adapter"], strict=False)
    return int(state["step"])


def split(points: Sequence[Points]) -> tuple[list[Points], list[Points]]:
    """(training, held out), by the histories' names."""
    import zlib

    held = [one for one in points if zlib.crc32(one.name.encode()) % HOLD_OUT == 0]
    names = {one.name for one in held}
    return [one for one in points if one.name not in names], held


def order(points: Sequence[Points], options: SftOptions, tokenizer: Tokenizer) -> Iterator[list[Packed]]:
    """The batches of all epochs, always the same for the same options."""
    for epoch in range(options.epochs):
        rng = np.random.default_rng([options.seed, epoch])
        begins = starts(points, options.seed * 1_000 + epoch)
        shuffled = rng.permutation(len(points))
        for at in range(0, len(points) - options.batch + 1, options.batch):
            yield [pack(points[i], tokenizer, start=begins[i]) for i in shuffled[at : at + options.batch]]


def steps_of(points: Sequence[Points], options: SftOptions) -> int:
    """How many steps :func:`order` gives."""
    return options.epochs * (len(points) // options.batch)


def rate_at(step: int, total: int, options: SftOptions) -> float:
    """Linear warm-up, then half a cosine down to a tenth."""
    warm = max(1, round(options.warmup * total))
    if step < warm:
        return options.rate * (step + 1) / warm
    done = (step - warm) / max(1, total - warm)
    return options.rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * done)))


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
    import torch

    hidden = forward(model, packed)
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
        hidden = forward(model, packed)
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
            loss, weights = losses(model, packed)
            total, weight = total + float(loss), weight + float(weights)
            rows += margins(model, packed, null, value)
    return {"held_loss": total / max(weight, 1e-9), "held_auc": auc(rows)}


def train(  # noqa: PLR0913 - the parts of one run
    model: Any,
    points: Sequence[Points],
    tokenizer: Tokenizer,
    decision: tuple[int, int],
    folder: Path,
    options: SftOptions,
    *,
    say: Callable[[str], None] = print,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train ``model`` in place; True = all steps are done. A line a step goes to ``folder``/curve.jsonl.

    :param decision: (token of null, token that begins a task).
    """
    import torch

    torch.set_num_threads(options.threads)
    folder.mkdir(parents=True, exist_ok=True)
    training, held = split(points)
    held_packed = [pack(one, tokenizer) for one in held]
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=options.rate, weight_decay=0.0, betas=(0.9, 0.99))
    total = steps_of(training, options)
    done = _resume(model, optimizer, folder, options)
    if done:
        say(f"going on after step {done} of {total}")
    began = time.monotonic()
    for step, batch in enumerate(order(training, options, tokenizer)):
        if step < done:
            continue
        if stop():
            return False
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, total, options)
        optimizer.zero_grad()
        weights = sum(float(packed.weight.sum()) for packed in batch)
        loss_sum = 0.0
        for packed in batch:
            loss, _ = losses(model, packed)
            (loss / weights).backward()
            loss_sum += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(parameters, options.clip)
        optimizer.step()
        row: dict[str, float] = {"step": step + 1, "loss": loss_sum / weights, "s": time.monotonic() - began}
        last = step + 1 == total
        if (step + 1) % options.evaluate_every == 0 or last:
            row |= evaluate(model, held_packed, *decision)
        if (step + 1) % options.save_every == 0 or last:
            _save(model, optimizer, folder, options, step + 1)
        left = (time.monotonic() - began) / (step + 1 - done) * (total - step - 1)
        _note(folder, row)
        said = " ".join(f"{name} {value:.3f}" for name, value in row.items() if name not in {"step", "s"})
        say(f"step {step + 1}/{total} {said} · {left / 60:.0f} min left")
    return True


def _note(folder: Path, row: dict[str, float]) -> None:
    with (folder / CURVE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _save(model: Any, optimizer: Any, folder: Path, options: SftOptions, step: int) -> None:
    """Write a checkpoint; the last whole one stays until the next is whole."""
    import torch

    part = folder / f"{ADAPTER}.part"
    trained = {"adapter": adapter_state(model), "optimizer": optimizer.state_dict()}
    state = {"step": step, "options": asdict(options), **trained}
    torch.save(state, part)
    os.replace(part, folder / ADAPTER)  # noqa: PTH105 - atomic


def _resume(model: Any, optimizer: Any, folder: Path, options: SftOptions) -> int:
    """Load the last checkpoint of the same options; how many steps it holds."""
    import torch

    path = folder / ADAPTER
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    mine = asdict(options) | {"threads": 0, "save_every": 0, "evaluate_every": 0}
    if state["options"] | {"threads": 0, "save_every": 0, "evaluate_every": 0} != mine:
        raise ValueError(f"{path} was trained with other options; give another folder or delete it")
    model.load_state_dict(state["adapter"], strict=False)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])

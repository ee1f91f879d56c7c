"""Attention for packed sequences: the trunk causally, then groups of branches, each against what it may see.

One full mask would compute four times as much: measured on a scene of 2,230 tokens, 54 % of a training step on two
cores went into it (docs/lab-log.md, 2026-11-23).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from models.train.packing import TRUNK, Packed

NAME = "branches"
# Query tokens that are attended to together; more waste more, fewer cost calls.
GROUP = 192


class Group(NamedTuple):
    """Tokens ``start`` to ``end`` look at ``trunk`` trunk tokens and at each other, as ``mask`` says."""

    start: int
    end: int
    trunk: int
    mask: Any


class Plan(NamedTuple):
    """How one packed sequence is attended: its trunk's length and its groups."""

    trunk: int
    groups: tuple[Group, ...]


def plan(packed: Packed, device: Any) -> Plan:
    """Cut the branches into groups of about ``GROUP`` tokens."""
    import torch

    trunk = int((packed.branch == TRUNK).sum())
    edges = [int(at) for at in np.flatnonzero(np.diff(packed.branch)) + 1 if at >= trunk] + [len(packed.tokens)]
    groups, start = [], trunk
    for here, edge in enumerate(edges[1:], 1):
        if edge - start >= GROUP or here + 1 == len(edges):
            groups.append((start, edge))
            start = edge
    full = packed.mask()
    made = []
    for first, last in groups:
        seen = int(packed.seen[first:last].max())
        mask = np.concatenate([full[first:last, :seen], full[first:last, first:last]], axis=1)
        additive = torch.zeros(mask.shape, dtype=torch.bfloat16).masked_fill_(torch.from_numpy(~mask), -1e9)
        made.append(Group(first, last, seen, additive.to(device)[None, None]))
    return Plan(trunk, tuple(made))


def register() -> str:
    """Make the attention known to transformers; its name."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _attend)
    return NAME


def _attend(_module: Any, query: Any, key: Any, value: Any, _mask: Any, **kwargs: Any) -> tuple[Any, None]:
    """Transformers' signature: query (1, heads, n, width), key and value (1, kv heads, n, width)."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention as attend

    tree: Plan = kwargs["tree"]
    times = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(times, dim=1), value.repeat_interleave(times, dim=1)
    t = tree.trunk
    parts = [attend(query[:, :, :t], key[:, :, :t], value[:, :, :t], is_causal=True)]
    for group in tree.groups:
        own = slice(group.start, group.end)
        keys = torch.cat([key[:, :, : group.trunk], key[:, :, own]], dim=2)
        values = torch.cat([value[:, :, : group.trunk], value[:, :, own]], dim=2)
        parts.append(attend(query[:, :, own], keys, values, attn_mask=group.mask.to(query.dtype)))
    return torch.cat(parts, dim=2).transpose(1, 2).contiguous(), None

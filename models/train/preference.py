"""Does preference training on the votes help the proposer? KTO on one half of the traces, scored on the other.

Each half is scored by the model that was trained on the other, against the fine-tuned model as it was. Nothing of it is
shipped unless it wins there (docs/lab-log.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from assistant.context import render_lines
from assistant.prompt import NULL, VALUE, build_prompt, plain_value
from models.bench.data import Moment
from models.bench.metrics import auc
from models.train.kto import Answer
from models.train.packing import Builder, Packed, Tokenizer
from models.train.sft import forward

# What came earlier says little (FINDINGS), and costs.
LINES = 12
SEED = 1


class Voted(NamedTuple):
    """A history with its answers as branches, and whether the majority accepted each; the first is silence."""

    moment: Moment
    packed: Packed
    accepted: tuple[bool, ...]

    def pairs(self) -> list[tuple[int, int]]:
        """(preferred, refused) branches."""
        yes = [at for at, good in enumerate(self.accepted) if good]
        no = [at for at, good in enumerate(self.accepted) if not good]
        return list(product(yes, no))


def voted(moment: Moment, tokenizer: Tokenizer) -> Voted:
    """Pack one voted history."""
    prompt = build_prompt(render_lines(moment.context)[-LINES:], tuned=True)
    made = Builder()
    made.trunk([*tokenizer.bos, *tokenizer.tokenize(prompt.prefix)])
    for line in prompt.history:
        made.trunk(tokenizer.tokenize(line))
    query, end = tokenizer.tokenize(prompt.query), len(made.tokens)
    answers = [tokenizer.tokenize(NULL)]
    answers += [
        [*tokenizer.tokenize(VALUE), *tokenizer.tokenize(plain_value(task.task or ""))] for task in moment.tasks
    ]
    for number, answer in enumerate(answers):
        made.add_branch(number, end, [*query, *answer], [0.0] * len(query) + [1.0] * len(answer))
    silence = moment.silence
    quiet = silence.valid if silence is not None else not moment.help_needed
    return Voted(moment, made.packed(moment.key, ()), (quiet, *(task.valid for task in moment.tasks)))


def answer_scores(model: Any, one: Voted) -> Any:
    """Log P(answer | history) of each branch, summed over its tokens, shape (branches,)."""
    import torch

    packed = one.packed
    hidden = forward(model, packed)
    at = torch.from_numpy(np.flatnonzero(packed.weight > 0)).to(hidden.device)
    head = model.get_base_model().lm_head
    logits = head(hidden[at].to(head.weight.dtype)).float()
    target = torch.from_numpy(packed.target).to(hidden.device)[at]
    each = -torch.nn.functional.cross_entropy(logits, target, reduction="none")
    branch = torch.from_numpy(packed.branch).to(hidden.device)[at]
    return torch.zeros(len(one.accepted), device=hidden.device).index_add(0, branch, each)


def reference(model: Any, rows: Sequence[Voted]) -> dict[str, Any]:
    """The fine-tuned model's scores, before any preference training."""
    import torch

    with torch.no_grad():
        return {one.moment.key: answer_scores(model, one) for one in rows}


def some(moments: Sequence[Moment], most: int) -> list[Moment]:
    """Histories of real traces, evenly taken: at most so many."""
    real = [moment for moment in moments if moment.real]
    return real[:: max(1, -(-len(real) // most))]


def answers_of(moments: Sequence[Moment], most: int) -> list[Answer]:
    """Voted answers of these histories, silence too, each with the majority's verdict; at most so many, drawn."""
    found = []
    for moment in moments:
        silence = moment.silence
        found.append(Answer(moment.context, None, silence.valid if silence is not None else not moment.help_needed))
        found += [Answer(moment.context, task.task, task.valid) for task in moment.tasks]
    drawn = np.random.default_rng(SEED).permutation(len(found))[:most]
    return [found[place] for place in drawn]


def figures(rows: Sequence[Voted], scores: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, float]:
    """How the scores fit the votes: pairs in the right order, AUC of accepted tasks, AUC of help wanted (real traces).

    :param before: the reference's scores: what counts is then the gain over them, as in KTO's own reward.
    """
    right = count = 0
    tasks: list[tuple[float, bool]] = []
    help_: list[tuple[float, bool]] = []
    for one in rows:
        values = scores[one.moment.key]
        gain = (values - before[one.moment.key] if before else values).tolist()
        for first, second in one.pairs():
            right, count = right + (gain[first] > gain[second]), count + 1
        tasks += list(zip(gain[1:], one.accepted[1:], strict=True))
        if one.moment.real:
            help_.append((-float(values[0]), one.moment.help_needed))
    return {"pairs": count, "right": right / max(1, count), "task_auc": auc(tasks), "help_auc": auc(help_)}


def halves(moments: Sequence[Moment]) -> tuple[list[Moment], list[Moment]]:
    """The traces dealt out in turn."""
    names = sorted({moment.trace for moment in moments})
    first = set(names[::2])
    return [m for m in moments if m.trace in first], [m for m in moments if m.trace not in first]

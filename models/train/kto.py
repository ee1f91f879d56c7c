"""Preference training: KTO (Ethayarajh et al. 2024, arXiv 2402.01306) with trl, on single answers marked good or bad.

An owner gives yes and no to one offer at a time, never a pair of offers for the same moment; that is what KTO learns
from. The reference that it may not leave too far is the adapter as it was (trl keeps a frozen copy of it).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from assistant.context import render_lines
from assistant.ports import Context
from assistant.prompt import NULL, VALUE, build_prompt, plain_value

# What came earlier says little about an offer (FINDINGS), and costs.
LINES = 6


@dataclass(frozen=True)
class KtoOptions:
    """``beta``: how dear it is to leave the reference; the learning rate is the paper's order for LoRA."""

    beta: float = 0.1
    rate: float = 5e-5
    epochs: int = 1
    batch: int = 4
    max_tokens: int = 512
    seed: int = 1
    threads: int = 2


class Answer(NamedTuple):
    """One answer to one context: ``task`` None is silence. ``good``: it was right."""

    context: Context
    task: str | None
    good: bool


def row(answer: Answer) -> dict[str, Any]:
    """As trl wants it: the prompt that serving would send, the completion, the label."""
    prompt = build_prompt(render_lines(answer.context)[-LINES:], tuned=True).text
    completion = NULL if answer.task is None else f'{VALUE}{plain_value(answer.task)}", "'
    return {"prompt": prompt, "completion": completion, "label": answer.good}


def balance(answers: Sequence[Answer]) -> tuple[float, float]:
    """(weight of good answers, of bad ones): both kinds count alike (the paper's Eq. 8)."""
    good = sum(answer.good for answer in answers)
    bad = len(answers) - good
    return (bad / good, 1.0) if 0 < good < bad else (1.0, good / bad) if 0 < bad < good else (1.0, 1.0)


def train_kto(
    model: Any,
    base: Path,
    answers: Sequence[Answer],
    folder: Path,
    options: KtoOptions,
    *,
    say: Callable[[str], None] = print,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train the adapter of ``model`` in place; True = all steps are done.

    Checkpoints go to ``folder`` and are gone on from.

    :param model: from :func:`models.train.sft.with_adapter`, its base loaded with ``attention="sdpa"``.
    :param base: the GGUF file that the tokenizer is in.
    """
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer, PrinterCallback, TrainerCallback
    from transformers.trainer_utils import get_last_checkpoint
    from trl import KTOConfig, KTOTrainer

    class Progress(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        def on_step_begin(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
            if stop():
                control.should_training_stop = True

        def on_step_end(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
            control.should_save |= control.should_training_stop

        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, float], **_: Any) -> None:
            if "loss" in logs:
                say(f"preference step {state.global_step}/{state.max_steps} loss {float(logs['loss']):.4f}")

    torch.set_num_threads(options.threads)
    good, bad = balance(answers)
    arguments = KTOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=options.batch,
        num_train_epochs=options.epochs,
        learning_rate=options.rate,
        lr_scheduler_type="cosine",
        beta=options.beta,
        max_length=options.max_tokens,
        desirable_weight=good,
        undesirable_weight=bad,
        logging_steps=1,
        save_steps=10,
        save_total_limit=1,
        seed=options.seed,
        use_cpu=not torch.cuda.is_available(),
        bf16=True,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        report_to=[],
        disable_tqdm=True,
    )
    trainer = KTOTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list([row(answer) for answer in answers]).shuffle(seed=options.seed),
        processing_class=AutoTokenizer.from_pretrained(str(base.parent), gguf_file=base.name),
        callbacks=[Progress()],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)) if folder.exists() else None)
    return bool(trainer.state.global_step >= trainer.state.max_steps)

"""The training loop: transformers' Trainer around packed scenes (:mod:`models.train.packing`).

Killed at any time, it goes on from its last whole checkpoint: the order of the data is a function of the seed alone.
It runs on as many processes as ``accelerate launch`` starts, on a GPU where there is one. A checkpoint holds the
adapter, not the base.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.train.packing import Packed, Points, Tokenizer, pack, starts
from models.train.sft import SftOptions, adapter_state, evaluate, losses, split

CURVE = "curve.jsonl"
_OPTIONS = "options.json"
_ADAPTER = "adapter.safetensors"
# Trainer writes it last.
_WHOLE = "trainer_state.json"

Say = Callable[[str], None]


class Passes:
    """All passes over the histories, one after the other, each in an order and with beginnings of its own.

    A map-style dataset: item → one packed history. The same for the same options.
    """

    def __init__(self, points: Sequence[Points], tokenizer: Tokenizer, options: SftOptions) -> None:
        self._points, self._tokenizer = points, tokenizer
        self._items: list[tuple[int, int]] = []
        for epoch in range(options.epochs):
            rng = np.random.default_rng([options.seed, epoch])
            begins = starts(points, options.seed * 1_000 + epoch)
            order = [int(i) for i in rng.permutation(len(points))]
            whole = len(points) // options.batch * options.batch
            self._items += [(i, begins[i]) for i in order[:whole]]

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, item: int) -> Packed:
        place, start = self._items[item]
        return pack(self._points[place], self._tokenizer, start=start)


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that is whole; None = there is none."""
    found = [path.parent for path in folder.glob(f"checkpoint-*/{_WHOLE}") if (path.parent / _ADAPTER).exists()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def load_adapter(model: Any, folder: Path) -> int:
    """Put the newest checkpoint's tensors into ``model``; the number of its steps.

    :raises FileNotFoundError: ``folder`` holds no checkpoint.
    """
    from safetensors.torch import load_file

    checkpoint = last_checkpoint(folder)
    if checkpoint is None:
        raise FileNotFoundError(f"no checkpoint in {folder}")
    model.load_state_dict(load_file(checkpoint / _ADAPTER), strict=False)
    return int(checkpoint.name.rpartition("-")[2])


def train(  # noqa: PLR0913 - the parts of one run
    model: Any,
    points: Sequence[Points],
    tokenizer: Tokenizer,
    decision: tuple[int, int],
    folder: Path,
    options: SftOptions,
    *,
    say: Say = print,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train ``model`` in place; True = all steps are done. A line a step goes to ``folder``/curve.jsonl.

    :param decision: (token of null, token that begins a task).
    :raises ValueError: ``folder`` holds a run with other options.
    """
    import torch
    from transformers import PrinterCallback

    torch.set_num_threads(options.threads)
    folder.mkdir(parents=True, exist_ok=True)
    _same_run(folder, options)
    training, held = split(points)
    held_packed = [pack(one, tokenizer) for one in held]
    trainer = _trainer(model, Passes(training, tokenizer, options), folder, options)
    trainer.held_figures = lambda: evaluate(model, held_packed, *decision)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_progress(folder, say, stop))
    checkpoint = last_checkpoint(folder)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return bool(trainer.state.global_step >= trainer.state.max_steps)


def _same_run(folder: Path, options: SftOptions) -> None:
    file, mine = folder / _OPTIONS, json.loads(json.dumps(options.outcome))
    if last_checkpoint(folder) is None:
        file.write_text(json.dumps(mine), encoding="utf-8")
    elif json.loads(file.read_text(encoding="utf-8")) != mine:
        raise ValueError(f"{folder} was trained with other options; give another folder or delete it")


def _module(model: Any) -> Any:
    """The model as the Trainer wants it: called with a batch it returns the loss, also through DDP's wrapper."""
    import torch

    class PackedLoss(torch.nn.Module):  # type: ignore[misc]  # torch has no types here
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, packed: Sequence[Packed]) -> dict[str, Any]:
            found = [losses(self.inner, one) for one in packed]
            return {"loss": sum(loss for loss, _ in found) / sum(weight for _, weight in found)}

    return PackedLoss()


def _trainer(model: Any, passes: Passes, folder: Path, options: SftOptions) -> Any:
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import Trainer, TrainingArguments

    class PackedTrainer(Trainer):  # type: ignore[misc]  # transformers has no types here
        held_figures: Callable[[], dict[str, float]] = dict

        def _get_train_sampler(self, *_: Any) -> Any:
            return torch.utils.data.SequentialSampler(self.train_dataset)

        def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
            found = self.held_figures()
            self.log(found)
            return found

        def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ARG002 - Trainer's
            target = Path(output_dir or folder)
            target.mkdir(parents=True, exist_ok=True)
            state = {name: value.contiguous() for name, value in adapter_state(self.model.inner).items()}
            save_file(state, str(target / _ADAPTER))

        def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
            inner = (model or self.model).inner
            inner.load_state_dict(load_file(Path(resume_from_checkpoint) / _ADAPTER), strict=False)

    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=1,  # two scenes at once cost 7.5 GB and were slower
        gradient_accumulation_steps=options.batch,
        num_train_epochs=1,
        learning_rate=options.rate,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=max(1, round(options.warmup * len(passes) / options.batch)),
        adam_beta2=0.99,
        max_grad_norm=options.clip,
        logging_steps=1,
        eval_strategy="steps",
        eval_steps=options.evaluate_every,
        save_steps=options.save_every,
        save_total_limit=2,
        seed=options.seed,
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=True,
    )
    return PackedTrainer(
        model=_module(model),
        args=arguments,
        train_dataset=passes,
        eval_dataset=[0],  # only so that Trainer asks for an evaluation: the scenes held out are in held_figures
        data_collator=lambda rows: {"packed": rows},
    )


def _progress(folder: Path, say: Say, stop: Callable[[], bool]) -> Any:
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """A line a step with the time left; the curve; stopping when asked."""

        def __init__(self) -> None:
            self._began = time.monotonic()
            self._first = 0

        def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            self._began, self._first = time.monotonic(), state.global_step
            if self._first:
                say(f"going on after step {self._first} of {state.max_steps}")

        def on_step_begin(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
            if stop():
                control.should_training_stop = control.should_save = True

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
            last = state.global_step >= state.max_steps
            control.should_evaluate |= last
            control.should_save |= last or control.should_training_stop

        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, float], **_: Any) -> None:
            spent = time.monotonic() - self._began
            known = {name: float(value) for name, value in logs.items() if name in _LOGGED}
            if not known:
                return
            with (folder / CURVE).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": state.global_step, **known, "s": round(spent, 1)}) + "\n")
            left = spent / max(1, state.global_step - self._first) * (state.max_steps - state.global_step)
            figures = " ".join(f"{name} {value:.3f}" for name, value in known.items())
            say(f"step {state.global_step}/{state.max_steps} {figures} · {left / 60:.0f} min left")

    return Progress()


_LOGGED = frozenset({"loss", "held_loss", "held_auc"})

"""The language model's part: the owner's accepted tasks → a further trained adapter, or a reason why not.

One function with one contract (:class:`Wish` → :class:`Made`), so that what does the training can be exchanged. Needs
the extra ``[train]``; gate and judge are trained without it.
"""

from __future__ import annotations

import errno
import json
import random
import shutil
import zlib
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.context import render_lines
from assistant.errors import AssistantError, SetupError
from assistant.events import Task
from assistant.ports import Context
from models.owner.records import write_whole
from models.owner.work import Paused
from models.train import NEEDED

if TYPE_CHECKING:
    from models.train.base import Ready
    from models.train.packing import Points
    from models.train.sft import SftOptions

# From so many labels on (issue 4): some 60 accepted tasks then; fewer would be learned by heart.
LORA_FROM = 200
# Scenes of the shipped corpus a history of the owner's: half and half, against forgetting when to be silent.
REPLAY = 1.0
FEWEST_SCENES = 20
# A quarter of what the shipped adapter was trained with: this one goes on from it.
RATE = 2e-4
EPOCHS = 2
SEED = 1
# Below this many accepted tasks there is nothing to learn from.
FEWEST_ACCEPTED = 10
# Preference training needs both kinds.
FEWEST_EACH = 10
# The adapter (10 MB), checkpoints with the optimizer's state (60 MB), twice.
FREE_BYTES = 200_000_000
# Enough to load it.
LEAST_CONTEXT = 512
FULL_BYTES = 80_000_000
BEFORE, OUT, WHOSE, STAGE = "before.json", "adapter.gguf", "whose.json", "kto"


class Pair(NamedTuple):
    """An offer in its context, and whether the owner accepted it; a task without response was annotated."""

    context: Context
    task: Task
    accepted: bool


class Wish(NamedTuple):
    """What to train on. ``held``: only measured; ``adapter``: where to start, None = from nothing.

    ``work``: checkpoints lie there; called again with the same folder it goes on. ``stop``: a reason to pause.
    """

    taught: Sequence[Pair]
    held: Sequence[Pair]
    adapter: Path | None
    work: Path
    say: Callable[[str], None]
    stop: Callable[[], str]


class Made(NamedTuple):
    """``adapter`` None: ``reason`` says why not. ``before``, ``after``: losses of the held-out accepted tasks."""

    adapter: Path | None
    reason: str = ""
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    min_offer: float | None = None


Lora = Callable[[Wish], Made]


class Reins:
    """A wish's ``say`` and ``stop`` as a training loop takes them; ``reason``: why it was stopped."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self.reason = ""

    def stop(self) -> bool:
        self.reason = self._wish.stop()
        return bool(self.reason)

    def say(self, line: str) -> None:
        self._wish.say(f"adapter: {line}")


class Preference(NamedTuple):
    """Where the second stage starts: the base file, the adapter's options, and the fine-tuned adapter's tensors."""

    base: Path
    options: SftOptions
    state: dict[str, Any]


Prefer = Callable[[Preference, Wish], dict[str, Any]]
"""The second stage: preference training on ``Wish.taught``, accepted and rejected → the adapter's tensors."""


def kto(start: Preference, wish: Wish) -> dict[str, Any]:
    """The second stage by KTO (:mod:`models.train.kto`); checkpoints lie in ``work``/kto and are gone on from."""
    from models.train import sft
    from models.train.kto import Answer, KtoOptions, train_kto

    answers = [Answer(pair.context, pair.task.task, pair.accepted) for pair in wish.taught]
    yes = sum(answer.good for answer in answers)
    if min(yes, len(answers) - yes) < FEWEST_EACH:
        wish.say(f"adapter: no preference training with {yes} accepted and {len(answers) - yes} rejected tasks")
        return start.state
    model = sft.with_adapter(sft.load_base(start.base, attention="sdpa"), start.options)
    model.load_state_dict(start.state, strict=False)
    reins = Reins(wish)
    if not train_kto(model, start.base, answers, wish.work / STAGE, KtoOptions(), say=reins.say, stop=reins.stop):
        raise Paused(reins.reason)
    return sft.adapter_state(model)


def why_not() -> str:
    """What is missing for it, '' when nothing is."""
    from importlib.util import find_spec

    missing = [name for name in NEEDED if find_spec(name) is None]
    if not missing:
        return ""
    return f"the adapter needs {', '.join(missing)}: pip install 'proactive-assistant[train]'"


def histories(pairs: Sequence[Pair]) -> list[Points]:
    """Accepted tasks as histories: the answer is known after the last line only; of the other lines nobody knows."""
    from models.train.packing import Points

    found = []
    for number, pair in enumerate(pairs):
        lines = tuple(render_lines(pair.context))
        if pair.accepted and lines:
            answers = (*[None] * (len(lines) - 1), (pair.task,))
            found.append(Points(_name(number), lines, answers, task_only=not pair.task.response))
    return found


def _name(number: int) -> str:
    """One that the training does not hold out for its own curve: what is held out here are the newest labels."""
    from models.train.sft import HOLD_OUT

    names = (f"owner-{number}-{spare}" for spare in count())
    return next(name for name in names if zlib.crc32(name.encode()) % HOLD_OUT)


def replayed(points: Sequence[Points], own: int) -> list[Points]:
    """The share of the shipped corpus that is learned again beside ``own`` histories."""
    share = min(len(points), max(FEWEST_SCENES, round(REPLAY * own)))
    return random.Random(SEED).sample(list(points), share)  # noqa: S311 - seeded, not cryptography


def train_lora(wish: Wish, prefer: Prefer | None = None) -> Made:
    """Fine-tune on the accepted tasks and a share of the corpus; then ``prefer``, where given, on yes and no.

    :raises Paused: ``stop`` gave a reason; called again, it goes on.
    """
    own = histories(wish.taught)
    held = histories(wish.held)
    if len(own) < FEWEST_ACCEPTED or not held:
        return Made(None, f"{len(own)} accepted tasks to learn from, {len(held)} to measure it on: too few")
    if why := why_not():
        return Made(None, why)
    wish.work.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(wish.work).free < FREE_BYTES:
        return Made(None, f"training it needs {FREE_BYTES // 1_000_000} MB of free disk space")
    from models.train.base import ready

    try:
        parts = ready()
    except AssistantError as error:
        return Made(None, error.explain())
    try:
        return _train(wish, parts, own, held, prefer)
    except AssistantError as error:
        return Made(None, error.explain())
    except RuntimeError as error:  # what torch says when a checkpoint finds no room
        if shutil.disk_usage(wish.work).free < FULL_BYTES:
            raise OSError(errno.ENOSPC, "no space for a checkpoint") from error
        raise
    finally:
        parts.tokenizer.close()


def _train(wish: Wish, parts: Ready, own: list[Points], held: list[Points], prefer: Prefer | None) -> Made:
    from models.runtime import Runtime
    from models.train import export, loop, sft
    from models.train.base import own_level
    from models.train.packing import pack

    model, options = _start(wish, parts)
    packed = [pack(one, parts.tokenizer) for one in held]
    before = _remembered(wish.work / BEFORE, lambda: _losses(model, packed))
    taught, kept = sft.split(parts.points)
    points = [*own, *replayed(taught, len(own))]
    _same(wish.work, (points, options.outcome, wish.adapter))
    wish.say(f"adapter: {len(own)} accepted tasks and {len(points) - len(own)} scenes of the corpus")
    reins = Reins(wish)
    done = loop.train(
        model, points, parts.tokenizer, parts.decision, wish.work, options, say=reins.say, stop=reins.stop
    )
    if not done:
        raise Paused(reins.reason)
    if prefer is not None:
        model.load_state_dict(prefer(Preference(parts.base, options, sft.adapter_state(model)), wish), strict=False)
    file = wish.work / OUT
    export.write_adapter(file, sft.adapter_state(model), model.config, options)
    # What llama.cpp refuses must never become what serves.
    Runtime(parts.base, context_tokens=LEAST_CONTEXT, threads=1, adapter=file).close()
    level = own_level(model, [pack(one, parts.tokenizer) for one in kept], parts.decision)
    after = _losses(model, packed)
    return Made(file, f"held-out corpus AUC {level['held_out']['auc']}", before, after, level["min_offer"])


def _start(wish: Wish, parts: Ready) -> tuple[Any, SftOptions]:
    """The base with the adapter that serves now, and how to go on training it.

    :raises SetupError: the adapter is another model's.
    """
    from models.train import sft
    from models.train.base import start_from

    options = sft.SftOptions(epochs=EPOCHS, rate=RATE, seed=SEED)
    model = sft.with_adapter(sft.load_base(parts.base), options)
    if wish.adapter is not None:
        try:
            start_from(model, wish.adapter)
        except (ValueError, RuntimeError, KeyError, IndexError) as error:
            raise SetupError(
                f"The adapter {wish.adapter} cannot be trained further: {error}", hint="assistant model rollback."
            ) from error
    return model, options


def _same(work: Path, made_from: object) -> None:
    """Checkpoints of other histories, options or another start are no use."""
    import hashlib

    mark = hashlib.sha256(repr(made_from).encode()).hexdigest()
    file = work / WHOSE
    if file.exists() and json.loads(file.read_text(encoding="utf-8")) == mark:
        return
    for checkpoint in (*work.glob("checkpoint-*"), work / STAGE):
        shutil.rmtree(checkpoint, ignore_errors=True)
    write_whole(file, json.dumps(mark))


def _remembered(file: Path, measure: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
    """Measured once: after a pause the model is no longer as it was at the start."""
    if not file.exists():
        write_whole(file, json.dumps(measure()))
    return tuple(json.loads(file.read_text(encoding="utf-8")))


def _losses(model: Any, packed: Sequence[Any]) -> tuple[float, ...]:
    """Cross-entropy of each held-out accepted task, nats a weighted token."""
    import torch

    from models.train import sft

    with torch.no_grad():
        pairs = [sft.losses(model, one) for one in packed]
    return tuple(float(loss) / float(weight) for loss, weight in pairs)

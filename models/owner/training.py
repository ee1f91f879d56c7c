"""``assistant train``: labels → gate, judge and adapter → proof → a new version that serves, or is kept aside."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import filelock

from assistant.errors import EnvironmentFault, SetupError
from assistant.labels import Label
from models.owner import page
from models.owner.dataset import HINT, Split, check, counts, split
from models.owner.lora import LORA_FROM, Lora, Made, Pair, Wish
from models.owner.model import GATE, JUDGE, Parts, load_parts, save_parts
from models.owner.parts import Fitted, Question, fit_part, gate_question, judge_question
from models.owner.proof import RULE, decide_losses
from models.owner.records import SHIPPED, Manifest
from models.owner.work import LORA, Paused, Progress, Work, go_on, open_work
from models.registry import ADAPTER, GATE_FILE, WORK, Registry
from models.shipped import Serving

LOCK = "train.lock"
ADAPTER_PART = "adapter"
FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


@dataclass(frozen=True)
class Desk:
    """What a training is given.

    ``stop``: a reason to pause, '' = go on; ``pairs``: offers with their whole tasks; ``again``: reads the labels anew,
    so that nothing is published that was forgotten meanwhile.
    """

    registry: Registry
    labels: Sequence[Label]
    say: Callable[[str], None]
    stop: Callable[[], str] = lambda: ""
    pairs: Callable[[Sequence[Label]], list[Pair]] = lambda _labels: []
    again: Callable[[], Sequence[Label]] | None = None
    lora: Lora | None = None
    no_lora: str = ""
    mono: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time


class Ended(NamedTuple):
    """What came of it. ``promoted``: the new version serves now."""

    version: str
    promoted: bool
    reason: str
    page: Path | None


class Found(NamedTuple):
    """What was fitted and measured, before anything is written."""

    fitted: dict[str, Fitted]
    made: Made | None
    better: dict[str, bool]
    reasons: dict[str, str]


def train(desk: Desk) -> Ended:
    """Train and decide; what serves changes at the very end, at once, or not at all.

    :raises SetupError: there are too few labels, or only of one kind; or another training runs.
    :raises EnvironmentFault: the disk is full. What serves goes on serving.
    :raises Paused: ``stop`` said so; the next call goes on.
    """
    desk.say("Labels: " + (", ".join(f"{n} {kind}" for kind, n in counts(desk.labels).items()) or "none"))
    check(desk.labels)
    folder = desk.registry.folder
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with filelock.FileLock(folder / LOCK, mode=0o600).acquire(timeout=0):
            return _train(desk)
    except filelock.Timeout as error:
        raise SetupError("A training is running already.", hint="Wait for it; `assistant status` tells.") from error
    except OSError as error:
        desk.registry.sweep()
        if error.errno in FULL:
            raise EnvironmentFault(
                "The disk is full: training stopped, and the model is the one that served before.",
                hint="Free some space, then `assistant train` goes on.",
            ) from error
        raise


def _train(desk: Desk) -> Ended:
    work, labels = open_work(desk.registry.folder / WORK, desk.labels)
    if (ended := _finish(desk, work)) is not None:
        return ended
    if work.going_on:
        desk.say("Going on where the last training stopped.")
    parts, serving, root = split(labels), desk.registry.active(), desk.registry.load(SHIPPED)
    if serving.note:
        desk.say(serving.note)
    questions = _questions(parts, root, serving)
    if all(question.refusal for question in questions):
        work.done()
        raise SetupError(f"Nothing was changed: {questions[0].refusal}.", hint=HINT)
    found = _fit(desk, work, questions, parts, serving)
    return _publish(desk, work, parts, serving, found)


def _questions(parts: Split, root: Serving, serving: Serving) -> list[Question]:
    questions = [gate_question(parts.taught, parts.held, root.gate, serving.gate)]
    if root.judge is not None and serving.judge is not None:
        questions.append(judge_question(parts.taught, parts.held, root.judge, serving.judge))
    return questions


def _fit(desk: Desk, work: Work, questions: Sequence[Question], parts: Split, serving: Serving) -> Found:
    progress = Progress(sum(question.steps for question in questions), desk.say, desk.stop, desk.mono)
    fitted, better, reasons = {}, {}, {}
    for question in questions:
        name = question.name
        if question.refusal:
            better[name], reasons[name] = False, f"as it was: {question.refusal}"
        else:
            fitted[name] = fit_part(question, work, progress.step)
            better[name], reasons[name] = fitted[name].verdict.better, fitted[name].verdict.reason
        desk.say(f"{name}: {reasons[name]}")
    made, better[ADAPTER_PART], reasons[ADAPTER_PART] = _adapter(desk, work, parts, serving)
    desk.say(f"adapter: {reasons[ADAPTER_PART]}")
    return Found(fitted, made, better, reasons)


def _adapter(desk: Desk, work: Work, parts: Split, serving: Serving) -> tuple[Made | None, bool, str]:
    """The language model's part, from ``LORA_FROM`` labels on."""
    count = len(parts.taught) + len(parts.held)
    if count < LORA_FROM:
        return None, False, f"as it was: {count} labels; from {LORA_FROM} on it is trained too"
    if desk.lora is None:
        return None, False, f"as it was: {desk.no_lora}"
    go_on(desk.stop)
    taught, held = desk.pairs(parts.taught), desk.pairs(parts.held)
    made = desk.lora(Wish(taught, held, serving.adapter, work.folder / LORA, desk.say, desk.stop))
    if made.adapter is None:
        return None, False, f"as it was: {made.reason}"
    return made, *decide_losses(made.before, made.after)


def _publish(desk: Desk, work: Work, parts: Split, serving: Serving, found: Found) -> Ended:
    if desk.again is not None and not work.still(desk.again()):
        work.done()
        raise Paused("something that it learned from was forgotten meanwhile; it starts over")
    registry, promoted = desk.registry, any(found.better.values())
    old = load_parts(registry.folder / serving.version / GATE_FILE) if serving.version != SHIPPED else Parts()
    # Kept aside, it holds what was tried; promoted, only what proved better.
    new = {name: fitted.part for name, fitted in found.fitted.items() if found.better[name] or not promoted}
    chosen = Parts(new.get(GATE, old.gate), new.get(JUDGE, old.judge))
    with registry.building() as (name, part):
        save_parts(part / GATE_FILE, chosen)
        adapter = _place_adapter(part, serving, found, promoted=promoted)
        whose = {one: "new" if one in new else serving.version for one in (GATE, JUDGE)}
        about = Manifest(
            version=name,
            parent=serving.version,
            made_at=desk.now(),
            base_gate=registry.gate_hash(),
            base_model=registry.model_hash() if adapter else "",
            files={},
            labels=counts(desk.labels),
            taught=len(parts.taught),
            held=len(parts.held),
            taught_until=parts.taught[-1].at if parts.taught else 0.0,
            parts={**whose, ADAPTER_PART: adapter or SHIPPED},
            metrics=_metrics(found),
            min_offer=_level(serving, found, adapter),
            promoted=promoted,
            reason="; ".join(f"{one} {why}" for one, why in found.reasons.items()),
        )
        page.write(part, about, found.fitted, RULE)
        work.save(candidate=name)
        registry.publish(part, about)
    ended = _finish(desk, work)
    assert ended is not None  # noqa: S101 - it was published just now
    return ended


def _place_adapter(part: Path, serving: Serving, found: Found, *, promoted: bool) -> str:
    """Put the adapter beside, when it is one of the owner's: 'new', the version that it is from, or ''."""
    made = found.made
    if made is not None and made.adapter is not None and (found.better[ADAPTER_PART] or not promoted):
        shutil.copyfile(made.adapter, part / ADAPTER)
        return "new"
    if serving.version != SHIPPED and serving.adapter is not None and serving.adapter.parent.name == serving.version:
        shutil.copyfile(serving.adapter, part / ADAPTER)
        return serving.version
    return ""


def _level(serving: Serving, found: Found, adapter: str) -> float | None:
    if adapter == "new" and found.made is not None:
        return found.made.min_offer
    return serving.min_offer if adapter else None


def _metrics(found: Found) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        name: {**one.verdict.as_json(), "spread": one.spread, "threshold": one.part.threshold, "curve": one.curve}
        for name, one in found.fitted.items()
    }
    if found.made is not None:
        metrics[ADAPTER_PART] = {"before": found.made.before, "after": found.made.after, "about": found.made.reason}
    return metrics


def _finish(desk: Desk, work: Work) -> Ended | None:
    """Switch to the candidate if it was proven better; also after a kill between publishing and switching."""
    name, registry = work.state.candidate, desk.registry
    if not name or name not in registry.names():
        return None
    about = registry.manifest(name)
    if about.promoted and registry.pointer().version != name:
        registry.use(name, f"proven better than {about.parent}")
    work.done()
    registry.prune()
    return Ended(name, about.promoted, about.reason, registry.folder / name / page.PAGE)

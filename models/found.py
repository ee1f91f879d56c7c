"""From what the model wrote to what may be offered, or the reason why nothing is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from assistant.events import Task
from assistant.prompt import OPERATIONS
from models.decode import Written
from models.worth import says_nothing, unfit


class Found(NamedTuple):
    """Tasks with P(accepted), or why there are none."""

    tasks: tuple[Task, ...]
    p_accept: tuple[float, ...]
    reason: str


def add(total: Written, written: Written) -> None:
    """Count what one more attempt cost."""
    total.evaluated_tokens += written.evaluated_tokens
    total.output_tokens += written.output_tokens
    total.p_offer = max(total.p_offer, written.p_offer) if not written.given else total.p_offer


def refusal(ranked: Sequence[tuple[float, str]], reasons: Mapping[str, str], last: Written, *, cancelled: bool) -> str:
    """Why nothing is offered."""
    if cancelled:
        return "cancelled"
    if ranked:
        return f"the judge gives the best of {len(reasons)} drafts only {ranked[0][0]:.2f}"
    if reasons:
        return next(iter(reasons.values()))
    if last.stopped:
        return "no time left"
    return "the model found no end" if last.values.get("task") else "the model has nothing to offer"


def as_task(written: Written, sentences: Sequence[str], *, cancelled: bool) -> tuple[Task | None, str]:
    """A valid Task or the reason why there is none."""
    text = written.values.get("task", "")
    if cancelled:
        return None, "cancelled"
    if not written.task_complete:
        if written.stopped:
            return None, "no time left"
        return None, "the model found no end" if text else "the model has nothing to offer"
    if reason := unfit(text, sentences):
        return None, reason
    return _checked({"operation": OPERATIONS[0]} | written.values, sentences, stopped=written.stopped)


def _checked(values: Mapping[str, str], sentences: Sequence[str], *, stopped: bool) -> tuple[Task | None, str]:
    try:
        task = Task(**{name: value[: _LONGEST[name]] for name, value in _said_once(values).items()})
    except ValidationError:
        return None, "the model's answer does not fit"
    if reason := says_nothing(task, sentences):
        return None, "no time left" if stopped and not task.response else reason
    return task, ""


def _said_once(values: Mapping[str, str]) -> dict[str, str]:
    """Without what stands in a field before: a small model often says one thing twice."""
    said: set[str] = set()
    once = dict(values)
    for name in ("task", "purpose", "thoughts", "response"):
        plain = values.get(name, "").casefold().strip(" .")
        if plain in said:
            once[name] = ""
        said.add(plain)
    return once


# How long a value Task takes, by attribute.
_LONGEST = {
    name: next((m.max_length for m in info.metadata if hasattr(m, "max_length")), None)
    for name, info in Task.model_fields.items()
}

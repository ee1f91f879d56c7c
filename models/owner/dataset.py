"""Labels → rows for gate and judge, and the last fifth in time put aside for the proof. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assistant.context import render_lines
from assistant.errors import SetupError
from assistant.label_store import newest
from assistant.labels import Label
from assistant.ports import Gate, Judge
from models.owner.features import gate_features, judge_features, log_odds
from models.owner.fit import Row

# The newest fifth decides and is never learned from (issue 4).
HELD_OUT = 0.2
# With fewer the newest fifth has not even eight labels: no interval would ever be clear of zero.
FEWEST = 40
# Twelve suggestions a day give 1,080 in the 90 days that are kept; more is annotation. Bounds the kernel to 128 MB.
MOST = 4_000
# Other people's verdicts, read in for research, are not this owner's taste.
IMPORTED = "import"
HINT = "Answer a few suggestions, tell when help was missed, or annotate; then try again."


class Split(NamedTuple):
    """Labels to learn from, and those that decide, both oldest first."""

    taught: tuple[Label, ...]
    held: tuple[Label, ...]


class Rows(NamedTuple):
    """The rows of one model, with the labels that they come from, in the same order."""

    rows: tuple[Row, ...]
    labels: tuple[Label, ...]


def counts(labels: Iterable[Label]) -> dict[str, int]:
    """How many labels there are of each outcome, the frequent first."""
    return dict(Counter(label.kind.value for label in labels).most_common())


def usable(labels: Iterable[Label], until: float = float("inf")) -> list[Label]:
    """Labels that say something, the latest word of each person on each offer, oldest first, the newest ``MOST``."""
    said = [
        label
        for label in labels
        if label.context.events
        and label.at <= until
        and label.source != IMPORTED
        and (label.wanted is not None or label.accepted is not None)
    ]
    return newest(said)[-MOST:]


def moment(label: Label) -> tuple[float, int]:
    """Which moment a label speaks of: several people, or several tasks, may share one."""
    return label.context.now, label.context.events[-1].id


def split(labels: Sequence[Label]) -> Split:
    """The newest fifth decides; what speaks of one of its moments is not learned from either.

    :param labels: from :func:`usable`.
    """
    edge = len(labels) - round(HELD_OUT * len(labels))
    held = tuple(labels[edge:])
    decided = {moment(label) for label in held}
    return Split(tuple(label for label in labels[:edge] if moment(label) not in decided), held)


def gate_rows(labels: Sequence[Label], base: Gate) -> Rows:
    """What the gate learns from: whether help was wanted."""
    chosen = tuple(label for label in labels if label.wanted is not None and label.wanted_weight > 0)
    return Rows(tuple(_gate_row(label, base) for label in chosen), chosen)


def _gate_row(label: Label, base: Gate) -> Row:
    prior = log_odds(base.judge(label.context).p_help)
    return Row(gate_features(label.context, prior), prior, float(bool(label.wanted)), label.wanted_weight, label.at)


def judge_rows(labels: Sequence[Label], base: Judge) -> Rows:
    """What the judge learns from: whether the task was right."""
    chosen = tuple(label for label in labels if label.accepted is not None and label.accepted_weight > 0 and label.task)
    return Rows(tuple(_judge_row(label, base) for label in chosen), chosen)


def _judge_row(label: Label, base: Judge) -> Row:
    prior = log_odds(base.p_accept(label.context, label.task))
    example = judge_features(label.context, label.task, prior)
    return Row(example, prior, float(bool(label.accepted)), label.accepted_weight, label.at)


def refusal(rows: Sequence[Row], held: Sequence[Row], what: str) -> str:
    """Why nothing can be learned from these, '' when it can."""
    count = len(rows) + len(held)
    if count < FEWEST:
        return f"{count} labels say something about {what}; from {FEWEST} on it is trained"
    if len({row.target for row in rows}) < 2:  # noqa: PLR2004 - yes and no
        word = "yes" if rows[0].target else "no"
        return f"all {len(rows)} older labels say {word} about {what}: there is nothing to tell apart"
    return ""


def check(labels: Sequence[Label]) -> None:
    """Refuse what nothing can be learned from.

    :raises SetupError: in words.
    """
    if not labels:
        raise SetupError("There are no labels yet: nothing was answered, so there is nothing to learn.", hint=HINT)


def fingerprint(labels: Sequence[Label]) -> str:
    """A short name for exactly these labels: an interrupted training goes on only with the same ones."""
    import hashlib

    said = [(one.at, one.kind.value, one.reason, one.task, one.suggestion_id, render_lines(one.context))
            for one in labels]  # fmt: skip
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

"""The work folder of a training: what is done already, so that it goes on after a pause, a crash or a kill.

It holds no text of the owner's, only which labels were meant: they are read again from the store, and if any was
forgotten meanwhile the training starts over without it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import Field

from assistant.errors import SetupError
from assistant.events import Frozen
from assistant.labels import Label
from models.owner.dataset import fingerprint, usable
from models.owner.model import Part, Parts, load_parts, save_parts
from models.owner.records import write_whole

STATE = "state.json"
LORA = "lora"
# A line at most so often, s.
SAY_S = 1.0
MINUTE_S = 60.0


class Paused(Exception):  # noqa: N818 - not an error: somebody asked for it
    """Training stopped half way; ``str`` says why. It goes on from there next time."""


class State(Frozen):
    """Which labels are learned from, which parts are fitted, and the version that came of it ('' = not yet)."""

    until: float
    labels: str
    spreads: dict[str, float] = Field(default_factory=dict)
    candidate: str = ""


class Work:
    """One training's folder."""

    def __init__(self, folder: Path, state: State) -> None:
        self.folder, self.state = folder, state

    @property
    def going_on(self) -> bool:
        """Something of it was done before."""
        return bool(self.state.spreads or self.state.candidate or (self.folder / LORA).exists())

    def still(self, labels: Sequence[Label]) -> bool:
        """Whether the labels that were meant are all there, as they were."""
        return fingerprint(usable(labels, self.state.until)) == self.state.labels

    def save(self, **changes: object) -> None:
        """Note what is done.

        :raises EnvironmentFault: the disk is full.
        """
        self.state = self.state.model_copy(update=changes)
        write_whole(self.folder / STATE, self.state.model_dump_json() + "\n")

    def keep(self, name: str, part: Part, spread: float) -> None:
        """Keep a fitted part."""
        save_parts(self.folder / f"{name}.npz", Parts(gate=part))
        self.save(spreads=self.state.spreads | {name: spread})

    def kept(self, name: str) -> tuple[Part, float] | None:
        """What :meth:`keep` kept, None when there is nothing whole."""
        if name not in self.state.spreads:
            return None
        try:
            part = load_parts(self.folder / f"{name}.npz").gate
        except SetupError:
            return None
        return None if part is None else (part, self.state.spreads[name])

    def done(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def open_work(folder: Path, labels: Sequence[Label]) -> tuple[Work, list[Label]]:
    """Go on with what lies in ``folder``, or begin anew; and the labels to learn from.

    :raises EnvironmentFault: the disk is full.
    """
    state = _read(folder / STATE)
    if state is not None:
        same = usable(labels, state.until)
        if fingerprint(same) == state.labels:
            return Work(folder, state), same
        shutil.rmtree(folder, ignore_errors=True)
    chosen = usable(labels)
    work = Work(folder, State(until=chosen[-1].at if chosen else 0.0, labels=fingerprint(chosen)))
    work.save()
    return work, chosen


def _read(file: Path) -> State | None:
    try:
        return State.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


class Progress:
    """Counts steps, says how long it will take, and stops when asked to."""

    def __init__(
        self, total: int, say: Callable[[str], None], stop: Callable[[], str], mono: Callable[[], float]
    ) -> None:
        self._total, self._say, self._stop, self._mono = total, say, stop, mono
        self._done, self._began, self._said = 0, mono(), mono()

    def step(self, what: str, steps: int = 1) -> None:
        """Another step is done.

        :raises Paused: ``stop`` gave a reason.
        """
        self._done += steps
        now = self._mono()
        if now - self._said >= SAY_S:
            self._said = now
            left = (now - self._began) / self._done * max(0, self._total - self._done)
            self._say(f"{what}: step {self._done} of {self._total}, {duration(left)} left")
        go_on(self._stop)


def go_on(stop: Callable[[], str]) -> None:
    """Go on unless there is a reason not to.

    :raises Paused: there is.
    """
    if reason := stop():
        raise Paused(reason)


def duration(seconds: float) -> str:
    """In words."""
    return f"{seconds:.0f} s" if seconds < 2 * MINUTE_S else f"{seconds / MINUTE_S:.0f} min"

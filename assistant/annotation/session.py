"""One person's walk through points: position, selection, skip, undo, resume. Pure: no window, no store, no time.

Whatever changes the record comes back as rows. They count once :meth:`Session.take` is told that they are stored, so
a session that was killed and made again from the stored rows stands where the old one stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from assistant.annotation.answers import Answer, Key, standing
from assistant.clock import IdFactory
from assistant.traces import Annotation, Said

MAX_CHOICES: Final = 5


class Choice(NamedTuple):
    """A task to choose, with the id that is stored."""

    id: int
    task: str


@dataclass(frozen=True)
class Stop:
    """One point of the walk. ``title`` says where it is: the trace's name, or the day."""

    trace_id: int
    position: int
    title: str
    choices: tuple[Choice, ...] = ()

    @property
    def point(self) -> Key:
        return self.trace_id, self.position


class Session:
    """Stops in order, and what one annotator said about them so far."""

    def __init__(
        self,
        stops: Sequence[Stop],
        rows: Iterable[Annotation],
        annotator: str,
        ids: IdFactory,
        *,
        revisit: bool = False,
    ) -> None:
        """Stand at the first open stop.

        :param rows: what is stored; other annotators' rows are left out of account.
        :param revisit: stops that were skipped before count as open.
        """
        self.annotator, self._ids = annotator, ids
        self._stops = list(stops)
        self._rows = [row for row in rows if row.annotator == annotator]
        self._answers: dict[Key, Answer] = {}
        self._again: set[Key] = set()
        self._count()
        if revisit:
            self._again = {point for point, answer in self._answers.items() if answer.skipped}
        self.selected: frozenset[int] = frozenset()
        self.none = False
        self._index = self._next_open(0)

    # ------------------------------------------------------------------ looking

    @property
    def index(self) -> int:
        """Number of the current stop from 0; as many as there are stops = all are done."""
        return self._index

    @property
    def current(self) -> Stop | None:
        return self._stops[self._index] if self._index < len(self._stops) else None

    def ahead(self, count: int) -> list[Stop]:
        """The current stop and open ones after it, ``count`` at most."""
        return [stop for stop in self._stops[self._index :] if self._open(stop.point)][:count]

    @property
    def total(self) -> int:
        return len(self._stops)

    @property
    def answered(self) -> int:
        """Stops with an answer that is no skip."""
        return sum(not answer.skipped for answer in self._mine())

    @property
    def skipped(self) -> int:
        return sum(answer.skipped for answer in self._mine())

    @property
    def can_undo(self) -> bool:
        return bool(self._mine())

    # ------------------------------------------------------------------ choosing

    def toggle(self, number: int) -> bool:
        """Choose task ``number`` (from 1), or choose it no more; False when there is no such task."""
        if self.current is None or not 1 <= number <= len(self.current.choices):
            return False
        self.selected, self.none = self.selected ^ {number}, False
        return True

    def choose_none(self) -> bool:
        """Choose 'none of these', or choose it no more; it goes with nothing else."""
        if self.current is None:
            return False
        self.selected, self.none = frozenset(), not self.none
        return True

    # ------------------------------------------------------------------ rows to store

    def confirm(self, at: float) -> tuple[Annotation, ...]:
        """The rows of this answer; () while nothing is chosen."""
        if self.current is None or not (self.selected or self.none):
            return ()
        answer = self._new_id()
        rows = [self._row(answer, at, Said.NONE)] if self.none else []
        for number, choice in enumerate(self.current.choices, 1):
            said = Said.ACCEPTED if number in self.selected else Said.REJECTED
            rows.append(self._row(answer, at, said, choice.id))
        return tuple(rows)

    def skip(self, at: float) -> tuple[Annotation, ...]:
        """The row of a skip; () at the end."""
        return (self._row(self._new_id(), at, Said.SKIPPED),) if self.current else ()

    def undo(self, at: float) -> tuple[Annotation, ...]:
        """The row that undoes the latest answer or skip; () when there is none."""
        mine = self._mine()
        if not mine:
            return ()
        last = max(mine, key=lambda answer: answer.id)
        row = Annotation(
            answer=last.id,
            trace_id=last.trace_id,
            position=last.position,
            annotator=self.annotator,
            at=at,
            said=Said.UNDONE,
        )
        return (row,)

    def take(self, rows: Sequence[Annotation]) -> None:
        """The rows are stored: go on to the next open stop, or back to the one that is open again."""
        if not rows:
            return
        point = rows[0].trace_id, rows[0].position
        undone = self._answers.get(point) if rows[0].said is Said.UNDONE else None
        self._rows += rows
        self._count()
        # Open, although an earlier skip may stand there.
        self._again = self._again | {point} if undone else self._again - {point}
        self._go(self._next_open(next((n for n, stop in enumerate(self._stops) if stop.point == point), 0)))
        if undone is not None:
            self._select(undone)

    # ------------------------------------------------------------------ changes from outside

    def offer(self, point: Key, choices: Sequence[Choice]) -> None:
        """There are other tasks at ``point`` now (drafts came in)."""
        self._stops = [
            replace(stop, choices=tuple(choices[:MAX_CHOICES])) if stop.point == point else stop for stop in self._stops
        ]

    def drop(self, point: Key) -> None:
        """What was recorded at ``point`` has been erased: leave it out."""
        self._stops = [stop for stop in self._stops if stop.point != point]
        self._rows = [row for row in self._rows if (row.trace_id, row.position) != point]
        self._count()
        self._go(self._next_open(min(self._index, len(self._stops))))

    # ------------------------------------------------------------------ pieces

    def _count(self) -> None:
        self._answers = {answer.point: answer for answer in standing(self._rows)}

    def _mine(self) -> list[Answer]:
        """Answers at the stops of this session."""
        return [self._answers[stop.point] for stop in self._stops if stop.point in self._answers]

    def _next_open(self, start: int) -> int:
        """The first open stop from ``start`` on, else the first of all, else the end."""
        order = [*range(start, len(self._stops)), *range(start)]
        return next((n for n in order if self._open(self._stops[n].point)), len(self._stops))

    def _open(self, point: Key) -> bool:
        return point not in self._answers or point in self._again

    def _go(self, index: int) -> None:
        self._index, self.selected, self.none = index, frozenset(), False

    def _select(self, answer: Answer) -> None:
        choices = self.current.choices if self.current else ()
        self.selected = frozenset(n for n, choice in enumerate(choices, 1) if choice.id in answer.accepted)
        self.none = answer.none

    def _new_id(self) -> int:
        """Larger than every id before it, also when the clock went back since."""
        return max(self._ids(), max((row.answer for row in self._rows), default=0) + 1)

    def _row(self, answer: int, at: float, said: Said, candidate_id: int | None = None) -> Annotation:
        stop = self._stops[self._index]
        return Annotation(
            answer=answer,
            trace_id=stop.trace_id,
            position=stop.position,
            annotator=self.annotator,
            at=at,
            said=said,
            candidate_id=candidate_id,
        )

"""Leave-one-trace-out, and the guard that keeps the scored trace out of everything that is fitted.

Whatever learns (weights, thresholds, calibration, document frequencies) takes its rows through :meth:`Guard.admit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from assistant.errors import InternalError

Use = Literal["fit", "threshold", "calibration"]


class Row(Protocol):
    """Anything that is of one trace and one history."""

    @property
    def trace(self) -> str: ...

    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=Row)


class LeakError(InternalError):
    """A row of the scored trace was about to be learned from."""


@dataclass(frozen=True)
class Guard:
    """Refuses rows of the traces, or with the histories, that are being scored."""

    traces: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    def admit(self, rows: Iterable[R], use: Use) -> tuple[R, ...]:
        """Give the rows back.

        :raises LeakError: one of them belongs to what is scored.
        """
        rows = tuple(rows)
        for row in rows:
            if row.trace in self.traces or row.key in self.keys:
                raise LeakError(f"A row of the scored trace {row.trace} reached {use}.")
        return rows

    def also(self, scored: Sequence[Row]) -> Guard:
        """Refuse these rows' traces and histories too."""
        return Guard(self.traces | {row.trace for row in scored}, self.keys | {row.key for row in scored})


OPEN = Guard()


def folds(rows: Sequence[R], guard: Guard = OPEN) -> Iterator[tuple[tuple[R, ...], tuple[R, ...], Guard]]:
    """(training rows, scored rows, guard) for each trace in turn; inside a fold, pass its guard on."""
    for trace in sorted({row.trace for row in rows}):
        scored = tuple(row for row in rows if row.trace == trace)
        yield tuple(row for row in rows if row.trace != trace), scored, guard.also(scored)


def inner_folds(rows: Sequence[R], guard: Guard) -> Iterator[tuple[tuple[R, ...], tuple[R, ...], Guard]]:
    """Folds inside a fold, for calibration and thresholds; a single trace has to be its own judge of itself."""
    if len({row.trace for row in rows}) == 1:
        yield tuple(rows), tuple(rows), guard
    else:
        yield from folds(rows, guard)

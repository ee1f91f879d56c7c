"""What lies in the writer's queue, and what can be said about it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from assistant.store.ops import Call, Op

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WriterHealth:
    """How the writer is doing. Counts are rows since its start; times are wall time, 0 = never."""

    queued: int = 0
    committed: int = 0
    dropped: int = 0
    last_error: str = ""
    last_commit_at: float = 0.0


@dataclass(frozen=True)
class Job:
    """What one submit handed over: its rows, or one call."""

    ops: tuple[Op, ...]
    on_commit: Callable[[], None] | None
    arrived: float
    call: Call | None = None

    @property
    def rows(self) -> int:
        """How much of the queue it takes."""
        return max(1, len(self.ops))


def may_pass(error: Exception) -> bool:
    """Whether the same rows may be stored later: the disk's, a lock's or the file's fault, not theirs."""
    return isinstance(error, sqlite3.OperationalError | OSError) or type(error) is sqlite3.DatabaseError


def tell(jobs: list[Job]) -> None:
    """Call the listeners of ``jobs``, whose rows are committed."""
    for job in jobs:
        if job.on_commit is None:
            continue
        try:
            job.on_commit()
        except Exception:
            log.exception("a listener for commits failed")

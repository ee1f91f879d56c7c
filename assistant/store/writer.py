"""The only writer: one thread owns the writing connection; callers hand over rows and go on at once."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from sqlite_utils import Database

from assistant.clock import Clock
from assistant.errors import EnvironmentFault
from assistant.events import Gap
from assistant.settings import Storage
from assistant.store.connection import immediate
from assistant.store.jobs import Job, WriterHealth, may_pass, tell
from assistant.store.ops import (
    Call,
    Forgotten,
    MarkShown,
    Op,
    PutDecision,
    PutEvent,
    PutGap,
    PutMark,
    PutOutcome,
    PutSuggestion,
    SetMeta,
    apply,
    coalesce,
)

__all__ = [
    "MarkShown",
    "Op",
    "PutDecision",
    "PutEvent",
    "PutGap",
    "PutMark",
    "PutOutcome",
    "PutSuggestion",
    "SetMeta",
    "Writer",
    "WriterHealth",
]

log = logging.getLogger(__name__)
T = TypeVar("T")
# A call waits so long behind rows that cannot be written before it says why.
_PATIENCE_S: Final = 5.0
# A full or locked disk is tried again after so many seconds: soon at first, then rarely enough to cost nothing.
_FIRST_RETRY_S: Final = 0.05
_LAST_RETRY_S: Final = 1.0
_FREE_SPACE: Final = "Free some disk space, or close the program that holds the database."


class Writer:
    """Thread-safe. Takes over ``db`` and closes it in :meth:`close`."""

    def __init__(self, db: Database, clock: Clock, options: Storage) -> None:
        self.forgotten = Forgotten()
        self._db, self._clock, self._options = db, clock, options
        self._changed = threading.Condition()
        self._queue: deque[Job] = deque()
        self._queued = self._committed = self._dropped = 0
        self._jobs_in = self._jobs_done = self._urgent = 0
        self._last_error, self._last_commit_at = "", 0.0
        self._lost: Gap | None = None
        self._lost_rows = 0
        self._closing = self._giving_up = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> Writer:
        """Begin to write."""
        self._thread.start()
        return self

    def submit(self, *ops: Op, on_commit: Callable[[], None] | None = None) -> bool:
        """Queue ``ops`` for one transaction: all of them are stored, or none. Returns at once.

        ``on_commit`` runs in the writer's thread after the commit. False: the queue was full (or closed) and
        the rows are dropped, counted, and a gap will say so.
        """
        return self._put(Job(ops, on_commit, self._clock.mono()))

    def call(self, fn: Callable[[Database], T]) -> Future[T]:
        """Run ``fn`` on the writing connection, after everything that was queued before it."""
        future: Future[T] = Future()
        if not self._put(Job((), None, self._clock.mono(), Call(fn, future))):
            future.set_exception(EnvironmentFault("The store cannot take any more work.", hint=self._last_error))
        return future

    def run(self, fn: Callable[[Database], T]) -> T:
        """The same, and wait for its result.

        :raises EnvironmentFault: the rows before it cannot be written (disk full, locked); ``fn`` was not run.
        """
        future = self.call(fn)
        while True:
            try:
                return future.result(_PATIENCE_S)
            except TimeoutError:
                if future.done():
                    return future.result()
                fault = self.health().last_error
                if fault and future.cancel():
                    raise EnvironmentFault(f"The store cannot write: {fault}", hint=_FREE_SPACE) from None

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything queued so far is committed; False when ``timeout`` seconds did not suffice."""
        with self._changed:
            target = self._urgent = self._jobs_in
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._jobs_done >= target, timeout)

    def health(self) -> WriterHealth:
        """Counters and the last error, ``''`` after a commit that went well."""
        with self._changed:
            return WriterHealth(self._queued, self._committed, self._dropped, self._last_error, self._last_commit_at)

    def close(self, timeout: float = 2.5) -> bool:
        """Commit what is queued and close the database. False: something had to be left behind.

        2.5 s: a clean stop of the program may take three (issue 2).
        """
        with self._changed:
            dropped = self._dropped
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout * 0.8)
        with self._changed:
            self._giving_up = True
            self._changed.notify_all()
        self._thread.join(timeout * 0.2)
        with self._changed:
            return not self._thread.is_alive() and self._dropped == dropped

    # ------------------------------------------------------------------ the queue

    def _put(self, job: Job) -> bool:
        with self._changed:
            if self._closing or self._queued + job.rows > self._options.queue_size:
                if not job.call:
                    self._lose(job.rows, "closed" if self._closing else "queue full")
                return False
            was = self._queued
            self._queue.append(job)
            self._jobs_in += 1
            self._queued += job.rows
            if job.call:
                self._urgent = self._jobs_in
            # Waking the thread for every row would cost more than writing it.
            if was == 0 or job.call or self._queued >= self._options.batch > was:
                self._changed.notify_all()
        return True

    def _lose(self, rows: int, why: str) -> None:
        now = self._clock.now()
        self._dropped += rows
        self._lost_rows += rows
        since = self._lost.at if self._lost else now
        cause = f"{why}: {self._last_error}" if self._last_error and self._last_error != why else why
        reason = f"{self._lost_rows} rows lost in the store ({cause})"
        self._lost = Gap(at=min(since, now), until=now, sense="store", reason=reason)

    def _next(self) -> list[Job]:
        """The jobs of the next transaction; none when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            if not self._queue:
                return []
            waited = self._clock.mono() - self._queue[0].arrived
            self._changed.wait_for(self._ripe, max(0.0, self._options.commit_s - waited))
            jobs = [self._queue.popleft()]
            rows = jobs[0].rows
            while not jobs[0].call and self._queue and not self._queue[0].call and rows < self._options.batch:
                jobs.append(self._queue.popleft())
                rows += jobs[-1].rows
            return jobs

    def _ripe(self) -> bool:
        return self._queued >= self._options.batch or self._closing or self._jobs_done < self._urgent

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        try:
            while jobs := self._next():
                if jobs[0].call:
                    self._serve(jobs[0], jobs[0].call)
                else:
                    self._write(jobs)
            if self._lost:
                self._write([])
        finally:
            self._db.close()

    def _serve(self, job: Job, call: Call) -> None:
        if call.future.set_running_or_notify_cancel():
            try:
                call.future.set_result(call.fn(self._db))
            except BaseException as error:
                self._db.rollback()
                call.future.set_exception(error)
        self._finish([job], committed=0)

    def _write(self, jobs: list[Job]) -> None:
        """Commit ``jobs`` together, as often as it takes. A row that can never be stored is dropped alone."""
        delay = _FIRST_RETRY_S
        while True:
            try:
                self._commit(jobs)
            except Exception as error:
                if not may_pass(error):
                    self._refuse(jobs, error)
                    return
                if not self._wait_to_retry(error, delay):
                    self._drop(jobs, "closed before it could be written")
                    return
                delay = min(delay * 2, _LAST_RETRY_S)
            else:
                tell(jobs)  # before flush() returns
                self._finish(jobs, committed=sum(job.rows for job in jobs))
                return

    def _commit(self, jobs: list[Job]) -> None:
        with self._changed:
            waiting = self._queued - sum(job.rows for job in jobs)
            # Not while rows are still being lost: one gap for all of them.
            lost = self._lost if waiting <= self._options.queue_size // 2 else None
            rows = self._lost_rows
        now = self._clock.now()
        ops = coalesce([op for job in jobs for op in job.ops])
        with immediate(self._db):
            for op in ops:
                if not self.forgotten.hides(op):
                    apply(self._db, op, now)
            if lost:
                apply(self._db, PutGap(lost), now)
        if lost:
            with self._changed:
                self._lost_rows -= rows
                if not self._lost_rows:
                    self._lost = None

    def _refuse(self, jobs: list[Job], error: Exception) -> None:
        if len(jobs) > 1:
            for job in jobs:
                self._write([job])
            return
        # The type only: the message may quote captured text.
        log.error("rows that cannot be stored were dropped: %s", type(error).__name__)
        self._drop(jobs, f"refused: {type(error).__name__}")

    def _drop(self, jobs: list[Job], why: str) -> None:
        rows = sum(job.rows for job in jobs)
        with self._changed:
            if rows:
                self._lose(rows, why)
        self._finish(jobs, committed=0)

    def _wait_to_retry(self, error: Exception, delay: float) -> bool:
        """False when the program ends and cannot wait any longer."""
        with self._changed:
            if self._last_error != str(error):
                log.warning("the store cannot write, rows are kept: %s", error)
            self._last_error = str(error)
            return not self._changed.wait_for(lambda: self._giving_up, delay)

    def _finish(self, jobs: list[Job], *, committed: int) -> None:
        with self._changed:
            self._queued -= sum(job.rows for job in jobs)
            self._jobs_done += len(jobs)
            self._committed += committed
            if committed:
                self._last_error, self._last_commit_at = "", self._clock.now()
            self._changed.notify_all()

"""Batches on their way to the engine: numbered, kept until acknowledged, bounded, sent by a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from assistant.events import Gap, Observation
from assistant.messages import Batch
from assistant.ports import SenseHealth
from collectors.inbox import OVERFLOW

log = logging.getLogger(__name__)

# A batch that can't be encoded never can be: a gap takes its place instead of holding up all that follow.
UNSENDABLE = "could not be sent (our bug)"
# The engine away: a wake-up that got lost costs no more than this.
AGAIN_S = 1.0

Send = Callable[[Batch], bool]
"""Hand over a batch; False = not connected, it stays here.

:raises ValueError: it cannot be encoded.
"""


class Outbox:
    """Thread-safe. ``size`` bounds the waiting observations; beyond it the oldest batches go, and a gap says so."""

    def __init__(self, life: str, size: int, send: Send) -> None:
        self._life, self._size, self._send = life, size, send
        self._waiting: OrderedDict[int, Batch] = OrderedDict()
        self._unsent: list[int] = []
        self._seq = self._count = self.dropped = 0
        self._lost: Gap | None = None
        self._changed = threading.Condition()
        self._closed = self._down = False
        self._connection = 0

    def add(self, observations: Sequence[Observation], health: Sequence[SenseHealth] = ()) -> None:
        """Number a batch and queue it."""
        with self._changed:
            lost, self._lost = self._lost, None
            content = (*((lost,) if lost else ()), *observations)
            self._seq += 1
            self._waiting[self._seq] = Batch(life=self._life, seq=self._seq, observations=content, health=tuple(health))
            self._count += len(content)
            self._unsent.append(self._seq)
            while self._count > self._size and len(self._waiting) > 1:
                self._drop_oldest()
            self._changed.notify_all()

    def ack(self, life: str, seq: int) -> None:
        """Everything up to ``seq`` is stored. Another life's acknowledgement means nothing here."""
        if life != self._life:
            return
        with self._changed:
            for number in [n for n in self._waiting if n <= seq]:
                self._count -= len(self._waiting.pop(number).observations)
            self._unsent = [n for n in self._unsent if n > seq]
            self._changed.notify_all()

    def again(self) -> None:
        """The engine is (back) there: whatever it has not acknowledged is sent again, in order."""
        with self._changed:
            self._unsent = list(self._waiting)
            self._down = False
            self._connection += 1
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget everything that waits."""
        with self._changed:
            self._waiting.clear()
            self._unsent.clear()
            self._count, self._lost = 0, None

    def empty(self) -> bool:
        """Whether everything was acknowledged."""
        with self._changed:
            return not self._waiting

    def wait_empty(self, timeout: float) -> bool:
        """Wait until everything is acknowledged; False when it took longer than ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def close(self) -> None:
        """End :meth:`run`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def run(self) -> None:
        """Send in order, until closed. The body of the sending thread."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or not self._down, AGAIN_S)
                self._down = False
                self._changed.wait_for(lambda: self._closed or self._unsent)
                if self._closed:
                    return
                connection = self._connection
                batch = self._waiting[self._unsent[0]]
            try:
                self._sent(batch.seq, connection, ok=self._send(batch))
            except ValueError:
                self._give_up(batch)

    def _sent(self, seq: int, connection: int, *, ok: bool) -> None:
        """What became of a batch; of no account when :meth:`again` was called meanwhile (an old connection)."""
        with self._changed:
            if connection != self._connection:
                return
            if not ok:
                self._down = True
            elif self._unsent and self._unsent[0] == seq:
                del self._unsent[0]

    def _give_up(self, batch: Batch) -> None:
        """Put a gap in the place of what cannot be sent, once; health alone leaves none."""
        # The error itself quotes what could not be encoded, so only the number is told.
        log.error("batch %d could not be sent and is dropped", batch.seq)
        seen = [obs for obs in batch.observations if not (isinstance(obs, Gap) and obs.reason == UNSENDABLE)]
        with self._changed:
            if self._waiting.get(batch.seq) is not batch:
                return
            self._count -= len(batch.observations)
            if seen:
                first, last = min(obs.at for obs in seen), max(obs.at for obs in seen)
                gap = Gap(at=first, sense="all", until=last, reason=UNSENDABLE)
                self._waiting[batch.seq] = batch.model_copy(update={"observations": (gap,), "health": ()})
                self._count += 1
            else:
                del self._waiting[batch.seq]
                self._unsent = [number for number in self._unsent if number != batch.seq]
            self._changed.notify_all()

    def _drop_oldest(self) -> None:
        number, batch = self._waiting.popitem(last=False)
        self._unsent = [n for n in self._unsent if n != number]
        self._count -= len(batch.observations)
        self.dropped += len(batch.observations)
        if not batch.observations:
            return
        first, last = batch.observations[0], batch.observations[-1]
        since = min(first.at, self._lost.at) if self._lost else first.at
        self._lost = Gap(at=since, sense="all", until=max(last.at, since), reason=OVERFLOW)

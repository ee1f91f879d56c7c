"""Starts the senses, notices when one no longer hears, starts it again, writes the gap, and keeps their health."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.errors import AssistantError, SetupError
from assistant.events import Gap
from assistant.ports import Collector, IdleClock, SenseHealth, SenseState
from collectors.inbox import Inbox, Tally

log = logging.getLogger(__name__)

# Capture must be back 10 s after the X server is (issue 2): the longest wait leaves half of that for starting.
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 5.0)
# These hear input: what the OS counts as input must show up in one of them.
_HOOKS = ("keyboard", "mouse")
# Input for this long without a key or click: mostly a mouse that only moves (never recorded), perhaps a deaf hook.
_DEAF_AFTER_S = 10.0
# So many looks must each find new input that no hook heard.
_LOOKS = 3
# The idle clock counts ms: one input seen at two looks differs by no more than this.
_SAME_INPUT_S = 0.05
# A hook is started anew on suspicion at most this often, twice as seldom each time that it proves nothing.
_SUSPECT_AGAIN_S = (60.0, 120.0, 240.0, 480.0, 900.0)
# Keys this soon after such a start show that there was input all along.
_PROOF_S = 5.0

OnLost = Callable[[str], None]


@dataclass
class _Sense:
    collector: Collector
    tally: Tally
    state: SenseState = SenseState.STARTING
    reason: str = ""
    restarts: int = 0
    attempt: int = 0
    retry_at: float = 0.0
    alive_at: float = 0.0
    down_since: float | None = None
    running: bool = False
    hopeless: bool = False


class Watch:
    """``look`` once per turn gives the seconds until the next; everything in it is injected, so tests need no thread.

    ``on_lost`` is called when a sense went blind. Liveness is the collector's own ``alive`` (its threads and its
    connection), and the OS's idle clock as a second opinion.
    """

    def __init__(
        self,
        collectors: Sequence[Collector],
        inbox: Inbox,
        clock: Clock,
        idle_clock: IdleClock | None,
        on_lost: OnLost,
        every_s: float,
    ) -> None:
        self._inbox, self._clock, self._idle_clock, self._on_lost = inbox, clock, idle_clock, on_lost
        self._every_s = every_s
        self._senses = [_Sense(c, inbox.tally(c.name), down_since=clock.now()) for c in collectors]
        self._lock = threading.Lock()
        self._deaf_from: float | None = None
        self._deaf_looks, self._touched = 0, 0.0
        self._suspect_at = 0.0
        self._suspicions = 0
        self._trial: tuple[float, float] | None = None

    def look(self) -> float:
        """Check and repair every sense once; seconds until the next look."""
        now = self._clock.mono()
        for sense in self._senses:
            if sense.running:
                self._check(sense)
            if not sense.running and not sense.hopeless and now >= sense.retry_at:
                self._try(sense)
        self._compare()
        retries = [s.retry_at - now for s in self._senses if not s.running and not s.hopeless]
        return max(0.05, min([self._every_s, *retries]))

    def stop(self) -> None:
        """Stop every sense that runs, and give the idle clock's connection back if it has one."""
        for sense in self._senses:
            if sense.running:
                self._stop(sense)
        if (close := getattr(self._idle_clock, "close", None)) is not None:
            close()

    def health(self) -> tuple[SenseHealth, ...]:
        """How each sense is now."""
        with self._lock:
            return tuple(
                SenseHealth(
                    sense=s.collector.name,
                    state=s.state,
                    reason=s.reason,
                    backend=s.collector.backend,
                    seen=s.tally.seen,
                    dropped=s.tally.dropped,
                    restarts=s.restarts,
                    last_at=s.tally.last_at,
                )
                for s in self._senses
            )

    # ------------------------------------------------------------- one sense

    def _check(self, sense: _Sense) -> None:
        try:
            alive = sense.collector.alive()
        except Exception as error:
            log.warning("%s: alive() failed: %s", sense.collector.name, type(error).__name__)
            alive = False
        if alive:
            sense.alive_at, sense.attempt = self._clock.now(), 0
            return
        self._lose(sense, "it stopped hearing", since=max(sense.alive_at, sense.tally.last_at))

    def _lose(self, sense: _Sense, reason: str, since: float) -> None:
        log.warning("%s: %s; starting it again", sense.collector.name, reason)
        self._stop(sense)
        sense.down_since = min(since, self._clock.now())
        sense.retry_at = self._clock.mono() + BACKOFF_S[0]
        self._become(sense, SenseState.FAILED, reason)
        self._on_lost(sense.collector.name)

    def _try(self, sense: _Sense) -> None:
        """Start it; a SetupError is for the owner to mend, everything else may pass by itself."""
        first = sense.state is SenseState.STARTING
        try:
            sense.collector.start(self._inbox.emitter(sense.collector.name))
        except SetupError as error:
            sense.hopeless = first
            self._fail(sense, f"{error} {error.hint}".strip())
        except AssistantError as error:
            self._fail(sense, f"{error} {error.hint}".strip())
        except Exception as error:
            log.exception("%s: start failed", sense.collector.name)
            self._fail(sense, f"It could not start ({type(error).__name__}).")
        else:
            self._started(sense, first=first)

    def _fail(self, sense: _Sense, reason: str) -> None:
        wait = BACKOFF_S[min(sense.attempt, len(BACKOFF_S) - 1)]
        sense.attempt += 1
        sense.retry_at = self._clock.mono() + wait
        if sense.reason != reason:
            log.warning("%s: %s", sense.collector.name, reason)
        self._become(sense, SenseState.FAILED, reason)

    def _started(self, sense: _Sense, *, first: bool) -> None:
        now = self._clock.now()
        if not first:
            sense.restarts += 1
            since = sense.down_since if sense.down_since is not None else now
            self._inbox.put(
                Gap(at=since, sense=sense.collector.name, until=max(now, since), reason=sense.reason or "restarted")
            )
        sense.running, sense.down_since, sense.alive_at = True, None, now
        self._become(sense, SenseState.OK, "")

    def _stop(self, sense: _Sense) -> None:
        sense.running = False
        try:
            sense.collector.stop()
        except Exception as error:
            log.warning("%s: stop failed: %s", sense.collector.name, type(error).__name__)

    def _become(self, sense: _Sense, state: SenseState, reason: str) -> None:
        with self._lock:
            sense.state, sense.reason = state, reason

    # ------------------------------------------------------------- second opinion

    def _compare(self) -> None:
        """Input that the OS counts and no hook sees: start the hooks anew, and see whether they hear then."""
        hooks = [s for s in self._senses if s.running and s.collector.name in _HOOKS]
        if self._idle_clock is None or not hooks:
            return
        now, heard = self._clock.mono(), max(s.tally.last_mono for s in hooks)
        self._judge_trial(hooks, heard)
        try:
            touched = now - self._idle_clock.idle_s()
        except Exception as error:
            log.debug("the idle clock is silent: %s", type(error).__name__)
            self._deaf_from = None
            return
        if touched <= heard + self._every_s:
            self._deaf_from, self._deaf_looks = None, 0
        elif self._deaf_from is None:
            self._deaf_from, self._deaf_looks, self._touched = max(heard, touched - self._every_s), 0, touched
        else:
            # Only input that is new at each look counts: a look may fall between the first key after a long rest and
            # its delivery, and starting the hook anew then would lose what is being typed.
            self._deaf_looks += touched > self._touched + _SAME_INPUT_S
            self._touched = touched
            if touched - self._deaf_from >= _DEAF_AFTER_S and self._deaf_looks >= _LOOKS and now >= self._suspect_at:
                self._suspect(hooks)

    def _suspect(self, hooks: list[_Sense]) -> None:
        now, deaf_from = self._clock.mono(), self._deaf_from or 0.0
        self._suspect_at = now + _SUSPECT_AGAIN_S[min(self._suspicions, len(_SUSPECT_AGAIN_S) - 1)]
        self._suspicions += 1
        self._deaf_from, self._deaf_looks = None, 0
        for sense in hooks:
            self._stop(sense)
            self._restart_quietly(sense)
        self._trial = (now, self._clock.now() - (now - deaf_from))

    def _restart_quietly(self, sense: _Sense) -> None:
        try:
            sense.collector.start(self._inbox.emitter(sense.collector.name))
        except Exception as error:
            sense.down_since = self._clock.now()
            self._fail(sense, f"It could not start again ({type(error).__name__}).")
        else:
            sense.running, sense.alive_at = True, self._clock.now()

    def _judge_trial(self, hooks: list[_Sense], heard: float) -> None:
        """Heard right after the new start: then they had been deaf, and that is a gap."""
        if self._trial is None:
            return
        started, since = self._trial
        if heard > started:
            self._trial, self._suspicions, self._suspect_at = None, 0, 0.0
            for sense in hooks if heard - started <= _PROOF_S else []:
                sense.restarts += 1
                until = self._clock.now() - (self._clock.mono() - started)
                reason = "input was there, but the hook did not hear it"
                self._inbox.put(Gap(at=min(since, until), sense=sense.collector.name, until=until, reason=reason))
        elif self._clock.mono() - started > _PROOF_S:
            self._trial = None

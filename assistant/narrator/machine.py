"""The narrator's state machine: takes observations and the passing of time, gives events."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

from assistant.clock import IdFactory
from assistant.events import (
    AppExited,
    AppStarted,
    Click,
    Event,
    Gap,
    IdleChanged,
    KeyNamed,
    KeysCounted,
    KeyText,
    LockChanged,
    Observation,
    PrivateChanged,
    Scroll,
    WindowFocus,
)
from assistant.narrator import sentences
from assistant.narrator.clean import clean_app
from assistant.narrator.draft import HoldBack, Redact, Teller
from assistant.narrator.hands import Hands, Input
from assistant.narrator.runs import Runs
from assistant.narrator.windows import Windows
from assistant.policy import redaction
from assistant.settings import Narration

_JITTER_S = 5.0
"""Observations of different senses overtake each other by less; a clock that goes back further was set."""
_LEAP_S = 60.0
"""Wall time that runs ahead of monotonic time by more was a suspend or a clock that was set."""
_APPS = 1_000
"""Programs remembered as running, so that one start or end is told once."""


class Narrator:
    """Observations → events, to be stored under their ids (``closed=False`` while they grow).

    Deterministic: time is what observations and ``tick`` say, ids come from ``ids``. It never raises, whatever it is
    fed. What it is fed while something private goes on is dropped; the windows known before are forgotten then.

    :param utc_offset_min: local offset from UTC, min; asked once per event.
    :param redact: takes secrets out of typed text and titles.
    :param hold_back: how many trailing characters of a growing text may be the beginning of a secret.
    """

    def __init__(
        self,
        options: Narration,
        ids: IdFactory,
        *,
        utc_offset_min: Callable[[], int],
        redact: Redact = redaction.redact,
        hold_back: HoldBack = redaction.hold_back,
    ) -> None:
        self._teller = Teller(ids, utc_offset_min, redact, hold_back)
        self._runs = Runs(options, self._teller)
        self._windows = Windows(options, self._teller)
        self._hands = Hands(self._runs, self._windows)
        self._now = float("-inf")
        self._pair: tuple[float, float] | None = None
        self._private = self._locked = False
        self._away_since: float | None = None
        self._locked_since = 0.0
        self._apps: OrderedDict[tuple[str, int], bool] = OrderedDict()

    # ------------------------------------------------------------------ in

    def feed(self, obs: Observation) -> list[Event]:
        """Take in one observation."""
        if not math.isfinite(obs.at):
            return []
        if isinstance(obs, Gap):
            return self._gap(obs)
        return self._leap(obs) + self._advance(obs.at) + self._taken(obs)

    def _taken(self, obs: Observation) -> list[Event]:
        match obs:
            case PrivateChanged(private=private):
                return self._on_private(obs.at, private=private)
            case LockChanged(locked=locked):
                return self._on_lock(obs.at, locked=locked)
            case IdleChanged():
                return self._on_idle(obs)
            case _:
                return [] if self._private else self._seen(obs)

    def _seen(self, obs: Observation) -> list[Event]:
        """What the user does: nothing of it counts while something private goes on."""
        match obs:
            case WindowFocus():
                self._windows.see(obs, here=not self._locked and self._away_since is None)
                return self._settle(obs.at)
            case AppStarted() | AppExited():
                return self._on_app(obs)
            case KeyText() | KeyNamed() | KeysCounted() | Click() | Scroll():
                return self._on_input(obs)
            case _:
                return []

    def tick(self, now: float) -> list[Event]:
        """Let time pass until ``now``: what is over is closed, what has grown is told again."""
        return self._advance(now)

    def flush(self, now: float) -> list[Event]:
        """Close everything that is open. The next observation or tick goes on from there."""
        return self._advance(now) + self._stop(self._now)

    def forget(self) -> None:
        """Drop all that is remembered of what was seen, without a word (after ``assistant forget``)."""
        self._runs.drop()
        self._windows.row = None
        self._windows.forget_focus()
        self._apps.clear()

    # ------------------------------------------------------------------ time

    def _advance(self, at: float) -> list[Event]:
        if at < self._now - _JITTER_S:
            return self._clock_set(at)
        self._now = max(self._now, at)
        events = self._resume(self._now) + self._runs.advance(self._now)
        events += self._settle(self._now)
        return events + self._windows.advance(self._now)

    def _settle(self, at: float) -> list[Event]:
        """Make the waiting window the current one if it has waited for long enough."""
        return self._settle_now() if self._windows.due(at) else []

    def _settle_now(self) -> list[Event]:
        events = self._runs.close()
        events += self._windows.settle(self._runs.last_line)
        self._runs.last_line = ""
        return events

    def _clock_set(self, at: float) -> list[Event]:
        """The clock went back: what is open ends where it was, and goes on by the new time."""
        events = self._stop(self._now)
        self._now, self._pair = at, None
        if self._away_since is not None:
            self._away_since = at
        self._locked_since = min(self._locked_since, at)
        return events + self._resume(at)

    def _leap(self, obs: Observation) -> list[Event]:
        """Wall time ran ahead of monotonic time: a suspend, or a clock that was set. That time was not lived."""
        last, self._pair = self._pair, (obs.at, obs.mono) if obs.mono > 0 else None
        if last is None or self._pair is None or obs.mono < last[1]:
            return []
        if (obs.at - last[0]) - (obs.mono - last[1]) <= _LEAP_S:
            return []
        return self._stop(last[0])

    def _resume(self, at: float) -> list[Event]:
        """Open the row that belongs to the present state, if none is open."""
        windows = self._windows
        if windows.row is not None:
            return []
        if self._locked:
            return windows.state("lock", "idle", at, sentences.STILL_LOCKED)
        if self._away_since is not None:
            return windows.state("idle", "idle", at, sentences.STILL_AWAY)
        if self._private:
            return windows.state("private", "privacy", at, sentences.PRIVATE)
        return windows.resume(at)

    def _stop(self, at: float) -> list[Event]:
        """A break begins at ``at``: run and row end."""
        events = self._runs.close()
        self._windows.stop_waiting()
        return events + self._windows.close(at)

    # ------------------------------------------------------------------ states

    def _on_private(self, at: float, *, private: bool) -> list[Event]:
        if private == self._private:
            return []
        self._private = private
        present = not self._locked and self._away_since is None
        events = self._stop(at) if present else []
        self._runs.drop()
        self._windows.forget_focus()
        return events + self._resume(at)

    def _on_lock(self, at: float, *, locked: bool) -> list[Event]:
        if locked == self._locked:
            return []
        events = self._stop(at)
        self._locked = locked
        if locked:
            self._locked_since = at
            sentence = sentences.LOCK if self._away_since is None else sentences.LOCK_AWAY
            return events + self._windows.state("lock", "idle", at, sentence)
        self._away_since = None
        length = max(0.0, at - self._locked_since)
        events.append(self._teller.moment("unlock", "idle", at, sentences.unlock(length), locked_s=round(length)))
        return events + self._resume(at)

    def _on_idle(self, obs: IdleChanged) -> list[Event]:
        if obs.idle == (self._away_since is not None):
            return []
        if not obs.idle:
            return self._back(obs.at)
        since = min(obs.since, obs.at) if math.isfinite(obs.since) else obs.at
        if (run := self._runs.run) is not None:
            since = max(since, min(run.last, obs.at))
        if self._locked:
            self._away_since = since
            return []
        if (row := self._windows.row) is not None:
            since = max(since, row.time)
        events = self._stop(since)
        self._away_since = since
        return events + self._windows.state("idle", "idle", since, sentences.AWAY)

    def _back(self, at: float) -> list[Event]:
        since, self._away_since = self._away_since, None
        if self._locked or since is None:
            return []
        events = self._windows.close(at)
        away = max(0.0, at - since)
        events.append(self._teller.moment("back", "idle", at, sentences.back(away), away_s=round(away)))
        return events + self._resume(at)

    def _gap(self, gap: Gap) -> list[Event]:
        """Nothing was seen from ``gap.at`` to ``gap.until``: what is open ends there."""
        self._pair = None
        until = gap.until if math.isfinite(gap.until) else gap.at
        row = self._windows.row
        events = self._stop(gap.at if row is None else min(max(gap.at, row.time), max(row.end, row.time)))
        if gap.sense == "all":  # the collectors are new: they tell every state again
            self._private = self._locked = False
            self._away_since = None
        if gap.sense in {"all", "window"}:
            self._windows.forget_focus()
        self._now = max(self._now, gap.at)
        return events + self._resume(max(self._now, min(until, self._now + _JITTER_S)))

    # ------------------------------------------------------------------ activities

    def _on_app(self, obs: AppStarted | AppExited) -> list[Event]:
        started = isinstance(obs, AppStarted)
        key = (obs.app, obs.pid)
        if self._apps.get(key) is started:
            return []
        self._apps[key] = started
        self._apps.move_to_end(key)
        if len(self._apps) > _APPS:
            self._apps.popitem(last=False)
        app = clean_app(obs.app)
        if started:
            return [self._teller.moment("app_start", "apps", obs.at, sentences.app_start(app), app)]
        return [self._teller.moment("app_exit", "apps", obs.at, sentences.app_exit(app), app)]

    def _on_input(self, obs: Input) -> list[Event]:
        if self._locked:
            return []
        events = self._back(obs.at) if self._away_since is not None else []
        if self._windows.used():
            events += self._settle_now()
        events += self._hands.take(obs, self._now + _JITTER_S)
        if (run := self._runs.run) is not None:
            self._now = max(self._now, run.last)
        return events + self._runs.cut() + self._runs.grow(self._now)

"""Raw observations → held keys → privacy gate → merged runs. One thread, no waiting: time is given to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.events import Gap, IdleChanged, KeyNamed, KeysCounted, KeyText, LockChanged, Observation, WindowFocus
from assistant.policy.privacy import PrivacyGate
from assistant.ports import FieldFocus, FieldKind, FocusProbe
from assistant.settings import Capture
from collectors.focus.history import strictest
from collectors.merging import merge
from collectors.wellformed import encodable

Out = Callable[[list[Observation]], None]


@dataclass
class _Held:
    obs: Observation
    due: float
    field: FieldFocus
    private: bool = False


_NO_KEY = FieldFocus(kind=FieldKind.UNKNOWN)


class Pipeline:
    """``arrive`` what the senses saw, ``step`` as time goes on; ``out`` gets what may be stored.

    A key waits ``hold_keys_s`` so that the signals about its field and window are heard first. What it was
    typed into is then asked of the probe's history, or is the stricter of the field at arrival and now.
    """

    def __init__(self, gate: PrivacyGate, probe: FocusProbe, options: Capture, clock: Clock, out: Out) -> None:
        self._gate, self._probe, self._clock, self._out = gate, probe, clock, out
        self._hold, self._flush = options.hold_keys_s, options.flush_s
        self._held: deque[_Held] = deque()
        self._run: list[Observation] = []
        self._run_due = 0.0
        self._window: WindowFocus | None = None
        self._paused: tuple[float, str] | None = None
        self._missed: dict[str, Observation] = {}
        self._since: Callable[[float], FieldFocus] | None = getattr(probe, "since", None)

    # ------------------------------------------------------------- observations

    def arrive(self, obs: Observation) -> None:
        """Take one observation in, in order."""
        obs, now = encodable(obs), self._clock.mono()
        if isinstance(obs, WindowFocus):
            self._see_window(obs)
        is_key = isinstance(obs, KeyText | KeyNamed | KeysCounted)
        due = (obs.mono or now) + self._hold if is_key else now
        field = self._probe.field() if is_key and self._paused is None else _NO_KEY
        last = self._held[-1].due if self._held else 0.0
        self._held.append(_Held(obs, max(due, last), field))

    def step(self) -> float:
        """Do everything that is due; seconds until something will be (a large number when nothing waits)."""
        now = self._clock.mono()
        while self._held and self._held[0].due <= now:
            self._release(self._held.popleft())
        if self._run and self._run_due <= now:
            self.flush()
        waits = [self._held[0].due] if self._held else []
        waits += [self._run_due] if self._run else []
        return max(0.0, min(waits) - now) if waits else 3600.0

    def holding(self) -> bool:
        """Whether keys still wait."""
        return bool(self._held)

    def flush(self) -> None:
        """Hand on what went through the gate."""
        run, self._run = self._run, []
        if run:
            self._out(merge(run))

    def clear(self) -> None:
        """Forget what waits here."""
        self._held.clear()
        self._run.clear()

    # ------------------------------------------------------------- commands

    def pause(self, reason: str) -> None:
        """Record nothing from here on. Keys that still wait are dropped: they are as young as the wish."""
        if self._paused is None:
            for held in self._held:
                self._miss(held.obs)
            self._held.clear()
            self.flush()
        self._paused = (self._paused[0] if self._paused else self._clock.now(), reason)

    def resume(self) -> None:
        """Record again; the pause becomes a gap, which ends every state, so all of them are told. Else does nothing."""
        if self._paused is None:
            return
        (since, reason), self._paused = self._paused, None
        self._admit(Gap(at=since, sense="all", until=max(since, self._clock.now()), reason=reason), _NO_KEY)
        for state in self._missed.values():
            self._gate.admit(state, _NO_KEY)  # told below, with all that it leaves unchanged
        self._missed.clear()
        self.tell_again()

    def tell_again(self) -> None:
        """Every state and the current window, for an engine that knows none; in a pause, when that ends."""
        if self._paused is None:
            for state in self._gate.tell_again(self._clock.now(), self._clock.mono()):
                self._pass(state)
            self.look_again()

    def look_again(self) -> None:
        """Judge the current window anew (other rules, or after a pause)."""
        if self._window is not None and self._paused is None:
            fresh = {"at": self._clock.now(), "mono": self._clock.mono()}
            self._admit(self._window.model_copy(update=fresh), _NO_KEY)

    def lost(self, sense: str) -> None:
        """A sense went blind: without the window sense nobody knows what is typed into."""
        if sense == "window":
            self._window = None
            self._gate.window_lost()

    # ------------------------------------------------------------- inside

    def _see_window(self, obs: WindowFocus) -> None:
        """Told before the keys that wait are judged: they may already belong to this window."""
        self._window = obs
        changed = getattr(self._probe, "window_changed", None)
        if changed is not None:
            changed(obs)
        if self._gate.excludes(obs):
            for held in self._held:
                held.private = True

    def _release(self, held: _Held) -> None:
        if self._paused is not None:
            self._miss(held.obs)
            return
        is_key = isinstance(held.obs, KeyText | KeyNamed | KeysCounted)
        if is_key and held.private:
            return
        self._admit(held.obs, self._field(held) if is_key else _NO_KEY)

    def _miss(self, obs: Observation) -> None:
        """Of a pause, only what state it ends in is kept."""
        if isinstance(obs, IdleChanged | LockChanged):
            self._missed[obs.kind] = obs

    def _field(self, held: _Held) -> FieldFocus:
        now = self._probe.field()
        if self._since is not None and held.obs.mono:
            return self._since(held.obs.mono)
        return strictest(held.field, now)

    def _admit(self, obs: Observation, field: FieldFocus) -> None:
        for each in self._gate.admit(obs, field):
            self._pass(each)

    def _pass(self, obs: Observation) -> None:
        if not self._run:
            self._run_due = self._clock.mono() + self._flush
        self._run.append(obs)

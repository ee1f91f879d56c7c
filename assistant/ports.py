"""The ports: what the core asks of the world, as Protocols. Fakes and real back ends both fit them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from assistant.events import Event, Frozen, Observation, Outcome, Suggestion, Task

Emit = Callable[[Observation], None]
"""Where a collector puts what it saw. Never blocks, never raises."""


class SenseState(StrEnum):
    """How a sense is doing."""

    OFF = "off"
    STARTING = "starting"
    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


class SenseHealth(Frozen):
    """Live health of one sense, as shown by ``assistant status`` and ``assistant doctor``."""

    sense: str
    state: SenseState
    reason: str = Field(default="", description="why it is not OK, and what to do about it")
    backend: str = ""
    seen: int = Field(default=0, description="observations since start")
    dropped: int = 0
    restarts: int = 0
    last_at: float = Field(default=0.0, description="wall time of the last observation, 0 = none")


class Collector(Protocol):
    """One sense. ``start`` raises SetupError/EnvironmentFault naming the reason when it cannot work here.

    After ``stop`` it can be started again. ``alive`` looks at the threads and the connection themselves,
    never at a library's own ``running`` flag (CAPTURE.md: pynput's lies).
    """

    @property
    def name(self) -> str: ...
    @property
    def backend(self) -> str: ...
    def start(self, emit: Emit) -> None: ...
    def stop(self) -> None: ...
    def alive(self) -> bool: ...


class IdleClock(Protocol):
    """The OS's own count of how long there was no input: what the watchdog compares with."""

    def idle_s(self) -> float: ...


class FieldKind(StrEnum):
    """What kind of element has the keyboard focus."""

    PASSWORD = "password"  # noqa: S105 - the name of a kind, not a secret
    TEXT = "text"
    OTHER = "other"
    UNKNOWN = "unknown"


class FieldFocus(Frozen):
    """The focused element: its kind and how we know (``atspi``, ``termios``, ``none``)."""

    kind: FieldKind
    how: str = "none"
    pid: int | None = None


class FocusProbe(Protocol):
    """Tells what kind of element has the focus; UNKNOWN when in any doubt."""

    def field(self) -> FieldFocus: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


class PastOffer(Frozen):
    """An earlier suggestion as the context shows it: what was offered and what became of it."""

    time: float
    task: str
    outcome: str = Field(default="", description="OutcomeKind value, '' = not answered yet")
    reason: str = ""
    answered_at: float = Field(default=0.0, description="when the outcome came: its own line there; 0 = at ``time``")


class Context(Frozen):
    """The bounded, ordered slice that a decision is made from: oldest first."""

    events: tuple[Event, ...]
    offers: tuple[PastOffer, ...] = ()
    now: float = 0.0
    trigger: str = ""


class Verdict(Frozen):
    """What a gate says: P(help wanted now), its threshold, and why in one readable line."""

    p_help: float = Field(ge=0.0, le=1.0)
    threshold: float = Field(ge=0.0, le=1.0)
    reason: str
    features: dict[str, float] = Field(default_factory=dict)

    @property
    def speak(self) -> bool:
        return self.p_help >= self.threshold


class Gate(Protocol):
    """Is help wanted right now? Cheap enough to run at every event."""

    @property
    def name(self) -> str: ...
    def judge(self, context: Context) -> Verdict: ...


class Judge(Protocol):
    """Would this offer be accepted? Cheap: called for every candidate."""

    threshold: float

    def p_accept(self, context: Context, task: str) -> float: ...


class Proposal(Frozen):
    """What a proposer gave: candidates (empty = it has nothing to offer) and what they cost."""

    tasks: tuple[Task, ...] = ()
    p_accept: tuple[float, ...] = ()
    p_offer: float | None = Field(default=None, description="the model's own P(a task rather than null); uncalibrated")
    reason: str = ""
    model: str = ""
    prompt_tokens: int = 0
    evaluated_tokens: int = 0
    output_tokens: int = 0
    ms: float = 0.0


class Proposer(Protocol):
    """The language model: context → candidate tasks. Blocking; called from its own thread."""

    @property
    def name(self) -> str: ...
    def propose(self, context: Context, *, k: int = 1, deadline_s: float = 20.0) -> Proposal: ...
    def warm(self, context: Context) -> None: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...


OnOutcome = Callable[[Outcome], None]


class Notifier(Protocol):
    """Shows one suggestion at a time and reports what became of it."""

    @property
    def name(self) -> str: ...
    def show(self, suggestion: Suggestion, why_events: Sequence[Event], on_outcome: OnOutcome) -> None: ...
    def withdraw(self, suggestion_id: int) -> None: ...
    def close(self) -> None: ...


class Keeper(Protocol):
    """The versions of the owner's models, as the engine needs them."""

    def status(self) -> dict[str, Any]: ...
    def labelled(self) -> str: ...
    def forget(self, *, everything: bool) -> None: ...

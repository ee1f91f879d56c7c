"""What the processes say to each other over the owner-only socket: length-prefixed pydantic models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from assistant.events import Event, Frozen, Observation, Outcome, Suggestion
from assistant.ports import SenseHealth


class Hello(Frozen):
    """First message of every client: who it is, and which life of it (new at each start)."""

    type: Literal["hello"] = "hello"
    role: Literal["collectors", "ui", "cli"]
    pid: int
    life: str = ""


class Batch(Frozen):
    """Observations that passed the privacy gate. ``seq`` rises by one within one ``life``.

    Kept by the sender until a matching :class:`Ack`: the engine stores (life, seq) in the same
    transaction as the rows, so a batch sent twice is stored once.
    """

    type: Literal["batch"] = "batch"
    life: str
    seq: int
    observations: tuple[Observation, ...]
    health: tuple[SenseHealth, ...] = ()


class Ack(Frozen):
    """Everything up to ``seq`` is committed to the database."""

    type: Literal["ack"] = "ack"
    life: str
    seq: int


class Show(Frozen):
    """Engine → ui: show this now."""

    type: Literal["show"] = "show"
    suggestion: Suggestion
    why_events: tuple[Event, ...] = ()
    popup_s: float = 12.0
    theme: str = "auto"


class Withdraw(Frozen):
    """Engine → ui: take it away; it is no longer wanted."""

    type: Literal["withdraw"] = "withdraw"
    suggestion_id: int


class Painted(Frozen):
    """Ui → engine: the page says that the suggestion is on the screen (after two animation frames)."""

    type: Literal["painted"] = "painted"
    suggestion_id: int
    at: float
    took_ms: float


class Answered(Frozen):
    """Ui → engine: what became of it."""

    type: Literal["answered"] = "answered"
    outcome: Outcome


class UiReady(Frozen):
    """Ui → engine: how suggestions will be shown (``popup``, ``notification``) and why."""

    type: Literal["ui_ready"] = "ui_ready"
    notifier: str
    reason: str = ""


class Control(Frozen):
    """Cli → engine or engine → collectors: ``pause`` ``resume`` ``reload`` ``status`` ``clear`` ``forget``.

    Cli → engine also ``import`` ``answer`` ``missed``, the last one from the collectors' hotkey too.
    """

    type: Literal["control"] = "control"
    verb: str
    args: dict[str, Any] = Field(default_factory=dict)


class Reply(Frozen):
    """Answer to a :class:`Control`."""

    type: Literal["reply"] = "reply"
    ok: bool
    data: dict[str, Any] = Field(default_factory=dict)
    error: str = ""


Message = Annotated[
    Hello | Batch | Ack | Show | Withdraw | Painted | Answered | UiReady | Control | Reply,
    Field(discriminator="type"),
]
MessageAdapter: TypeAdapter[Message] = TypeAdapter(Message)

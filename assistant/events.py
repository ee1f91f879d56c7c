"""The words of the design as types: observations, events, gaps, decisions, suggestions, outcomes.

Times are wall-clock seconds since the Unix epoch (UTC); durations are seconds.
Everything here is a frozen pydantic model: it crosses process borders and goes into the store as it is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Frozen(BaseModel):
    """Immutable, strict about unknown fields; errors never quote the input (it may be captured text)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


# --------------------------------------------------------------------------- observations


class _Observed(Frozen):
    at: float = Field(description="wall time, s since epoch")
    mono: float = Field(default=0.0, description="monotonic time of the same moment, s")


class KeyText(_Observed):
    """Typed characters, already decoded through layout, dead keys and modifiers. Only with consent."""

    kind: Literal["key_text"] = "key_text"
    text: str
    until: float = Field(default=0.0, description="wall time of the last character; 0 = same as at")


class KeyNamed(_Observed):
    """A key that is not a character, or a chord: ``key`` in X11-free spelling.

    ``key``: Enter Tab BackSpace Delete Left Right Up Down Home End PageUp PageDown Escape F1…F35,
    or the lower-case character of a chord. ``mods``: of Ctrl Alt Super Shift, in this order
    (Shift only together with another one, or with a named key).
    """

    kind: Literal["key_named"] = "key_named"
    key: str
    mods: tuple[str, ...] = ()
    count: int = 1


class KeysCounted(_Observed):
    """Keys that were counted and not read, with the reason (``no consent``, ``unknown focus``)."""

    kind: Literal["keys_counted"] = "keys_counted"
    count: int
    reason: str
    until: float = 0.0


class Click(_Observed):
    """Mouse clicks, merged: button ``left`` ``middle`` ``right`` ``other``."""

    kind: Literal["click"] = "click"
    button: str = "left"
    count: int = 1


class Scroll(_Observed):
    """Mouse wheel, merged; ``dy`` > 0 is up, in notches."""

    kind: Literal["scroll"] = "scroll"
    dx: int = 0
    dy: int = 0
    count: int = 1
    until: float = 0.0


class WindowFocus(_Observed):
    """The active window, at each change of window, title or fullscreen state. ``app`` '' = no window."""

    kind: Literal["window_focus"] = "window_focus"
    app: str = Field(default="", description="display name, e.g. 'Mousepad'")
    app_id: str = Field(default="", description="WM_CLASS class or Wayland app id, as it is")
    title: str = ""
    pid: int | None = None
    process: str = Field(default="", description="name of the executable, e.g. 'mousepad'")
    window: str = Field(default="", description="opaque window id")
    fullscreen: bool = False


class AppStarted(_Observed):
    """A program showed its first window."""

    kind: Literal["app_started"] = "app_started"
    app: str
    pid: int
    process: str = ""


class AppExited(_Observed):
    """A program that had a window ended."""

    kind: Literal["app_exited"] = "app_exited"
    app: str
    pid: int
    process: str = ""


class IdleChanged(_Observed):
    """The user went away (``idle``, since ``since``) or came back (``idle`` False, away from ``since`` to ``at``)."""

    kind: Literal["idle_changed"] = "idle_changed"
    idle: bool
    since: float


class LockChanged(_Observed):
    """The screen was locked or unlocked."""

    kind: Literal["lock_changed"] = "lock_changed"
    locked: bool


class PrivateChanged(_Observed):
    """The privacy gate closed (``private``) or opened again. Carries the rule, never what was seen."""

    kind: Literal["private_changed"] = "private_changed"
    private: bool
    rule: str = ""


class Gap(_Observed):
    """A stretch that a sense did not record, and why (crash, X server gone, suspend, overflow, pause).

    ``at`` is when it began.
    """

    kind: Literal["gap"] = "gap"
    sense: str
    until: float
    reason: str


Observation = Annotated[
    KeyText
    | KeyNamed
    | KeysCounted
    | Click
    | Scroll
    | WindowFocus
    | AppStarted
    | AppExited
    | IdleChanged
    | LockChanged
    | PrivateChanged
    | Gap,
    Field(discriminator="kind"),
]
ObservationAdapter: TypeAdapter[Observation] = TypeAdapter(Observation)

# --------------------------------------------------------------------------- events


class Event(Frozen):
    """One stored, human-readable activity; ``{"time", "event"}`` of ProactiveBench plus structure.

    A growing event (a typing burst, a steady window) is stored again under the same ``id`` until ``closed``.
    """

    id: int
    time: float
    duration: float = Field(default=0.0, ge=0.0)
    utc_offset_min: int = 0
    sentence: str
    type: str = Field(
        description="typing switch title search app_start app_exit hotkey paste click scroll idle back lock "
        "unlock keys private"
    )
    source: str = Field(description="sense or importer that it came from")
    app: str = ""
    title: str = ""
    data: dict[str, Any] = Field(default_factory=dict)
    closed: bool = True


# --------------------------------------------------------------------------- deciding


class Task(Frozen):
    """One candidate task, in ProactiveBench's five fields (aliases are its spelling)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    purpose: str = Field(default="", alias="Purpose", max_length=600)
    thoughts: str = Field(default="", alias="Thoughts", max_length=1200)
    task: str = Field(alias="Proactive Task", min_length=1, max_length=400)
    response: str = Field(default="", alias="Response", max_length=4000)
    operation: str = Field(default="", alias="Operation", max_length=200)


class OutcomeKind(StrEnum):
    """What became of a suggestion. Kept apart: they mean different things to training."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SNOOZED = "snoozed"
    IGNORED = "ignored"
    UNSEEN = "unseen"
    MISSED = "missed"


class Outcome(Frozen):
    """One verdict on a suggestion. Append-only: a changed mind is a further row.

    ``missed`` answers no suggestion (``suggestion_id`` 0): it hangs on its decision. ``model`` and ``propensity`` are
    filled in from the decision when the verdict is stored.
    """

    suggestion_id: int
    decision_id: int = Field(default=0, description="of a missed moment; 0 = that of the suggestion")
    kind: OutcomeKind
    at: float
    reaction_s: float | None = Field(default=None, ge=0.0, description="first paint → answer, s")
    reason: str = ""
    source: str = Field(default="popup", description="popup notification terminal hotkey history shadow engine")
    model: str = Field(default="", description="version of the model that offered")
    propensity: float | None = Field(default=None, ge=0.0, le=1.0, description="P(shown) by the gate's policy")


class Suggestion(Frozen):
    """A proposed task that was shown, or would have been."""

    id: int
    decision_id: int
    time: float
    task: Task
    why: str = Field(default="", description="one line for the popup")
    event_ids: tuple[int, ...] = ()
    shown: bool = False


class Decision(Frozen):
    """Speak or stay silent, always with the reason and every probability that led to it."""

    id: int
    time: float
    trigger: str = Field(description="count switch back burst_end search missed")
    speak: bool
    reason: str
    stage: str = Field(description="where it ended: gate proposer delivery shown shadow missed")
    p_help: float | None = None
    p_accept: float | None = None
    threshold: float | None = None
    event_ids: tuple[int, ...] = ()
    features: dict[str, Any] = Field(default_factory=dict)
    model: str = ""
    gate_ms: float | None = None
    proposer_ms: float | None = None
    gate: str = Field(default="", description="version of the gate")
    propensity: float | None = Field(
        default=None, ge=0.0, le=1.0, description="P(the gate's policy speaks here), see policy/explore.py"
    )

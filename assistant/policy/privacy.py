"""The one gate in front of queue, store, model and log: what goes through, and what is only counted."""

from __future__ import annotations

from assistant.events import (
    AppExited,
    AppStarted,
    Click,
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
from assistant.policy.consent import Consent
from assistant.policy.exclusions import Exclusions, shortened
from assistant.policy.redaction import redact
from assistant.ports import FieldFocus, FieldKind
from assistant.settings import Privacy

NO_CONSENT = "no consent"
UNKNOWN_FOCUS = "unknown focus"
REMOTE_SESSION = "remote session"
OWN_APP = "proactive assistant"
"""Our own application, as window and apps senses name it: watching ourselves would be noise."""
REMOTE = "remote"
"""``FieldFocus.how`` of a terminal in front of another machine: its password prompts cannot be told from text."""


_BY_HAND = KeyText | KeyNamed | KeysCounted | Click | Scroll


class PrivacyGate:
    """Admits observations one by one, in order; single-threaded.

    Closed while an excluded or private window has the focus: then nothing of any sense goes through. In a
    password field not even the number of keys does (it would be the password's length: ADR on typed text).

    :raises SetupError: an exclusion of the options is wrong.
    """

    def __init__(self, options: Privacy, consent: Consent) -> None:
        self._exclusions = Exclusions(options)
        self._consent = consent
        self._rule = ""
        self._window_known = False
        self._at_ours = False
        self._told: dict[str, IdleChanged | LockChanged] = {}
        self._untold: dict[str, IdleChanged | LockChanged] = {}

    @property
    def rule(self) -> str:
        """The rule that keeps the gate closed now, '' = open."""
        return self._rule

    def change(self, options: Privacy | None, consent: Consent) -> None:
        """New rules (None = the old ones) and consent; the window counts as unknown until it is seen again.

        :raises SetupError: an exclusion of the options is wrong; nothing is changed.
        """
        if options is not None:
            self._exclusions = Exclusions(options)
        self._consent = consent
        self._window_known = False

    def excludes(self, seen: WindowFocus) -> str:
        """The rule by which a window is left out, '' = none."""
        return self._exclusions.window(seen)

    def window_lost(self) -> None:
        """The window sense went blind: until it sees again no characters (a closed gate stays closed)."""
        self._window_known = self._at_ours = False

    def tell_again(self, at: float, mono: float) -> list[Observation]:
        """What was told of idle, lock and a closed gate, as of now, for an engine that knows none of it."""
        again: list[Observation] = [s.model_copy(update={"at": at, "mono": mono}) for s in self._told.values()]
        return [*again, PrivateChanged(at=at, mono=mono, private=True, rule=self._rule)] if self._rule else again

    def admit(self, obs: Observation, field: FieldFocus) -> list[Observation]:
        """What may be kept of one observation; ``field`` is what had the keyboard focus then."""
        if isinstance(obs, WindowFocus):
            self._at_ours = _is_ours(obs)
        # Keys and clicks on our own window (the annotation screen) are no work of the owner's in the window before.
        dropped = _is_ours(obs) or (self._at_ours and isinstance(obs, _BY_HAND))
        return [] if dropped else self._admit(obs, field)

    def _admit(self, obs: Observation, field: FieldFocus) -> list[Observation]:
        if isinstance(obs, WindowFocus):
            return self._window(obs)
        if isinstance(obs, IdleChanged | LockChanged):
            return self._state(obs)
        if self._rule:
            return [obs] if isinstance(obs, Gap) else []
        if isinstance(obs, KeyText | KeyNamed | KeysCounted):
            return self._keys(obs, field)
        if isinstance(obs, AppStarted | AppExited):
            return [] if self._exclusions.program(obs) else [obs.model_copy(update={"app": redact(obs.app).text})]
        return [obs]

    def _window(self, obs: WindowFocus) -> list[Observation]:
        rule, before = self._exclusions.window(obs), self._rule
        self._rule, self._window_known = rule, True
        if rule:
            return [] if before else [PrivateChanged(at=obs.at, mono=obs.mono, private=True, rule=rule)]
        clean = obs.model_copy(update={"title": redact(shortened(obs.title)).text, "app": redact(obs.app).text})
        if not before:
            return [clean]
        opened = PrivateChanged(at=obs.at, mono=obs.mono, private=False, rule=before)
        late = [state.model_copy(update={"at": obs.at, "mono": obs.mono}) for state in self._untold.values()]
        for state in late:
            self._told[state.kind] = state
        self._untold.clear()
        return [opened, *late, clean]

    def _state(self, obs: IdleChanged | LockChanged) -> list[Observation]:
        """Idle and lock carry no content, but behind a closed gate they wait; only a difference is told."""
        self._untold.pop(obs.kind, None)
        told = self._told.get(obs.kind)
        if _is_on(obs) == (told is not None and _is_on(told)):
            return []
        if self._rule:
            self._untold[obs.kind] = obs
            return []
        self._told[obs.kind] = obs
        return [obs]

    def _keys(self, obs: KeyText | KeyNamed | KeysCounted, field: FieldFocus) -> list[Observation]:
        if field.kind is FieldKind.PASSWORD:
            return []
        if self._consent.typed == "off":
            return [_counted(obs, NO_CONSENT)]
        if not self._window_known or (field.kind is not FieldKind.TEXT and self._consent.typed == "safe"):
            return [_counted(obs, UNKNOWN_FOCUS)]
        if field.how == REMOTE:
            return [_counted(obs, REMOTE_SESSION)]
        if isinstance(obs, KeyText):
            return [obs.model_copy(update={"text": redact(obs.text).text})]
        return [obs]


def _is_ours(obs: Observation) -> bool:
    return isinstance(obs, WindowFocus | AppStarted | AppExited) and obs.app.lower() == OWN_APP


def _is_on(obs: IdleChanged | LockChanged) -> bool:
    return obs.idle if isinstance(obs, IdleChanged) else obs.locked


def _counted(obs: KeyText | KeyNamed | KeysCounted, reason: str) -> KeysCounted:
    if isinstance(obs, KeysCounted):
        return obs
    count = len(obs.text) if isinstance(obs, KeyText) else obs.count
    until = obs.until if isinstance(obs, KeyText) else 0.0
    return KeysCounted(at=obs.at, mono=obs.mono, count=count, reason=reason, until=until)

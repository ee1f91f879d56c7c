"""Whatever comes in whatever order: what must stay out stays out, and the gate always recovers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.events import AppStarted, Click, IdleChanged, KeyNamed, KeyText, LockChanged, PrivateChanged, WindowFocus
from assistant.policy.consent import Consent
from assistant.policy.privacy import PrivacyGate
from assistant.ports import FieldFocus, FieldKind
from assistant.settings import Privacy

WINDOWS = [
    WindowFocus(at=1.0, app="Mousepad", title="plain"),
    WindowFocus(at=1.0, app="KeePassXC", title="marked"),
    WindowFocus(at=1.0, app="Firefox", title="marked — Mozilla Firefox Private Browsing"),
]
OTHERS = [
    KeyText(at=1.0, text="k"),
    KeyNamed(at=1.0, key="Enter"),
    Click(at=1.0),
    AppStarted(at=1.0, app="Thing", pid=1),
    IdleChanged(at=1.0, idle=True, since=0.0),
    IdleChanged(at=1.0, idle=False, since=0.0),
    LockChanged(at=1.0, locked=True),
    LockChanged(at=1.0, locked=False),
]
STEPS = st.lists(st.tuples(st.sampled_from(WINDOWS + OTHERS), st.sampled_from(list(FieldKind))), max_size=40)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from(["off", "safe", "most"]))
def test_gate_in_any_order(steps, typed: str) -> None:
    gate = PrivacyGate(Privacy(), Consent(typed=typed))
    private, window, told = False, None, {}
    for obs, kind in steps:
        out = gate.admit(obs, FieldFocus(kind=kind))
        assert not any("marked" in each.model_dump_json() for each in out)
        changes = [each.private for each in out if isinstance(each, PrivateChanged)]
        if isinstance(obs, WindowFocus):
            window = obs
            closes = obs.app != "Mousepad"
            assert changes == ([closes] if closes != private else [])
            private = closes
        elif private:
            assert out == []
        for each in out:
            if isinstance(each, KeyText):
                assert kind is not FieldKind.PASSWORD
                assert typed == "most" or (typed == "safe" and kind is FieldKind.TEXT)
                assert window is not None
            if isinstance(each, IdleChanged | LockChanged):
                state = each.idle if isinstance(each, IdleChanged) else each.locked
                assert state != told.get(each.kind, False)
                told[each.kind] = state

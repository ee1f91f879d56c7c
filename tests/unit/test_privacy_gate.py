"""What the gate lets through, one rule at a time."""

from __future__ import annotations

import pytest

from assistant.errors import SetupError
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
    PrivateChanged,
    Scroll,
    WindowFocus,
)
from assistant.policy.consent import Consent
from assistant.policy.privacy import PrivacyGate
from assistant.ports import FieldFocus, FieldKind
from assistant.settings import Privacy

TEXT, PASSWORD, UNKNOWN, OTHER = (
    FieldFocus(kind=kind) for kind in (FieldKind.TEXT, FieldKind.PASSWORD, FieldKind.UNKNOWN, FieldKind.OTHER)
)
EDITOR = WindowFocus(at=1.0, app="Mousepad", app_id="Mousepad", title="notes.md", pid=7, window="0x1")
KEEPASS = WindowFocus(at=2.0, app="KeePassXC", app_id="keepassxc", title="[Locked] bank.kdbx", pid=8, window="0x2")
KEYS = (KeyText(at=3.0, text="hello"), KeyNamed(at=3.0, key="s", mods=("Ctrl",)))


def gate(typed: str = "most", *, window: WindowFocus | None = EDITOR, **privacy) -> PrivacyGate:
    made = PrivacyGate(Privacy(**privacy), Consent(typed=typed))
    if window is not None:
        made.admit(window, UNKNOWN)
    return made


@pytest.mark.parametrize(
    ("typed", "field", "reason"),
    [
        ("off", TEXT, "no consent"),
        ("off", UNKNOWN, "no consent"),
        ("safe", UNKNOWN, "unknown focus"),
        ("safe", OTHER, "unknown focus"),
        ("safe", TEXT, ""),
        ("most", TEXT, ""),
        ("most", UNKNOWN, ""),
        ("most", OTHER, ""),
    ],
)
def test_keys_are_read_or_counted(typed: str, field: FieldFocus, reason: str) -> None:
    for obs in KEYS:
        count = len(obs.text) if isinstance(obs, KeyText) else 1
        expected = KeysCounted(at=3.0, count=count, reason=reason) if reason else obs
        assert gate(typed).admit(obs, field) == [expected]


@pytest.mark.parametrize("typed", ["off", "safe", "most"])
def test_password_field_lets_nothing_through_not_even_its_length(typed: str) -> None:
    for obs in (*KEYS, KeysCounted(at=1.0, count=8, reason="x")):
        assert gate(typed).admit(obs, PASSWORD) == []


@pytest.mark.parametrize("typed", ["off", "safe", "most"])
def test_what_is_done_in_our_own_window_is_no_work_in_the_one_before(typed: str) -> None:
    made = gate(typed)
    before = [made.admit(obs, TEXT) for obs in KEYS]
    assert made.admit(WindowFocus(at=2.0, app="Proactive Assistant", title="Annotation", window="0x9"), UNKNOWN) == []
    for obs in (*KEYS, KeysCounted(at=3.0, count=2, reason="x"), Click(at=3.0), Scroll(at=3.0, dy=1)):
        assert made.admit(obs, TEXT) == []
    away = IdleChanged(at=4.0, idle=True, since=3.0)
    assert made.admit(away, TEXT) == [away]
    assert made.admit(EDITOR, TEXT) == [EDITOR]
    assert [made.admit(obs, TEXT) for obs in KEYS] == before


@pytest.mark.parametrize("typed", ["safe", "most"])
def test_without_a_known_window_no_characters(typed: str) -> None:
    assert gate(typed, window=None).admit(KEYS[0], TEXT) == [KeysCounted(at=3.0, count=5, reason="unknown focus")]
    blind = gate(typed)
    blind.window_lost()
    assert blind.admit(KEYS[0], TEXT) == [KeysCounted(at=3.0, count=5, reason="unknown focus")]


def test_excluded_window_closes_once_and_hides_every_sense() -> None:
    made = gate()
    assert made.admit(KEEPASS, TEXT) == [PrivateChanged(at=2.0, private=True, rule="seed app: keepassxc")]
    assert made.rule == "seed app: keepassxc"
    hidden = (
        *KEYS,
        KEEPASS.model_copy(update={"title": "GitHub - KeePassXC"}),
        Click(at=3.0),
        Scroll(at=3.0, dy=1),
        AppStarted(at=3.0, app="Mousepad", pid=1),
        AppExited(at=3.0, app="Mousepad", pid=1),
        KeysCounted(at=3.0, count=1, reason="x"),
        WindowFocus(at=3.5, app="Bitwarden", title="Vault"),
    )
    assert [made.admit(obs, TEXT) for obs in hidden] == [[]] * len(hidden)
    made.window_lost()
    assert made.admit(KEYS[0], TEXT) == []
    back = EDITOR.model_copy(update={"at": 9.0})
    assert made.admit(back, TEXT) == [PrivateChanged(at=9.0, private=False, rule="seed app: bitwarden"), back]
    assert made.admit(KEYS[0], TEXT) == [KEYS[0]]


def test_gaps_are_told_even_behind_a_closed_gate() -> None:
    gap = Gap(at=1.0, sense="keyboard", until=2.0, reason="it stopped hearing")
    assert gate(window=KEEPASS).admit(gap, TEXT) == [gap]


def test_idle_and_lock_wait_behind_a_closed_gate() -> None:
    made = gate()
    away = IdleChanged(at=2.0, idle=True, since=1.0)
    assert made.admit(away, UNKNOWN) == [away]
    made.admit(KEEPASS, UNKNOWN)
    assert made.admit(IdleChanged(at=4.0, idle=False, since=1.0), UNKNOWN) == []
    assert made.admit(LockChanged(at=4.5, locked=True), UNKNOWN) == []
    assert made.admit(LockChanged(at=4.6, locked=False), UNKNOWN) == []
    kinds = [obs.kind for obs in made.admit(EDITOR.model_copy(update={"at": 5.0}), UNKNOWN)]
    assert kinds == ["private_changed", "idle_changed", "window_focus"]


def test_excluded_programs_start_and_end_unseen() -> None:
    made = gate(excluded_apps=("Signal",))
    for app in ("KeePassXC", "keepassxc", "org.keepassxc.KeePassXC", "Signal", "signal"):
        assert made.admit(AppStarted(at=1.0, app=app, pid=1), UNKNOWN) == []
        assert made.admit(AppExited(at=1.0, app="?", pid=1, process=app), UNKNOWN) == []
    seen = AppStarted(at=1.0, app="Mousepad", pid=1, process="mousepad")
    assert made.admit(seen, UNKNOWN) == [seen]


def test_titles_and_text_are_redacted() -> None:
    made = gate()
    title = EDITOR.model_copy(update={"title": "card 4111 1111 1111 1111 - Notes"})
    assert made.admit(title, UNKNOWN)[0].title == "card [redacted: card number] - Notes"
    assert made.admit(KeyText(at=1.0, text="password: hunter2"), TEXT)[0].text == "password: [redacted: password]"


def test_monstrous_title_is_cut() -> None:
    shown = gate().admit(EDITOR.model_copy(update={"title": "a" * 10_000}), UNKNOWN)[0]
    assert len(shown.title) <= 1_001


@pytest.mark.parametrize(
    ("window", "rule"),
    [
        ({"app": "KeePassXC"}, "seed app: keepassxc"),
        ({"app": "x", "process": "/usr/bin/pinentry-gtk-2"}, "seed app: pinentrygtk2"),
        ({"app_id": "gcr-prompter"}, "seed app: gcrprompter"),
        ({"process": "polkit-gnome-au"}, "seed app: polkitgnomeauthenticationagent1"),
        ({"app": "Google Chrome", "title": "New Incognito tab - Google Chrome"}, "private window"),
        ({"app": "Firefox", "title": "Mozilla Firefox (Private Browsing)"}, "private window"),
        ({"app": "Firefox", "title": "Wiki — Mozilla Firefox – Privater Modus"}, "private window"),
        ({"app": "Firefox", "title": "Wiki — Navigation privée de Mozilla Firefox"}, "private window"),
        ({"app": "Firefox", "title": "Wiki — Mozilla Firefox (приватный просмотр)"}, "private window"),
        ({"app": "Firefox", "title": "Wiki — Mozilla Firefox プライベートブラウジング"}, "private window"),
        ({"app": "Microsoft Edge", "title": "x - [InPrivate] - Microsoft\u200b Edge"}, "private window"),
        ({"app": "Brave", "title": "News - Brave (Private)"}, "private window"),
        ({"app": "Chromium", "title": "Vault | Bitwarden Web vault - Chromium"}, "seed title: password manager"),
        ({"app": "Chromium", "title": "Log in to online banking - Chromium"}, "seed title: bank"),
        ({"app": "Chromium", "title": "MyChart - Test results"}, "seed title: health"),
        ({"app": "Chromium", "title": "MetaMask Notification"}, "seed title: wallet"),
        ({"app": "Notes", "title": "my diary.txt"}, "title: diary"),
        ({"app": "Chromium", "title": "Facebook - Chromium"}, "site: facebook.com"),
        ({"app": "Chromium", "title": "(3) x.com - Chromium"}, "site: x.com"),
        ({"app": "Signal", "title": "Signal"}, "app: signal"),
    ],
)
def test_every_exclusion_names_its_rule(window: dict[str, str], rule: str) -> None:
    made = gate(
        window=None, excluded_apps=("signal",), excluded_titles=("diary",), excluded_sites=("facebook.com", "x.com")
    )
    assert made.excludes(WindowFocus(at=1.0, **window)) == rule


@pytest.mark.parametrize(
    "window",
    [
        {"app": "Mousepad", "title": "notes.md - Mousepad"},
        {"app": "Code", "title": "secrets.py - proactive - Visual Studio Code"},
        {"app": "Chromium", "title": "How to authenticate with OAuth - Stack Overflow - Chromium"},
        {"app": "Chromium", "title": "River bank restoration - Wikipedia - Chromium"},
        {"app": "Chromium", "title": "The Chase (film) - Wikipedia"},
        {"app": "Xterm", "title": "private keys explained"},
        {"app": "Chromium", "title": "maxx.com outlet"},
        {"app": "", "title": ""},
    ],
)
def test_ordinary_windows_are_let_in(window: dict[str, str]) -> None:
    assert gate(window=None, excluded_sites=("x.com",)).excludes(WindowFocus(at=1.0, **window)) == ""


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "(a+)+$", "(?:a*b?)*c", "(a|aa)+$", "((x{1,5000})*)*"])
def test_impossible_and_explosive_patterns_are_the_owners_to_mend(pattern: str) -> None:
    with pytest.raises(SetupError) as caught:
        gate(excluded_titles=(pattern,))
    assert repr(pattern) in str(caught.value)


@pytest.mark.parametrize("pattern", ["diary", "^Draft: .*$", r"\bsalary\b", "a|b", "(?:jan|feb) 20[0-9]{2}", "x+y+"])
def test_sane_patterns_are_accepted(pattern: str) -> None:
    gate(excluded_titles=(pattern,))


def test_new_rules_hold_at_once_and_wrong_ones_change_nothing() -> None:
    made = gate("most")
    made.change(Privacy(excluded_titles=("notes",)), Consent(typed="most"))
    assert made.admit(KEYS[0], TEXT)[0].kind == "keys_counted"
    assert made.admit(EDITOR, UNKNOWN)[0].rule == "title: notes"
    with pytest.raises(SetupError):
        made.change(Privacy(excluded_titles=("(",)), Consent(typed="off"))
    assert made.excludes(EDITOR) == "title: notes"


def test_our_own_popup_is_not_watched() -> None:
    gate = PrivacyGate(Privacy(), Consent(typed="most", at=1.0, version=1))
    assert gate.admit(AppStarted(at=1.0, app="Proactive Assistant", pid=1), UNKNOWN) == []
    assert gate.admit(WindowFocus(at=1.0, app="Proactive Assistant", title="Suggestion"), UNKNOWN) == []
    assert gate.admit(WindowFocus(at=1.0, app="Mousepad", title="a"), UNKNOWN) != []

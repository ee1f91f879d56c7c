"""The pure parts of the other senses: titles, names, idle, the choice of back ends."""

from __future__ import annotations

import types

import pytest

from assistant.settings import Settings
from collectors.idle.tracker import IdleTracker
from collectors.registry import make_collectors
from collectors.window import x11
from collectors.window.ewmh import Seen
from collectors.window.titles import MAX_TITLE, clean, index_names, pretty


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"notes.md", "notes.md"),
        (None, ""),
        ("Zoë – draft".encode(), "Zoë – draft"),
        (b"caf\xe9", "café"),
        ("é".encode() * 999 + b"\xc3", "é" * 999),
        (b"a\x1b[31m\r\nb\tc", "a [31m b c"),
        ("a\u202egpj.exe".encode(), "agpj.exe"),
        (b"x\x00y", "x"),
        (b"t \x1b%G\xc3\xa9\x1b%@ u", "t é u"),
        ("👩‍💻".encode(), "👩‍💻"),
        (b"y" * 10_000, "y" * MAX_TITLE),
    ],
)
def test_clean_titles(raw, expected):
    assert clean(raw) == expected


def test_pretty_names():
    said = {each: pretty(each) for each in ("org.gnome.Nautilus", "google-chrome", "XTerm", "code", "", "a.out")}
    assert list(said.values()) == ["Nautilus", "Google Chrome", "XTerm", "Code", "", "A.out"]


def test_names_from_desktop_files(tmp_path):
    def write(name, **entry):
        lines = "\n".join(f"{key}={value}" for key, value in entry.items())
        (tmp_path / f"{name}.desktop").write_text(f"[Desktop Entry]\n{lines}\n[Desktop Action x]\nName=Wrong\n")

    write("a-settings", Name="Pad Settings", Exec="pad --preferences")
    write("org.x.pad", Name="Pad", Exec="/usr/bin/pad %U")
    write("chrome", Name="Chrome", Exec="env X=1 chrome", StartupWMClass="Google-chrome")
    write("hidden", Name="Hidden", NoDisplay="true", Exec="hid")
    names = index_names([tmp_path, tmp_path / "missing"])
    assert names["pad"] == "Pad"
    assert names["google-chrome"] == "Chrome"
    assert "env" not in names
    assert "hidden" not in names


def test_idle_and_back():
    tracker = IdleTracker(180)
    assert tracker.look(1000, 10, 5, locked=False) == []
    (away,) = tracker.look(1200, 210, 181, locked=False)
    assert (away.idle, away.since) == (True, 1019)
    assert tracker.look(1300, 310, 281, locked=False) == []
    (back,) = tracker.look(1301, 311, 0.4, locked=False)
    assert (back.idle, back.since, back.at) == (False, 1019, 1300.6)


def test_clock_set_back_gives_no_negative_duration():
    tracker = IdleTracker(180)
    tracker.look(10_000, 10, 200, locked=False)
    (back,) = tracker.look(6_400, 20, 0, locked=False)
    assert back.since <= back.at


def test_suspend_is_a_gap_and_not_idle():
    tracker = IdleTracker(180)
    tracker.look(1000, 10, 5, locked=False)
    (gap,) = tracker.look(4601, 11, 6, locked=False)
    assert (gap.kind, gap.sense, gap.reason, gap.at, gap.until) == ("gap", "all", "suspend", 1000, 4601)
    assert tracker.look(4611, 21, 16, locked=False) == []
    assert tracker.look(4671, 81, 16, locked=False) == []


def test_lock_is_told_once():
    tracker = IdleTracker(180)
    told = [tracker.look(1000 + i, i, 0, locked=locked) for i, locked in enumerate([False, True, True, False])]
    assert [[each.locked for each in looks] for looks in told] == [[], [True], [], [False]]


def test_registry_on_x11(clock):
    chosen, idle_clock, without = make_collectors(Settings(), {"DISPLAY": ":5"}, clock, system="linux")
    assert [(each.name, each.backend) for each in chosen] == [
        (name, "x11") for name in ("keyboard", "mouse", "window", "apps", "idle")
    ]
    assert idle_clock is not None
    assert without == []


@pytest.mark.parametrize(
    "environ",
    [
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"},
        {"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"},
    ],
)
def test_registry_on_wayland_says_keys_off(clock, environ):
    chosen, idle_clock, without = make_collectors(Settings(), environ, clock, system="linux")
    assert list(chosen) == []
    assert idle_clock is None
    assert {each.sense for each in without} == {"keyboard", "mouse", "window", "apps", "idle"}
    assert without[0].reason.startswith("keys off: Wayland does not let")


def test_registry_trusts_an_x11_session_with_a_stray_wayland_variable(clock):
    environ = {"WAYLAND_DISPLAY": "wayland-0", "XDG_SESSION_TYPE": "x11", "DISPLAY": ":5"}
    assert len(make_collectors(Settings(), environ, clock, system="linux")[0]) == 5


def test_registry_without_display(clock):
    chosen, _, without = make_collectors(Settings(), {}, clock, system="linux")
    assert list(chosen) == []
    assert all("no display" in each.reason for each in without)


@pytest.mark.parametrize(("system", "name"), [("darwin", "macOS"), ("win32", "Windows")])
def test_registry_elsewhere_falls_through_to_pynput(clock, system, name):
    chosen, idle_clock, without = make_collectors(Settings(), {}, clock, system=system)
    assert [(each.name, each.backend) for each in chosen] == [("keyboard", "pynput"), ("mouse", "pynput")]
    assert idle_clock is None
    assert all(f"not yet there on {name}" in each.reason for each in without)


def test_registry_leaves_out_what_is_switched_off(clock):
    settings = Settings(capture={"mouse": False})
    chosen, _, without = make_collectors(settings, {"DISPLAY": ":5"}, clock, system="linux")
    assert "mouse" not in {each.name for each in chosen}
    assert [(each.sense, each.state) for each in without] == [("mouse", "off")]


class ScriptedEwmh:
    """A window manager that says what the test wants."""

    def __init__(self):
        self.now_active = 0

    def active(self):
        return self.now_active

    def managed(self, window):
        return window

    def window(self, _window):
        return types.SimpleNamespace(change_attributes=lambda event_mask: None)

    def look(self, window):
        return Seen(window, app_id=f"App{window}", title="t")


def test_none_between_two_windows_is_not_told_but_a_lasting_one_is(clock, monkeypatch):
    moment = [100.0]
    monkeypatch.setattr(x11.time, "monotonic", lambda: moment[0])
    seen = []
    collector = x11.X11Window(":5", clock, {})
    collector._ewmh = wm = ScriptedEwmh()
    collector._emit = seen.append
    for window, later in ((1, 0.0), (0, 0.0), (2, 0.01), (0, 0.0), (0, 0.1), (0, 0.2), (0, 5.0), (2, 0.0)):
        moment[0] += later
        wm.now_active = window
        collector._refresh()
    assert [each.app_id for each in seen] == ["App1", "App2", "", "App2"]

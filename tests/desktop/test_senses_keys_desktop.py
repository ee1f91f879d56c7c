"""Real typing into a real editor: what the keyboard sense reads is what the editor reads."""

from __future__ import annotations

import importlib.util
import random
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.clock import SystemClock
from collectors.keyboard import xkb
from collectors.keyboard.x11 import X11Keyboard
from collectors.xserver import close_display, open_display

_SPEC = importlib.util.spec_from_file_location(
    "senses_suite", Path(__file__).parents[1] / "contract" / "senses_suite.py"
)
suite = importlib.util.module_from_spec(_SPEC)
sys.modules["senses_suite"] = suite
_SPEC.loader.exec_module(suite)
running, wait, words = suite.running, suite.wait, suite.words

pytestmark = pytest.mark.desktop


@pytest.fixture
def pad(desktop, tmp_path):
    """A focused mousepad; `pad()` saves and gives its text."""
    file = tmp_path / "pad.txt"
    file.write_text("")
    desktop.spawn(["mousepad", str(file)])
    desktop.focus(desktop.window("pad.txt"))
    time.sleep(0.3)  # its text view takes the focus a moment after its window

    def read():
        before = file.stat().st_mtime_ns
        desktop.xdotool("key", "ctrl+s")
        wait(lambda: file.stat().st_mtime_ns != before, "mousepad did not save", 30)
        time.sleep(0.2)
        return file.read_text().removesuffix("\n")

    return read


def test_five_thousand_keys_at_full_speed(desktop, pad, tmp_path):
    random.seed(5)
    letters = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 .,;:!?()[]{}<>@#$%^&*-_=+/\\|~`'\""
    text = "".join(random.choice(letters) for _ in range(5_000))
    source = tmp_path / "source.txt"
    source.write_text(text)
    with running(X11Keyboard(desktop.display, SystemClock())) as seen:
        desktop.xdotool("type", "--delay", 0, "--file", source)
        wait(lambda: len(seen) >= 5_000, lambda: f"{len(seen)} of 5000")
        captured = words(seen)
    assert captured == text
    assert pad() == text


@pytest.mark.parametrize("text", ["zażółć é € ħ", "Привет, мир", "Ελλάδα 漢字 ŻÓŁĆ ñÑ ß ẞ"])
def test_what_xdotool_remaps_reads_as_the_editor_reads_it(desktop, pad, text):
    with running(X11Keyboard(desktop.display, SystemClock())) as seen:
        # 40 ms between keys: at full speed the editor itself misses xdotool's short-lived remaps.
        desktop.xdotool("type", "--delay", 40, text)
        wait(lambda: len(seen) >= len(text), lambda: words(seen))
        captured = words(seen)
    assert captured == pad()


@pytest.mark.parametrize(
    ("layout", "keys", "expected"),
    [
        ("us", ["q", "shift+1", "25"], "q!w"),
        ("de", ["29", "34", "48", "20", "shift+47", "ISO_Level3_Shift+26"], "züäßÖ€"),
        ("pl", ["ISO_Level3_Shift+38", "ISO_Level3_Shift+46", "ISO_Level3_Shift+52"], "ąłż"),
        ("fr", ["10", "11", "shift+11", "24"], "&é2a"),
    ],
)
def test_layouts(desktop, pad, layout, keys, expected):
    with running(X11Keyboard(desktop.display, SystemClock())) as seen:
        subprocess.run(["setxkbmap", "-layout", layout], env=desktop.env, check=True)
        desktop.xdotool("key", *keys)
        wait(lambda: len(words(seen)) >= len(expected), lambda: words(seen))
        captured = words(seen)
    assert captured == expected
    assert pad() == expected


def press_in_group(desktop, group, *keycodes):
    """Press keys one inside the other, in a layout group as a desktop's switcher sets it (xdotool resets it)."""
    display = open_display(desktop.display)
    opcode = display.query_extension(xkb.EXTENSION).major_opcode
    xkb.use(display)
    lock = struct.pack("=BBHHBBBBBBBBh", opcode, 5, 4, 0x100, 0, 0, 1, group, 0, 0, 0, 0, 0)
    display.display.send_request(xkb._Note(lock), False)
    for kind, codes in ((2, keycodes), (3, reversed(keycodes))):
        for keycode in codes:
            display.xtest_fake_input(kind, keycode)
    display.sync()
    close_display(display)


def test_second_group_and_its_chords(desktop, pad):
    subprocess.run(["setxkbmap", "-layout", "us,ru"], env=desktop.env, check=True)
    with running(X11Keyboard(desktop.display, SystemClock())) as seen:
        desktop.xdotool("type", "--delay", 0, "qweйцуq")
        for group, *codes in ((1, 24), (1, 25), (1, 50, 26), (1, 37, 54), (0, 24)):
            press_in_group(desktop, group, *codes)
        wait(lambda: len(seen) >= 12, lambda: words(seen))
        captured = words(seen)
    assert captured == "qweйцуqйцУ<Ctrl+c>q"
    assert pad() == "qweйцуqйцУq"


@pytest.mark.parametrize(
    "keys",
    [
        ["dead_acute", "e", "dead_diaeresis", "U", "dead_tilde", "N", "dead_stroke", "o", "dead_cedilla", "c"],
        ["dead_acute", "x", "dead_acute", "space", "dead_grave", "dead_grave", "dead_circumflex", "dead_acute", "a"],
        ["dead_acute", "BackSpace", "e", "dead_diaeresis", "1"],
        ["Multi_key", "o", "c", "Multi_key", "minus", "minus", "minus", "x"],
        ["Caps_Lock", "a", "1", "udiaeresis", "Shift+b", "Caps_Lock", "a"],
        ["KP_1", "KP_Add", "KP_Decimal"],
    ],
    ids=["dead", "dead alone", "dead undone", "compose", "caps lock", "keypad"],
)
def test_sequences_read_as_the_editor_reads_them(desktop, pad, keys):
    with running(X11Keyboard(desktop.display, SystemClock())) as seen:
        desktop.xdotool("key", "--delay", 40, *keys)
        time.sleep(0.3)
        captured = words(seen)
    assert captured
    assert captured == pad()


def test_named_keys_chords_and_repeats(desktop):
    desktop.spawn(["xterm", "-T", "keys", "-e", "cat"])
    desktop.focus(desktop.window("^keys$"))
    with running(X11Keyboard(desktop.display, SystemClock())) as seen:
        desktop.xdotool("key", "ctrl+s", "ctrl+shift+t", "alt+Left", "super+e", "shift+Tab", "ctrl+space", "shift+a")
        desktop.xdotool("key", "Return", "BackSpace", "Delete", "Escape", "Prior", "F12", "shift+End")
        expected = (
            "<Ctrl+s><Ctrl+Shift+t><Alt+Left><Super+e><Shift+Tab><Ctrl+Space>A"
            "<Enter><BackSpace><Delete><Escape><PageUp><F12><Shift+End>"
        )
        wait(lambda: len(words(seen)) >= len(expected), lambda: words(seen))
        assert words(seen) == expected
        seen.clear()
        subprocess.run(["xset", "r", "rate", "200", "50"], env=desktop.env, check=True)
        desktop.xdotool("keydown", "h", "sleep", "0.6", "keyup", "h")
        assert set(words(seen)) == {"h"}
        assert len(seen) > 3

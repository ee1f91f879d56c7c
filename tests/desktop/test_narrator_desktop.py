"""The narrator's text against a real editor's file: corrections, cursor keys, words, selections, accents."""

from __future__ import annotations

import subprocess
import time

import pytest

from assistant.clock import SystemClock, counting_ids
from assistant.narrator import Narrator, join_bursts
from assistant.settings import Settings
from collectors.keyboard.x11 import X11Keyboard
from collectors.window.x11 import X11Window

pytestmark = pytest.mark.desktop

# Typed strings, and keys as xdotool names them in angle brackets.
STROKES = (
    "teh", "<BackSpace*2>", "he quick brwn", "<Left*2>", "o", "<Right*2>", " fox ", "<ctrl+BackSpace>", "dog",
    "<Return>", "jumps over", "<ctrl+Left>", "high ", "<ctrl+Left*2>", "<ctrl+Right*2>", "er", "<Right*5>",
    "<shift+Left*4>", "OVER", "<Return>", "middle", "<Return>", "end", "<Home>", "THE ", "<Left*4>", "<Delete>", "t",
    "<Right*6>", "!", "<Tab>", "Grüße von Zö", "<BackSpace>", "e ß",
)  # fmt: skip


def press(desktop, stroke):
    if not stroke.startswith("<"):
        desktop.xdotool("type", "--delay", "15", stroke)
        return
    name, _, count = stroke.strip("<>").partition("*")
    desktop.xdotool("key", "--delay", "15", *[name] * int(count or 1))


def test_the_text_told_is_the_text_in_the_file(desktop, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("")
    subprocess.run(["setxkbmap", "de"], env=desktop.env, check=True)
    desktop.spawn(["mousepad", "--disable-server", str(file)])
    desktop.focus(desktop.window("notes.txt"))
    clock, seen = SystemClock(), []
    senses = [X11Window(desktop.display, clock, desktop.env), X11Keyboard(desktop.display, clock)]
    for sense in senses:
        sense.start(seen.append)
    time.sleep(0.5)
    for stroke in STROKES:
        press(desktop, stroke)
    desktop.xdotool("key", "ctrl+s")
    end = time.monotonic() + 10
    while not file.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    for sense in senses:
        sense.stop()
    narrator, told = Narrator(Settings().narration, counting_ids(), utc_offset_min=clock.utc_offset_min), []
    for obs in seen:
        told += narrator.feed(obs)
    told += narrator.flush(clock.now())
    events = list({event.id: event for event in told}.values())
    assert "jumps higher OVER\n" in file.read_text()
    assert join_bursts(events) == file.read_text().removesuffix("\n"), [event.sentence for event in events]
    assert events[0].sentence == "The user switches to 'notes.txt' in Mousepad."
    assert events[-1].sentence == "The user saves 'notes.txt' in Mousepad (Ctrl+S)."
    assert [event.type for event in events] == ["switch", "typing", "hotkey"]

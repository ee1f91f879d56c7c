"""Keys without a keyboard: keymaps, decoding, dead keys, recorded bytes."""

from __future__ import annotations

import struct

import pytest

from collectors.keyboard import xkb
from collectors.keyboard.compose import Composer
from collectors.keyboard.decode import Decoder, Named, Typed
from collectors.keyboard.keysyms import both_cases, character
from collectors.recorder import Input, Remap, parse

LETTER = xkb.KeyType(0x03, {1: 1, 2: 1})
TWO = xkb.KeyType(0x01, {1: 1})
FOUR = xkb.KeyType(0x83, {1: 1, 2: 1, 0x80: 2, 0x81: 3})
KEYPAD = xkb.KeyType(0x11, {0x10: 1, 0x01: 1})


@pytest.fixture
def decoder(tmp_path):
    made = Decoder(
        xkb.Keymap(
            {
                24: xkb.KeySyms((LETTER, LETTER), 2, (0x71, 0x51, 0x6CA, 0x6EA)),
                54: xkb.KeySyms((LETTER, LETTER), 2, (0x63, 0x43, 0x6D3, 0x6F3)),
                10: xkb.KeySyms((TWO,), 2, (0x31, 0x21)),
                26: xkb.KeySyms((FOUR,), 4, (0x65, 0x45, 0x20AC, 0)),
                87: xkb.KeySyms((KEYPAD,), 2, (0xFF9C, 0xFFB1)),
                36: xkb.KeySyms((xkb.KeyType(0, {}),), 1, (0xFF0D,)),
                22: xkb.KeySyms((xkb.KeyType(0, {}),), 1, (0xFF08,)),
                65: xkb.KeySyms((xkb.KeyType(0, {}),), 1, (0x20,)),
                48: xkb.KeySyms((TWO,), 2, (0xFE51, 0xFE57)),
                50: xkb.KeySyms((xkb.KeyType(0, {}),), 1, (0xFFE1,)),
                20: xkb.KeySyms((TWO,), 2, (0xFC, 0xDC)),
            }
        )
    )
    made._composer = Composer(tmp_path / "none")
    return made


@pytest.mark.parametrize(
    ("keycode", "state", "meaning"),
    [
        (24, 0, Typed("q")),
        (24, 1, Typed("Q")),
        (24, 2, Typed("Q")),
        (24, 3, Typed("q")),
        (24, 1 << 13, Typed("й")),
        (24, 1 << 13 | 1, Typed("Й")),
        (24, 3 << 13, Typed("й")),
        (10, 2, Typed("1")),
        (10, 1, Typed("!")),
        (20, 2, Typed("Ü")),
        (26, 0x80, Typed("€")),
        (87, 0x10, Typed("1")),
        (87, 0, Named("End")),
        (36, 0, Named("Enter")),
        (36, 1, Named("Enter", ("Shift",))),
        (36, 5, Named("Enter", ("Ctrl", "Shift"))),
        (24, 4, Named("q", ("Ctrl",))),
        (24, 5, Named("q", ("Ctrl", "Shift"))),
        (54, 1 << 13 | 4, Named("c", ("Ctrl",))),
        (24, 0x4D, Named("q", ("Ctrl", "Alt", "Super", "Shift"))),
        (65, 4, Named("Space", ("Ctrl",))),
        (50, 0, None),
        (200, 0, None),
    ],
)
def test_press(decoder, keycode, state, meaning):
    assert decoder.press(keycode, state) == meaning


@pytest.mark.parametrize(
    ("presses", "expected"),
    [
        ([(48, 0), (26, 0)], "é"),
        ([(48, 1), (24, 0)], "¨q"),
        ([(48, 0), (65, 0)], "'"),
        ([(48, 0), (48, 0)], "´"),
        ([(48, 0), (22, 0), (26, 0)], "e"),
        ([(48, 0), (36, 0), (26, 0)], "´e"),
        ([(48, 1), (48, 0), (20, 1)], "¨´Ü"),
        ([(48, 0), (24, 4), (26, 0)], "é"),
    ],
)
def test_dead_keys(decoder, presses, expected):
    meanings = [decoder.press(*press) for press in presses]
    assert "".join(each.text for each in meanings if isinstance(each, Typed)) == expected


def test_compose_table(tmp_path):
    table = tmp_path / "Compose"
    table.write_text('<Multi_key> <o> <c> : "©" copyright\n<Multi_key> <minus> <minus> <period> : "–"\n')
    composer = Composer(table)

    def typed(text):
        composer.dead(0xFF20)
        return "".join(composer.text(each) for each in text)

    assert typed("oc") == "©"
    assert typed("--.") == "–"
    assert typed("xyz") == "yz"


@pytest.mark.parametrize(
    ("keysym", "expected"),
    [
        (0x61, "a"),
        (0xDF, "ß"),
        (0x1AF, "Ż"),
        (0x6C1, "а"),
        (0x6AE, "ў"),
        (0x7E1, "α"),
        (0xCE0, "א"),
        (0xDA1, "ก"),
        (0x5C7, "ا"),
        (0x4B1, "ア"),
        (0x20AC, "€"),
        (0x1006F22, "漢"),
        (0x101F600, "😀"),
        (0xFFB5, "5"),
        (0xFF0D, ""),
        (0x1000007, ""),
        (0x100D800, ""),
        (0, ""),
    ],
)
def test_character_of_keysym(keysym, expected):
    assert character(keysym) == expected


@pytest.mark.parametrize(
    ("keysym", "pair"),
    [
        (0xD3, "óÓ"),
        (0x1BF, "żŻ"),
        (0x6F0, "пП"),
        (0x7C1, "αΑ"),
        (0xFF, "ÿÿ"),
        (0xB5, "µµ"),
        (0x100010C, "ČČ"),
        (0x31, "11"),
    ],
)
def test_both_cases_as_the_server_pairs_them(keysym, pair):
    assert "".join(map(character, both_cases(keysym))) == pair


def test_remap_replaces_and_empties_a_key(decoder):
    decoder.keymap.remap(200, (0xD3,))
    assert [decoder.press(200, state) for state in (0, 1, 2)] == [Typed("ó"), Typed("Ó"), Typed("Ó")]
    decoder.keymap.remap(200, (0x31, 0x32, 0x6CA, 0))
    assert [decoder.press(200, state) for state in (1, 1 << 13)] == [Typed("2"), Typed("й")]
    decoder.keymap.remap(200, (0, 0))
    assert decoder.press(200, 0) is None


def test_groups_out_of_range():
    keys = {mode: xkb.KeySyms((TWO, TWO), 1, (1, 2), mode) for mode in (0, 0x40, 0x80, 0x90)}
    assert [keys[mode].group(3) for mode in keys] == [1, 1, 0, 1]


def test_recorded_bytes():
    event = struct.pack("=BBHIIIIhhhhHBB", 2, 24, 1, 2, 3, 4, 5, 1, 1, 1, 1, 0x2001, 1, 0)
    assert parse(0, event * 2) == [Input(2, 24, 0x2001)] * 2
    assert parse(0, event + event[:7]) == [Input(2, 24, 0x2001)]
    remap = struct.pack("=BBHBBH4I", 100, 2, 6, 200, 2, 0, 0x61, 0x41, 0x62, 0)
    assert parse(1, remap) == [Remap(200, (0x61, 0x41)), Remap(201, (0x62, 0))]
    assert parse(1, b"\x01" + remap[1:]) == []
    assert parse(4, b"") == []


def test_changed_keys():
    def news(subtype, changed, first=0, count=0):
        return struct.pack("=BBHIBBH4xBB", 85, subtype, 0, 0, 0, 0, changed, first, count) + bytes(14)

    assert xkb.changed_keys(news(1, 2, 200, 1)) == range(200, 201)
    assert xkb.changed_keys(news(1, 3, 200, 1)) == range(256)
    assert xkb.changed_keys(news(1, 4)) == range(0)
    assert xkb.changed_keys(news(0, 0)) == range(256)

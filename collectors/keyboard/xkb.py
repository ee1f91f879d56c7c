"""The keyboard map as the X server itself uses it: XKB's types, levels and groups (XkbGetMap).

The core protocol's flat table cannot say which modifier picks which level (CapsLock on ``ß``, NumLock on the
keypad, AltGr, a fifth level); XKB says it exactly, so nothing here is guessed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.errors import EnvironmentFault
from collectors.keyboard.keysyms import both_cases
from collectors.xserver import need_extension

EXTENSION = "XKEYBOARD"
SHIFT, LOCK, CONTROL = 1, 2, 4
_USE_EXTENSION, _SELECT_EVENTS, _GET_MAP = 0, 1, 8
_CORE_KEYBOARD = 0x100
_KEY_TYPES, _KEY_SYMS = 1, 2
_NEW_KEYBOARD, _MAP_NOTIFY = 1, 2
# XkbGetMap's reply before its first list, in the order of the XKB protocol specification, section 12.4.
_MAP_HEADER = struct.Struct("=BBHI2xBBHBBBBHBBHBBBBBBBBBBBBBxH")
_TYPE = struct.Struct("=BBHBBBx")
_ENTRY = struct.Struct("=BBBBH2x")
_SYMS = struct.Struct("=4BBBH")
# Out-of-range groups (specification, section 4.3.1): wrap is 0, then clamp, then redirect.
_CLAMP, _REDIRECT = 0x40, 0x80


@dataclass(frozen=True)
class KeyType:
    """Which modifiers matter to a key, and the level that each combination of them picks."""

    mask: int
    levels: dict[int, int]

    def level(self, state: int) -> int:
        return self.levels.get(state & self.mask, 0)


@dataclass(frozen=True)
class KeySyms:
    """One key: per group its type, and ``width`` keysyms per group one after the other."""

    types: tuple[KeyType, ...]
    width: int
    keysyms: tuple[int, ...]
    out_of_range: int = 0

    def group(self, wanted: int) -> int:
        count = len(self.types)
        if wanted < count or count == 0:
            return wanted
        if self.out_of_range & 0xC0 == _CLAMP:
            return count - 1
        if self.out_of_range & 0xC0 == _REDIRECT:
            target = (self.out_of_range >> 4) & 3
            return target if target < count else 0
        return wanted % count

    def keysym(self, group: int, level: int) -> int:
        place = group * self.width + level
        return self.keysyms[place] if level < self.width and place < len(self.keysyms) else 0


@dataclass
class Keymap:
    """All keys by keycode."""

    keys: dict[int, KeySyms]

    def lookup(self, keycode: int, state: int) -> tuple[int, int]:
        """The keysym that a press gives (0 = none), and the modifiers that were used up for choosing it."""
        key = self.keys.get(keycode)
        if key is None or not key.types:
            return 0, 0
        group = key.group(group_of(state))
        type_ = key.types[group]
        return key.keysym(group, type_.level(state)), type_.mask

    def plain(self, keycode: int, state: int) -> list[int]:
        """The key's keysyms without modifiers: that of the active group first, then the other groups'."""
        key = self.keys.get(keycode)
        if key is None or not key.types:
            return []
        first = key.group(group_of(state))
        groups = [first, *(each for each in range(len(key.types)) if each != first)]
        return [key.keysym(group, 0) for group in groups]

    def remap(self, keycode: int, keysyms: Sequence[int]) -> None:
        """Take over a change made by the core protocol (its section 5): two groups of two levels at most."""
        listed = (*keysyms[:4], 0, 0, 0, 0)
        groups = [_core_group(listed[0], listed[1])]
        if listed[2]:
            groups.append(_core_group(listed[2], listed[3]))
        types = tuple(type_ for type_, _pair in groups) if listed[0] else ()
        self.keys[keycode] = KeySyms(types, 2, tuple(keysym for _type, pair in groups for keysym in pair))


_ONE_LEVEL = KeyType(0, {})
_TWO_LEVELS = KeyType(SHIFT, {SHIFT: 1})
_ALPHABETIC = KeyType(SHIFT | LOCK, {SHIFT: 1, LOCK: 1})


def _core_group(first: int, second: int) -> tuple[KeyType, tuple[int, int]]:
    """One group as the server expands it: a lone letter becomes both its cases."""
    lower, upper = both_cases(first)
    if second in (0, upper) and lower != upper and (second == 0 or first == lower):
        return _ALPHABETIC, (lower, upper)
    return (_TWO_LEVELS, (first, second)) if second else (_ONE_LEVEL, (first, 0))


def group_of(state: int) -> int:
    """The keyboard group (layout) of an event: bits 13 and 14 of its state."""
    return (state >> 13) & 3


# --------------------------------------------------------------------------- talking to the server


class _Call:
    """One raw request with a reply, in the shape that python-xlib's send-and-receive loop expects."""

    _reply = None  # its presence tells python-xlib that an answer comes

    def __init__(self, display: Any, binary: bytes) -> None:
        self._binary = binary
        self._serial: int | None = None
        self._raw: bytes | None = None
        self._fault: Any = None
        self._display = display.display
        self._display.send_request(self, True)

    def reply(self) -> bytes:
        while self._raw is None and self._fault is None:
            self._display.send_recv_lock.acquire()
            self._display.send_and_recv(request=self._serial)
        if self._raw is None:
            raise EnvironmentFault(f"The X server refused to give its keyboard map: {type(self._fault).__name__}")
        return self._raw

    def _parse_response(self, data: Any) -> None:
        self._raw = bytes(data)
        self.sequence_number = self._serial

    def _set_error(self, fault: Any) -> int:
        self._fault = fault
        return 1


def use(display: Any) -> int:
    """Switch XKB on for this connection and ask for news of the map; gives XKB's event code.

    :raises EnvironmentFault: the server has no XKB.
    """
    need_extension(display, EXTENSION, "typed text")
    info = display.query_extension(EXTENSION)
    opcode = info.major_opcode
    _Call(display, struct.pack("=BBHHH", opcode, _USE_EXTENSION, 2, 1, 0)).reply()
    news = _NEW_KEYBOARD | _MAP_NOTIFY
    select = struct.pack("=BBH6H", opcode, _SELECT_EVENTS, 4, _CORE_KEYBOARD, news, 0, news, 0xFF, 0xFF)
    display.display.send_request(_Note(select), False)
    display.flush()
    return int(info.first_event)


class _Note:
    """One raw request without a reply."""

    def __init__(self, binary: bytes) -> None:
        self._binary = binary
        self._serial: int | None = None


def fetch(display: Any) -> Keymap:
    """The map as it is now (one round trip, 1–3 ms).

    :raises EnvironmentFault: the server refuses.
    """
    opcode = display.query_extension(EXTENSION).major_opcode
    what = _KEY_TYPES | _KEY_SYMS
    return parse_map(_Call(display, struct.pack("=BBHHHH18x", opcode, _GET_MAP, 7, _CORE_KEYBOARD, what, 0)).reply())


def changed_keys(event: bytes) -> range:
    """The keycodes whose keysyms a MapNotify changed; every keycode for any other XKB event."""
    _type, subtype, _sequence, _time, _device, _buttons, changed = struct.unpack_from("=BBHIBBH", event)
    if subtype != 1 or not changed & _KEY_SYMS or changed & _KEY_TYPES:
        return range(256) if subtype != 1 or changed & (_KEY_SYMS | _KEY_TYPES) else range(0)
    first, count = struct.unpack_from("=BB", event, 16)
    return range(first, first + count)


# --------------------------------------------------------------------------- reading the answer


def parse_map(raw: bytes) -> Keymap:
    """Take apart XkbGetMap's reply (types and keysyms only)."""
    fields = _MAP_HEADER.unpack_from(raw)
    type_count, first_key, key_count = fields[8], fields[10], fields[12]
    types, offset = [], _MAP_HEADER.size
    for _ in range(type_count):
        type_, offset = _key_type(raw, offset)
        types.append(type_)
    keys = {first_key + i: key for i, key in enumerate(_keys(raw, offset, key_count, types))}
    return Keymap(keys)


def _key_type(raw: bytes, offset: int) -> tuple[KeyType, int]:
    mask, _mods, _virtual, _levels, entries, preserve = _TYPE.unpack_from(raw, offset)
    offset += _TYPE.size
    levels = {}
    for _ in range(entries):
        active, entry_mask, level, _real, _vmods = _ENTRY.unpack_from(raw, offset)
        if active:
            levels[entry_mask] = level
        offset += _ENTRY.size
    return KeyType(mask, levels), offset + (4 * entries if preserve else 0)


def _keys(raw: bytes, offset: int, count: int, types: Sequence[KeyType]) -> Iterator[KeySyms]:
    for _ in range(count):
        *indices, info, width, total = _SYMS.unpack_from(raw, offset)
        offset += _SYMS.size
        keysyms = struct.unpack_from(f"={total}I", raw, offset)
        offset += 4 * total
        yield KeySyms(tuple(types[i] for i in indices[: info & 0x0F]), width, keysyms, info)

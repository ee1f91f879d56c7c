"""The RECORD extension as a stream: input events of all programs, in order, without grabbing anything.

``enable_context`` of python-xlib blocks its thread for ever; here the request is sent without waiting for its
reply, and the replies (RECORD answers one request many times) are picked up whenever the socket is readable.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from collectors.xserver import need_extension

log = logging.getLogger(__name__)

KEY_PRESS, BUTTON_PRESS = 2, 4
CHANGE_KEYBOARD_MAPPING = 100
_FROM_SERVER, _FROM_CLIENT = 0, 1
# The fixed 32 bytes of an input event in the X protocol, native byte order (python-xlib connects with it).
_INPUT = struct.Struct("=BBHIIIIhhhhHBB")
_REMAP = struct.Struct("=BBHBBH")
_NOTHING = (0, 0)


class Input(NamedTuple):
    """A key or button press: ``code`` is the keycode or button, ``state`` the modifiers before it."""

    type: int
    code: int
    state: int


class Remap(NamedTuple):
    """A program changed the keyboard mapping: the new keysyms of one keycode (core protocol order)."""

    keycode: int
    keysyms: tuple[int, ...]


def record(display: Any, event: int, see: Callable[[Input | Remap], None], *, remaps: bool = False) -> None:
    """Ask for every ``event`` (KEY_PRESS or BUTTON_PRESS); what comes is given to ``see`` as it is read.

    ``remaps`` also gives changes of the keyboard mapping, in order with the keys: xdotool changes it for a
    moment per character, and asking the server afterwards would be too late.

    :raises EnvironmentFault: the server has no RECORD extension.
    """
    from Xlib.ext import record as extension

    need_extension(display, extension.extname, "input")
    requests = (CHANGE_KEYBOARD_MAPPING, CHANGE_KEYBOARD_MAPPING) if remaps else _NOTHING
    wanted = {
        "core_requests": requests,
        "core_replies": _NOTHING,
        "ext_requests": (0, 0, 0, 0),
        "ext_replies": (0, 0, 0, 0),
        "delivered_events": _NOTHING,
        "device_events": (event, event),
        "errors": _NOTHING,
        "client_started": False,
        "client_died": False,
    }
    context = display.record_create_context(0, [extension.AllClients], [wanted])
    # First parameter of the constructor after the callback is `defer`: send, do not wait.
    extension.EnableContext(
        lambda reply: _take(reply, see),
        display=display.display,
        defer=True,
        opcode=display.display.get_extension_major(extension.extname),
        context=context,
    )
    display.flush()


def _take(reply: Any, see: Callable[[Input | Remap], None]) -> None:
    """Nothing may be raised from here: python-xlib calls this with its locks held."""
    try:
        for item in parse(reply.category, bytes(reply.data)):
            see(item)
    except Exception as error:
        log.warning("one input event was lost: %s", type(error).__name__)


def parse(category: int, data: bytes) -> list[Input | Remap]:
    """Take apart one RECORD datum: events from the server (32 bytes each), or one request of a client."""
    if category == _FROM_SERVER:
        return [_input(data, offset) for offset in range(0, len(data) - 31, 32)]
    if category == _FROM_CLIENT and data[:1] == bytes([CHANGE_KEYBOARD_MAPPING]):
        return list(_remaps(data))
    return []


def _input(data: bytes, offset: int) -> Input:
    fields = _INPUT.unpack_from(data, offset)
    return Input(fields[0] & 0x7F, fields[1], fields[11])


def _remaps(data: bytes) -> list[Remap]:
    _opcode, keycodes, _length, first, width, _pad = _REMAP.unpack_from(data)
    keysyms = struct.unpack_from(f"={keycodes * width}I", data, _REMAP.size)
    return [Remap(first + i, keysyms[i * width : (i + 1) * width]) for i in range(keycodes)]

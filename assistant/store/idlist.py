"""Event ids as bytes: zigzag differences in base 128.

Forty ids of one context are 800 bytes as JSON and about 230 so; there are hundreds of such lists a day.
"""

from __future__ import annotations

from collections.abc import Sequence

_MORE = 0x80


def pack(ids: Sequence[int]) -> bytes:
    """Bytes for ``ids`` in their order; ``b""`` for none."""
    out = bytearray()
    before = 0
    for number in ids:
        step = number - before
        before = number
        rest = step * 2 if step >= 0 else -step * 2 - 1
        while rest >= _MORE:
            out.append(rest & 0x7F | _MORE)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def unpack(packed: bytes) -> tuple[int, ...]:
    """The ids that :func:`pack` was given. An unfinished last number (a damaged row) is left out."""
    ids: list[int] = []
    before = rest = shift = 0
    for byte in packed:
        rest |= (byte & 0x7F) << shift
        shift += 7
        if byte < _MORE:
            before += -(rest + 1 >> 1) if rest & 1 else rest >> 1
            ids.append(before)
            rest = shift = 0
    return tuple(ids)

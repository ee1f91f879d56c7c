"""Text that every later stage can encode: the OS's names are bytes, and not always UTF-8."""

from __future__ import annotations

from assistant.events import Observation


def wellformed(text: str) -> str:
    """``text`` with a ``?`` for each half surrogate: Python's stand-in for bytes that are no UTF-8 (PEP 383)."""
    return text.encode("utf-8", "replace").decode()


def encodable(obs: Observation) -> Observation:
    """``obs`` with every string of it :func:`wellformed`; itself when they are (the usual case)."""
    changed: dict[str, object] = {}
    for name, value in obs:
        if isinstance(value, str):
            clean: object = wellformed(value)
        elif isinstance(value, tuple):
            clean = tuple(wellformed(each) for each in value)
        else:
            continue
        if clean != value:
            changed[name] = clean
    return obs.model_copy(update=changed) if changed else obs

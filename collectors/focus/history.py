"""What had the keyboard focus, and since when: so that a key can be judged by the moment it was pressed."""

from __future__ import annotations

import threading
from collections import deque

from assistant.policy.privacy import REMOTE
from assistant.ports import FieldFocus, FieldKind

# Signals of a change arrive at most this long after it (AT-SPI 12 ms, window 11 ms [FINDINGS], doubled): a key
# pressed longer before one was typed into what had the focus until then.
LAG_S = 0.025
_KEPT = 64
_ORDER = (FieldKind.PASSWORD, FieldKind.UNKNOWN, FieldKind.OTHER, FieldKind.TEXT)


def strictest(*fields: FieldFocus) -> FieldFocus:
    """The one that allows least: password, then unknown (remote before others), then other, then text."""
    return min(fields, key=lambda field: (_ORDER.index(field.kind), field.how != REMOTE))


class History:
    """The last changes of the focused field, thread-safe."""

    def __init__(self) -> None:
        self._notes: deque[tuple[float, FieldFocus]] = deque([(0.0, FieldFocus(kind=FieldKind.UNKNOWN))], maxlen=_KEPT)
        self._lock = threading.Lock()

    def note(self, field: FieldFocus, mono: float) -> None:
        """From ``mono`` (monotonic s) on, ``field`` has the focus. A note of the same moment replaces the last."""
        with self._lock:
            last_at, last = self._notes[-1]
            if last_at == mono:
                self._notes[-1] = (mono, field)
            elif last != field:
                self._notes.append((max(mono, last_at), field))

    def now(self) -> FieldFocus:
        """The field that has the focus."""
        with self._lock:
            return self._notes[-1][1]

    def since(self, mono: float) -> FieldFocus:
        """What a key pressed at ``mono`` may have gone into: a password field if one had the focus then or since,
        else the strictest of what had it then and what got it within LAG_S after.
        """
        with self._lock:
            notes = list(self._notes)
        before = [field for at, field in notes if at <= mono][-1:]
        after = [(at, field) for at, field in notes if at > mono]
        doubtful = [f for at, f in after if at <= mono + LAG_S or f.kind is FieldKind.PASSWORD]
        return strictest(*(before or [FieldFocus(kind=FieldKind.UNKNOWN)]), *doubtful)

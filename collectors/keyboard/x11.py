"""Keys on X11: RECORD for the presses, XKB for their meaning. Nothing is grabbed, nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.clock import Clock
from assistant.events import KeyNamed, KeyText
from collectors.keyboard import xkb
from collectors.keyboard.decode import Decoder, Masks, Named, Typed
from collectors.recorder import KEY_PRESS, Input, Remap, record
from collectors.xserver import XCollector, close_display, open_display

_ALT, _SUPER = (0xFFE9, 0xFFEA), (0xFFEB, 0xFFEC)


class X11Keyboard(XCollector):
    """Emits KeyText per character and KeyNamed per named key or chord; releases are not even asked for."""

    name = "keyboard"

    def __init__(self, display: str, clock: Clock) -> None:
        super().__init__(display, clock)
        self._stream: Any = None
        self._control: Any = None
        self._xkb_event = -1
        self._decoder = Decoder(xkb.Keymap({}))
        self._remapped: set[int] = set()

    def connect(self) -> Sequence[Any]:
        control = open_display(self._display_name)
        try:
            self._xkb_event = xkb.use(control)
            self._decoder = Decoder(xkb.fetch(control), _masks(control))
            self._remapped.clear()
            stream = open_display(self._display_name)
            record(stream, KEY_PRESS, self._see, remaps=True)
        except Exception:
            close_display(control)
            raise
        self._control, self._stream = control, stream
        return control, stream

    def serve(self) -> None:
        stale = False
        while self._control.pending_events():
            stale = self._is_news(self._control.next_event()) or stale
        if stale:
            self._reload()
        self._stream.pending_events()

    def _is_news(self, event: Any) -> bool:
        """Whether the map changed beyond what the stream of remaps already told."""
        if event.type != self._xkb_event:
            return False
        return not self._remapped.issuperset(xkb.changed_keys(event._binary))  # noqa: SLF001 - python-xlib has no XKB events

    def _reload(self) -> None:
        fresh = xkb.fetch(self._control)
        for keycode in tuple(self._remapped):
            now, ours = fresh.keys.get(keycode), self._decoder.keymap.keys[keycode]
            if now is not None and any(now.keysyms):
                self._remapped.discard(keycode)
            else:
                # A remap of xdotool that it has taken back by now; keys in the stream may still mean it.
                fresh.keys[keycode] = ours
        self._decoder.keymap = fresh
        self._decoder.masks = _masks(self._control)

    def _see(self, item: Input | Remap) -> None:
        if isinstance(item, Remap):
            self._remapped.add(item.keycode)
            self._decoder.keymap.remap(item.keycode, item.keysyms)
            return
        meaning = self._decoder.press(item.code, item.state)
        at, mono = self._clock.now(), self._clock.mono()
        if isinstance(meaning, Typed):
            self.emit(KeyText(at=at, mono=mono, text=meaning.text))
        elif isinstance(meaning, Named):
            self.emit(KeyNamed(at=at, mono=mono, key=meaning.key, mods=meaning.mods))


def _masks(display: Any) -> Masks:
    """Where Alt and Super are in the modifier map; the usual places if it does not say."""
    usual = Masks()
    rows = display.get_modifier_mapping()

    def bit(wanted: tuple[int, ...], otherwise: int) -> int:
        keycodes = {code for keysym in wanted for code, _index in display.keysym_to_keycodes(keysym)}
        return next((1 << i for i, row in enumerate(rows) if i > 2 and keycodes & set(row) - {0}), otherwise)  # noqa: PLR2004 - 0–2 are Shift, Lock, Control

    return Masks(bit(_ALT, usual.alt), bit(_SUPER, usual.super))

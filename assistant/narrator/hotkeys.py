"""Names and meanings of chords: ``Ctrl+S`` saves. What only moves the cursor or changes windows is no event."""

from __future__ import annotations

from typing import NamedTuple

from assistant.narrator.titles import Kind


class Meaning(NamedTuple):
    """What a chord does. ``about``: the verb takes the document itself, stands ``in`` it, or only in the ``app``."""

    verb: str
    about: str = "in"


_EVERYWHERE = {
    "Ctrl+S": Meaning("saves", "document"),
    "Ctrl+Shift+S": Meaning("saves under a new name", "in"),
    "Ctrl+C": Meaning("copies"),
    "Ctrl+Insert": Meaning("copies"),
    "Ctrl+X": Meaning("cuts"),
    "Ctrl+Z": Meaning("undoes"),
    "Ctrl+Y": Meaning("redoes"),
    "Ctrl+Shift+Z": Meaning("redoes"),
    "Ctrl+F": Meaning("looks for something"),
    "Ctrl+A": Meaning("selects all"),
    "Ctrl+O": Meaning("opens a file", "app"),
    "Ctrl+P": Meaning("prints", "document"),
    "Ctrl+Q": Meaning("quits", "app only"),
    "Ctrl+W": Meaning("closes", "document"),
    "Alt+F4": Meaning("closes the window of", "app only"),
}
_BROWSER = {
    "Ctrl+T": Meaning("opens a new tab", "app"),
    "Ctrl+N": Meaning("opens a new window", "app"),
    "Ctrl+W": Meaning("closes the tab", "document"),
    "Ctrl+F4": Meaning("closes the tab", "document"),
    "Ctrl+Shift+T": Meaning("opens the closed tab again", "app"),
    "Ctrl+R": Meaning("reloads", "document"),
    "Ctrl+Shift+R": Meaning("reloads", "document"),
    "F5": Meaning("reloads", "document"),
    "Ctrl+L": Meaning("goes to the address bar", "app"),
    "Ctrl+D": Meaning("bookmarks", "document"),
    "Ctrl+H": Meaning("opens the history", "app"),
    "Ctrl+J": Meaning("opens the downloads", "app"),
    "Alt+Left": Meaning("goes back", "app"),
    "Alt+Right": Meaning("goes forward", "app"),
}
_TERMINAL = {
    "Ctrl+Shift+C": Meaning("copies"),
    "Ctrl+Shift+T": Meaning("opens a new tab", "app"),
    "Ctrl+L": Meaning("clears the screen"),
}
_PASTES = frozenset({"Ctrl+V", "Ctrl+Shift+V", "Shift+Insert"})
# A private window is opened with these: not even that is written down (DESIGN.md, rule 1).
_PRIVATE = frozenset({"Ctrl+Shift+N", "Ctrl+Shift+P"})
_CURSOR = frozenset({"Left", "Right", "Up", "Down", "Home", "End", "PageUp", "PageDown", "Tab", "BackSpace", "Delete"})
_BARE = frozenset({"ctrl", "alt", "super", "shift", "meta", "altgr", "capslock", "numlock", "escape", "print"})


def label(key: str, mods: tuple[str, ...]) -> str:
    """``Ctrl+Shift+T`` of ``t`` and its modifiers."""
    order = ("Ctrl", "Alt", "Super", "Shift")
    held = [mod for mod in order if mod in mods]
    return "+".join([*held, key.upper() if len(key) == 1 else key[:16]])


def is_event(key: str, mods: tuple[str, ...], kind: Kind) -> bool:
    """Whether pressing it says something about the user, beyond what the other senses tell."""
    chord = label(key, mods)
    if key.casefold() in _BARE or (kind == "browser" and chord in _PRIVATE):
        return False
    if key in _CURSOR:
        return kind == "browser" and chord in _BROWSER
    if not set(mods) - {"Shift"}:
        return key[:1] == "F" and key[1:].isdigit()
    return True


def is_paste(key: str, mods: tuple[str, ...], kind: Kind) -> bool:
    """Whether it pastes; in a terminal Ctrl+V alone does not."""
    chord = label(key, mods)
    return chord in _PASTES and not (kind == "terminal" and chord == "Ctrl+V")


def meaning(chord: str, kind: Kind) -> Meaning | None:
    """What a well-known chord does in a program of this kind; None when that is not known."""
    if kind == "terminal":
        return _TERMINAL.get(chord)
    if kind == "browser" and chord in _BROWSER:
        return _BROWSER[chord]
    return _EVERYWHERE.get(chord)

"""The wording of events: "The user …", one sentence, in the present tense. Captured text is quoted and capped."""

from __future__ import annotations

from assistant.narrator.clean import one_line, quoted, quoted_typed
from assistant.narrator.hotkeys import meaning
from assistant.narrator.titles import Title

NOWHERE = Title("", "other", "", "")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_EDITORS_IN_TERMINALS = ("Vim", "Neovim")


def times(count: int, what: str) -> str:
    """``1 character``, ``3 characters``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def length(seconds: float) -> str:
    """A length of time in words, rounded as people do."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            return times(round(seconds / unit), name)
    return times(max(1, round(seconds)), "second")


def _app(title: Title) -> str:
    inside = title.project if title.kind == "terminal" and title.project in _EDITORS_IN_TERMINALS else ""
    return " in ".join(part for part in (inside, title.app) if part)


def thing(title: Title) -> str:
    """What is in the window: ``'notes.md'``, ``'Lists' on Stack Overflow``, ``the search for 'x' on Google``; or ''."""
    if title.query:
        return f"the search for {quoted(title.query)} on {title.site}"
    document = quoted(title.document) if one_line(title.document) else ""
    return f"{document} on {title.site}" if document and title.site and title.document != title.site else document


def full(title: Title) -> str:
    """``'notes.md' in Mousepad``; only one of them, or '', where that is all that is known."""
    return " in ".join(part for part in (thing(title), _app(title)) if part)


def place(title: Title) -> str:
    """`` in 'notes.md' in Mousepad``, or ''."""
    return f" in {where}" if (where := full(title)) else ""


# --------------------------------------------------------------------------- windows


def switch(title: Title) -> str:
    """Another window has the focus."""
    return f"The user switches to {full(title) or 'another window'}."


def goes_on(title: Title) -> str:
    """The same window after a break."""
    return f"The user continues with {full(title) or 'another window'}."


def search(title: Title, *, again: bool) -> str:
    """A page of results; ``again``: the same search was made before."""
    if again:
        return f"The user returns to the search for {quoted(title.query)} on {title.site}."
    return f"The user searches for {quoted(title.query)} on {title.site}."


def shows(title: Title) -> str:
    """The title of the window has changed: another page, file or folder."""
    what = full(title) if thing(title) else ""
    if title.kind == "browser":
        return f"The user visits {what}." if what else f"The user opens a new page in {title.app or 'the browser'}."
    if title.kind == "terminal" and not title.project:
        return f"The user goes on to {what}." if what else f"The user goes on in {title.app or 'the terminal'}."
    return f"The user opens {what}." if what else f"The user closes what was open in {title.app or 'the window'}."


# --------------------------------------------------------------------------- activities


def typing(text: str, title: Title, *, erased: int = 0, replaces: bool = False) -> str:
    """``text`` is already redacted. ``erased``: characters deleted around it that an earlier event had."""
    gone = f"deletes {times(erased, 'character')}" if erased else ""
    if replaces:
        gone = "selects all" if text else "deletes everything"
    done = [gone, _typed(text)]
    return f"The user {' and '.join(part for part in done if part) or 'edits text'}{place(title)}."


def _typed(text: str) -> str:
    for char, key in (("\n", "Enter"), ("\t", "Tab")):
        if text and set(text) == {char}:
            return f"presses {key}{_often(len(text))}"
    return f"types {quoted_typed(text)}" if text else ""


def _often(count: int) -> str:
    return f" {count} times" if count > 1 else ""


def counted(count: int, title: Title) -> str:
    """Keys that were counted, not read."""
    return f"The user types {times(count, 'character')}{place(title)}."


def paste(count: int, title: Title) -> str:
    """Something from the clipboard; what it was is not known."""
    where = full(title)
    return f"The user pastes{f' into {where}' if where else ''}{_often(count)}."


def hotkey(chord: str, count: int, title: Title) -> str:
    """``saves 'notes.md' in Mousepad (Ctrl+S)``; chords without a known meaning are only pressed."""
    known = meaning(chord, title.kind)
    app = f" in {_app(title)}" if _app(title) else ""
    if known is None:
        return f"The user presses {chord}{_often(count)}{place(title)}."
    document = f" {full(title)}" if full(title) else ""
    where = {"document": document, "app": app, "app only": app.replace(" in ", " ", 1)}.get(known.about, place(title))
    return f"The user {known.verb}{where} ({chord}{_often(count)})."


def click(button: str, count: int, title: Title) -> str:
    """Clicks of one button."""
    with_button = "" if button == "left" else f" with the {button} button" if button in _BUTTONS else ""
    often = "" if count == 1 else f" {count} times"
    return f"The user clicks{with_button}{often}{place(title)}."


_BUTTONS = ("middle", "right")


def scroll(dx: int, dy: int, title: Title) -> str:
    """Turns of the wheel; ``dy`` > 0 is up."""
    way = "up" if dy > 0 else "down" if dy < 0 else "sideways" if dx else "up and down"
    return f"The user scrolls {way}{place(title)}."


# --------------------------------------------------------------------------- states


def app_start(app: str) -> str:
    """A program with a window has started."""
    return f"The user opens {app or 'a program'}."


def app_exit(app: str) -> str:
    """It has ended."""
    return f"The user closes {app or 'a program'}."


AWAY = "The user goes away."
STILL_AWAY = "The user is still away."
STILL_LOCKED = "The screen stays locked."
LOCK = "The user locks the screen."
LOCK_AWAY = "The screen locks while the user is away."
PRIVATE = "The user does something private."


def back(away_s: float) -> str:
    """The user was away for ``away_s``."""
    return f"The user comes back after {length(away_s)}."


def unlock(locked_s: float) -> str:
    """The screen was locked for ``locked_s``."""
    return f"The user unlocks the screen after {length(locked_s)}."

"""Window titles → application, document, site and search. Titles are hostile text: they come out cleaned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from assistant.narrator import sites
from assistant.narrator.clean import clean_app, clean_title

Kind = Literal["browser", "editor", "terminal", "other"]


@dataclass(frozen=True)
class Title:
    """What a window title says.

    ``document`` is the file, page or dialog; ``name`` the title without the application's own name.
    """

    app: str
    kind: Kind
    name: str
    document: str
    site: str = ""
    query: str = ""
    project: str = ""


_SEPARATOR = re.compile(r"\s+(?:-|–|—|\||·|::|•)\s+")
# Before the title: unsaved marks, spinners (braille and clock faces), loudspeakers, counters "(3)" "[12+]".
_MARKS_BEFORE = re.compile(r"^(?:[*●•◌○⏺✳✶✻🔊🔇⠀-⣿◐-◓⏳⌛]+\s*|[(\[]\d[\d.,]*\+?[)\]]\s+)+")
_MARKS_AFTER = re.compile(r"(?:\s+(?:\*|●|•|\[\+\]|\[\*\]|\+|\((?:modified|geändert|modifié)\))|(?<=\w)\*)+$")
_COUNTER = re.compile(r"(?<=\w) \(\d[\d.,]*\+?\)(?= - |$)")
_EDGE_PROFILE = re.compile(r"(?: and \d+ more pages?)?(?: - (?:Personal|Work|Guest|InPrivate|Profile \d+))?$")
_VIM = re.compile(r"^(?P<file>.+?)(?: [+=-]+)*(?: \((?P<dir>[^)]*)\))? - (?P<vim>N?VIM)\d*$")
_SHELL = re.compile(r"^(?:\[[^\]]*\]\s*)?[\w.-]+@[\w.-]+:\s*(?P<dir>.*)$")
_FOLDER = re.compile(r"^(?P<file>[^()]+\S)\s+\((?P<dir>[~/][^()]*|[^()]+)\)$")
_PATH = re.compile(r"^(?:~|/|[A-Za-z]:[\\/]|\.{1,2}/)")
_WORKSPACE = re.compile(r" \((?:Workspace|Arbeitsbereich)\)$| \[[^\]]*\]$")
_VERSION = re.compile(r"(?: v?\d[\d.]*| at \S+| \(unregistered\))$")
_ENDINGS = ("google chrome", "chromium", "mozilla firefox", "microsoft edge", "brave", "vivaldi", "opera")


@lru_cache(maxsize=512)
def parse_title(title: str, app: str = "", app_id: str = "", process: str = "") -> Title:
    """Read a window title. Never fails: what it can't read is the document as it stands."""
    app, text = clean_app(app), clean_title(title)
    names = {app.casefold(), app_id.casefold(), process.casefold()} - {""}
    parts = _SEPARATOR.split(text)
    if names & sites.BROWSERS or (not names and parts[-1].casefold() in _ENDINGS):
        return _browser(app or parts[-1], text, names)
    if names & sites.TERMINALS:
        return _terminal(app, text)
    return _program(app, text, names)


def _unmarked(text: str) -> str:
    return _MARKS_AFTER.sub("", _MARKS_BEFORE.sub("", text)).strip()


def _without(text: str, endings: set[str]) -> str:
    """``text`` without its last part when that is one of ``endings`` (the last two for 'Chrome - Profile')."""
    places = list(_SEPARATOR.finditer(text))
    for place in places[-2:]:
        rest = _SEPARATOR.split(text[place.end() :])
        if rest[0].casefold() in endings:
            return text[: place.start()]
    return text


# --------------------------------------------------------------------------- browsers


def _browser(app: str, text: str, names: set[str]) -> Title:
    name = _without(text, names | sites.BROWSERS)
    if "edge" in " ".join(names):
        name = _EDGE_PROFILE.sub("", name)
    name = _COUNTER.sub("", _unmarked(name))
    if name.casefold() in sites.BROWSERS:
        return Title(app, "browser", "", "")
    for engine, form in sites.SEARCHES:
        if (match := form.fullmatch(name)) is not None:
            return Title(app, "browser", name, match["q"].strip(), site=engine, query=match["q"].strip())
    document, site = _site(name)
    return Title(app, "browser", name, document, site=site)


def _site(name: str) -> tuple[str, str]:
    """Page and site of 'Page - Site'; names of sites that we don't know stay with the page."""
    places = list(_SEPARATOR.finditer(name))
    for place in places[-2:]:
        if site := sites.SITES.get(name[place.end() :].casefold()):
            return name[: place.start()], site
    if "_" in name and (site := sites.SITES.get(name.rpartition("_")[2].casefold())):
        return name.rpartition("_")[0], site
    return (name, sites.SITES[name.casefold()]) if name.casefold() in sites.SITES else (name, "")


# --------------------------------------------------------------------------- the rest


def _terminal(app: str, text: str) -> Title:
    name = _unmarked(text)
    if (match := _VIM.match(text)) is not None:
        return Title(app, "terminal", name, match["file"], project="Neovim" if match["vim"] == "NVIM" else "Vim")
    if (match := _SHELL.match(name)) is not None:
        return Title(app, "terminal", match["dir"].strip(), match["dir"].strip())
    name = "" if name.casefold() == app.casefold() else _without(name, {app.casefold()})
    return Title(app, "terminal", name, name)


def _program(app: str, text: str, names: set[str]) -> Title:
    """'document - folder - Program' in its many forms."""
    ending, known = _last_name(text)
    kind: Kind = "editor" if known or names & sites.EDITORS.keys() else "other"
    shown = known or app
    if text.casefold() in names or text.casefold() in sites.EDITORS:
        return Title(shown, kind, "", "")
    name = _unmarked(_without(text, names | ({ending} if ending else set())))
    if (match := _VIM.match(text)) is not None:
        return Title(app or "Vim", "editor", name, match["file"])
    parts = _SEPARATOR.split(name)
    if (names | {known.casefold()}) & sites.JETBRAINS and len(parts) > 1:
        return Title(shown, "editor", name, _file(_WORKSPACE.sub("", parts[1])), project=parts[0])
    if kind == "editor" and len(parts) > 1:
        return Title(shown, kind, name, _file(_unmarked(parts[0])), project=_WORKSPACE.sub("", parts[1]))
    return Title(shown, kind, name, _file(name) if kind == "editor" or _PATH.match(name) else name)


def _last_name(text: str) -> tuple[str, str]:
    """The end of ``text`` in lower case and the program that it names; two empty ones when it names none."""
    for place in list(_SEPARATOR.finditer(text))[-2:]:
        ending = text[place.end() :].casefold()
        known = sites.EDITORS.get(ending) or sites.EDITORS.get(_VERSION.sub("", ending))
        if known:
            return ending, known
    return "", ""


def _file(text: str) -> str:
    """'notes.md' of '~/x/notes.md', of 'notes.md (~/x)' and of '*notes.md'."""
    text = _unmarked(text)
    if (match := _FOLDER.match(text)) is not None:
        text = match["file"]
    if _PATH.match(text):
        text = re.split(r"[\\/]", text.rstrip("\\/"))[-1] or text
    return text

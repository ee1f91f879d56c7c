"""Titles and names as they come from foreign programs, made safe to keep and to show. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

MAX_TITLE = 1000
_LONGEST_CHARACTER = 4  # bytes, in UTF-8
# Invisible characters that reorder or hide text; joiners (ZWJ, ZWNJ) stay, scripts and emoji need them.
_HIDDEN = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF])

# Programs that start others say nothing about what they start.
_WRAPPERS = {"env", "sh", "bash", "python3", "python", "java", "flatpak", "snap", "gtk-launch", "gapplication"}
# X11's COMPOUND_TEXT marks a stretch of UTF-8 in this way.
_COMPOUND_UTF8 = re.compile(rb"\x1b%G(.*?)\x1b%@", re.DOTALL)


def clean(raw: bytes | str | None) -> str:
    """A title in at most MAX_TITLE characters, one line, without control characters, whatever the bytes were."""
    if raw is None:
        return ""
    text = raw if isinstance(raw, str) else _decoded(raw)
    text = text[: 4 * MAX_TITLE].translate(_HIDDEN)
    text = "".join(" " if unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} else each for each in text)
    return " ".join(text.split())[:MAX_TITLE]


def _decoded(raw: bytes) -> str:
    raw = raw.split(b"\0", 1)[0]
    if b"\x1b%G" in raw:
        parts = _COMPOUND_UTF8.split(raw)
        return "".join(part.decode(("latin-1", "utf-8")[i % 2], errors="replace") for i, part in enumerate(parts))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        # A long title was cut off inside a character; anything else is the protocol's STRING, Latin-1.
        cut = error.start > len(raw) - _LONGEST_CHARACTER and len(raw) > MAX_TITLE
        return raw[: error.start].decode("utf-8") if cut else raw.decode("latin-1")


def pretty(app_id: str) -> str:
    """A readable name from a window class: ``org.gnome.Nautilus`` → Nautilus, ``google-chrome`` → Google Chrome."""
    last = app_id.rsplit(".", 1)[-1] if re.fullmatch(r"[\w-]+(\.[\w-]+){2,}", app_id) else app_id
    words = re.split(r"[-_\s]+", clean(last))
    return " ".join(word if any(c.isupper() for c in word) else word[:1].upper() + word[1:] for word in words)


def application_folders(environ: Mapping[str, str]) -> list[Path]:
    """Where .desktop files lie (XDG Base Directory), the user's own first."""
    home = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME", "/")) / ".local/share")
    shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [Path(each) / "applications" for each in [home, *shared.split(":")] if each]


def index_names(folders: Iterable[Path]) -> dict[str, str]:
    """Window class, file name or program (lower case) → display name, from .desktop files. Reads ~300 in 30 ms."""
    tiers: list[dict[str, str]] = [{}, {}, {}]
    for file in [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.desktop"))]:
        entry = _entry(file)
        name = clean(entry.get("Name"))
        if not name or entry.get("NoDisplay") == "true":
            continue
        program, _, arguments = entry.get("Exec", "").partition(" ")
        program = program.rsplit("/", 1)[-1]
        keys = (
            (entry.get("StartupWMClass", ""), file.stem, file.stem.rsplit(".", 1)[-1]),
            ("" if program in _WRAPPERS or arguments.startswith("-") else program,),
            ("" if program in _WRAPPERS else program,),
        )
        for tier, wanted in zip(tiers, keys, strict=True):
            for key in wanted:
                tier.setdefault(key.lower(), name)
    found = tiers[2] | tiers[1] | tiers[0]
    found.pop("", None)
    return found


def _entry(file: Path) -> dict[str, str]:
    """The main section of a .desktop file; empty when it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    section = text.partition("[Desktop Entry]")[2].partition("\n[")[0]
    pairs = (line.split("=", 1) for line in section.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}

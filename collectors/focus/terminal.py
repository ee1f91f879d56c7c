"""Whether a terminal is asking for a secret: read from the pty of its foreground program (Linux).

Canonical mode with ECHO clear is a prompt for a secret (right 5 of 5 [FINDINGS]). With ECHO set it is text. In
raw mode only the program itself knows: shells and editors are text, everything else (ssh, tmux, menus) is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from assistant.events import WindowFocus
from assistant.ports import FieldFocus, FieldKind
from collectors.focus.history import strictest

TERMINALS = frozenset((
    "xterm", "uxterm", "rxvt", "urxvt", "urxvtd", "gnometerminal", "gnometerminalserver", "gnometerminal-", "kgx",
    "ptyxis", "konsole", "yakuake", "xfce4terminal", "mateterminal", "lxterminal", "qterminal", "terminator", "tilix",
    "tilda", "guake", "kitty", "alacritty", "foot", "footserver", "weztermgui", "wezterm", "st", "sakura", "termite",
    "terminology", "deepinterminal", "ghostty", "cosmicterm", "coolretroterm", "contour", "rio", "warp", "tabby",
    "hyper", "blackbox", "console", "aterm", "eterm", "roxterm", "mlterm", "evilvte", "xtermjs",
))  # fmt: skip
# In raw mode these echo what is typed themselves.
RAW_TEXT = frozenset((
    "bash", "zsh", "fish", "sh", "dash", "ksh", "mksh", "tcsh", "nu", "elvish", "xonsh", "pwsh", "vim", "vi", "nvim",
    "vim.basic", "vim.tiny", "vim.gtk3", "nano", "emacs", "emacs-nox", "emacs-gtk", "micro", "hx", "helix", "kak",
    "joe", "mcedit", "mc", "less", "more", "man", "htop", "top", "ranger", "nnn", "lf", "tig", "lazygit", "ipython",
    "ipython3", "psql", "sqlite3", "mutt", "neomutt", "newsboat", "weechat", "irssi",
))  # fmt: skip
# These ask for secrets in raw mode.
ASKERS = ("pinentry", "systemd-ask-pas", "ssh-askpass", "systemd-tty-ask")
# Unix98 pty slaves have the character major numbers 136 to 143 (Linux, Documentation/admin-guide/devices.txt).
_PTY_MAJORS = range(136, 144)
_DEEP = 2
_LFLAG = 3


class TerminalProbe:
    """Looks at all ptys below the active terminal's process: which of its tabs is shown cannot be known."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._pid: int | None = None

    def window_changed(self, seen: WindowFocus) -> bool:
        """Remember the window; whether it is a terminal."""
        terminal = any(_plain(name) in TERMINALS for name in (seen.process, seen.app_id, seen.app))
        self._pid = seen.pid if terminal else None
        return terminal

    def field(self) -> FieldFocus:
        """The strictest of all its ptys; unknown without any. 0.1–0.4 ms."""
        if self._pid is None:
            return FieldFocus(kind=FieldKind.UNKNOWN)
        kinds = [self._kind(tty, group) for tty, group in self._ttys(self._pid)]
        fields = [FieldFocus(kind=kind, how="termios", pid=self._pid) for kind in kinds]
        return strictest(*fields) if fields else FieldFocus(kind=FieldKind.UNKNOWN, how="termios", pid=self._pid)

    def _ttys(self, pid: int) -> Iterator[tuple[int, int]]:
        """(minor number, foreground process group) of each pty that a descendant has as its terminal."""
        own = self._stat(pid)
        seen = set()
        for child in self._descendants(pid, _DEEP):
            stat = self._stat(child)
            if stat is not None and stat != own and stat[0] not in seen:
                seen.add(stat[0])
                yield stat

    def _descendants(self, pid: int, depth: int) -> Iterator[int]:
        with suppress(OSError):
            for task in (self._proc / str(pid) / "task").iterdir():
                for child in map(int, (task / "children").read_text().split()):
                    yield child
                    if depth > 1:
                        yield from self._descendants(child, depth - 1)

    def _stat(self, pid: int) -> tuple[int, int] | None:
        """proc(5): tty_nr is field 7 and tpgid field 8; the name before them may hold anything in brackets."""
        try:
            fields = (self._proc / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        device, group = int(fields[4]), int(fields[5])
        major, minor = os.major(device), os.minor(device)
        return ((major - _PTY_MAJORS.start) * 256 + minor, group) if major in _PTY_MAJORS else None

    def _kind(self, tty: int, group: int) -> FieldKind:
        flags = _local_flags(tty)
        if flags is None:
            return FieldKind.UNKNOWN
        canonical, echo = flags
        program = self._name(group)
        if program.startswith(ASKERS) or (canonical and not echo):
            return FieldKind.PASSWORD
        return FieldKind.TEXT if echo or program in RAW_TEXT else FieldKind.UNKNOWN

    def _name(self, pid: int) -> str:
        try:
            return (self._proc / str(pid) / "comm").read_text(errors="replace").strip()
        except OSError:
            return ""


def _local_flags(tty: int) -> tuple[bool, bool] | None:
    """(canonical, echo) of /dev/pts/N, or None when it cannot be read."""
    import termios

    try:
        handle = os.open(f"/dev/pts/{tty}", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        flags = termios.tcgetattr(handle)[_LFLAG]
    except termios.error:
        return None
    finally:
        os.close(handle)
    return bool(flags & termios.ICANON), bool(flags & termios.ECHO)


def _plain(name: str) -> str:
    return "".join(c for c in name.rpartition("/")[2].casefold() if c.isalnum())

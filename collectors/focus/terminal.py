"""Whether a terminal is asking for a secret: read from the pty of its foreground program (Linux).

Canonical mode with ECHO clear is a prompt for a secret (right 5 of 5 [FINDINGS]). With ECHO set it is text. In
raw mode only the program itself knows: shells and editors are text; sudo, tmux and screen have ptys of their own,
which are looked at instead; a remote session's prompts cannot be seen from here at all; the rest is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from assistant.events import WindowFocus
from assistant.policy.privacy import REMOTE
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
# In front of a machine that is not this one.
REMOTES = frozenset((
    "ssh", "mosh-client", "mosh", "telnet", "rlogin", "et", "docker", "podman", "kubectl", "lxc", "incus", "virsh",
    "machinectl", "minicom", "picocom", "cu", "adb", "nsenter", "distrobox", "toolbox", "vagrant", "gcloud", "aws",
))  # fmt: skip
# Client in the terminal → the server whose children are in the panes.
_SERVERS = {"tmux: client": "tmux: server", "screen": "screen"}
# Unix98 pty slaves have the character major numbers 136 to 143 (Linux, Documentation/admin-guide/devices.txt).
_PTY_MAJORS = range(136, 144)
_LFLAG = 3
# The shell is the terminal's child; a command that sudo runs in a pty of its own is its grandchild.
_DEPTH = 2
# A terminal in a tmux in a sudo, and so on; a tmux inside itself would go on for ever.
_NESTED = 3


class TerminalProbe:
    """Looks at all ptys below the active terminal's process: which of its tabs is shown cannot be known."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._server_pids: dict[str, int] = {}

    def window_changed(self, seen: WindowFocus) -> bool:
        """Remember the window; whether it is a terminal."""
        terminal = any(_plain(name) in TERMINALS for name in (seen.process, seen.app_id, seen.app))
        self._pid = seen.pid if terminal else None
        return terminal

    def field(self) -> FieldFocus:
        """The strictest of all its ptys; unknown without any. About 0.2 ms."""
        if self._pid is None:
            return FieldFocus(kind=FieldKind.UNKNOWN)
        return self._below(self._pid)

    def _below(self, pid: int, nested: int = 0) -> FieldFocus:
        own = _terminal(pid)
        ttys = {stat[0]: stat[1] for child in _descendants(pid, _DEPTH) if (stat := _terminal(child)) and stat != own}
        if own is not None:
            ttys.pop(own[0], None)
        fields = [self._pty(tty, group, nested) for tty, group in ttys.items()]
        return strictest(*fields) if fields else FieldFocus(kind=FieldKind.UNKNOWN, how="termios", pid=pid)

    def _pty(self, tty: int, group: int, nested: int) -> FieldFocus:
        flags, program = _local_flags(tty), _name(group)
        if flags is None:
            return FieldFocus(kind=FieldKind.UNKNOWN, how="termios")
        canonical, echo = flags
        if program.startswith(ASKERS) or (canonical and not echo):
            return FieldFocus(kind=FieldKind.PASSWORD, how="termios", pid=group)
        if echo or program in RAW_TEXT:
            return FieldFocus(kind=FieldKind.TEXT, how="termios", pid=group)
        if program in REMOTES:
            return FieldFocus(kind=FieldKind.UNKNOWN, how=REMOTE, pid=group)
        if nested == _NESTED:
            return FieldFocus(kind=FieldKind.UNKNOWN, how="termios", pid=group)
        return self._below(self._server(program) or group, nested + 1)

    def _server(self, client: str) -> int | None:
        """The process behind tmux and screen; looked for once, then only checked."""
        wanted = _SERVERS.get(client)
        if wanted is None:
            return None
        known = self._server_pids.get(wanted)
        if known is None or _name(known) != wanted:
            known = next((pid for pid in _all_pids() if _name(pid) == wanted and _terminal(pid) is None), None)
            self._server_pids = {wanted: known} if known else {}
        return known


def _read(path: str) -> str:
    """A file of /proc, '' when its process is gone. Without pathlib: this runs twice a key."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return os.read(handle, 4096).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(handle)


def _all_pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 - names, not paths, are needed


def _descendants(pid: int, depth: int) -> Iterator[int]:
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - names, not paths, are needed
            for child in map(int, _read(f"/proc/{pid}/task/{task}/children").split()):
                yield child
                if depth > 1:
                    yield from _descendants(child, depth - 1)


def _terminal(pid: int) -> tuple[int, int] | None:
    """(number of the pty, its foreground process group), None without one.

    proc(5): tty_nr is field 7 and tpgid field 8; the name before them may hold anything in brackets.
    """
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if not fields:
        return None
    device, group = int(fields[4]), int(fields[5])
    major, minor = os.major(device), os.minor(device)
    return ((major - _PTY_MAJORS.start) * 256 + minor, group) if major in _PTY_MAJORS else None


def _name(pid: int) -> str:
    return _read(f"/proc/{pid}/comm").strip()


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

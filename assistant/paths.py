"""Where everything lies. Paths come from platformdirs once; tests and ``--home`` override them."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from assistant.errors import EnvironmentFault

APP = "proactive-assistant"
HOME_VARIABLE = "ASSISTANT_HOME"
# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, terminator included.
MAX_SOCKET_PATH = 103
OWNER_ONLY = 0o700


@dataclass(frozen=True)
class Paths:
    """All folders and files of one installation (or of one test)."""

    data: Path
    cache: Path
    config: Path
    runtime: Path
    logs: Path

    @property
    def database(self) -> Path:
        return self.data / "assistant.db"

    @property
    def settings_file(self) -> Path:
        return self.config / "settings.json"

    @property
    def consent_file(self) -> Path:
        return self.config / "consent.json"

    @property
    def socket(self) -> Path:
        return self.runtime / "engine.sock"

    @property
    def lock(self) -> Path:
        return self.runtime / "supervisor.lock"

    @property
    def status_file(self) -> Path:
        return self.runtime / "status.json"

    def make(self) -> Paths:
        """Create every folder with mode 0700 (CAPTURE.md row 36); tighten what is looser.

        :raises EnvironmentFault: a folder cannot be made.
        """
        for folder in (self.data, self.cache, self.config, self.runtime, self.logs):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
                if stat.S_IMODE(folder.stat().st_mode) != OWNER_ONLY:
                    folder.chmod(OWNER_ONLY)
            except OSError as error:
                raise EnvironmentFault(
                    f"The folder {folder} cannot be made or used: {error.strerror}",
                    hint="Free some space or fix its permissions, then start again.",
                ) from error
        return self


def under(home: Path) -> Paths:
    """Everything below one folder: for tests, demos and ``ASSISTANT_HOME``."""
    return Paths(home / "data", home / "cache", home / "config", home / "run", home / "logs")


def default_paths() -> Paths:
    """The folders of this platform (XDG, Application Support, AppData), or below ``$ASSISTANT_HOME``."""
    if home := os.environ.get(HOME_VARIABLE):
        return under(Path(home).expanduser().absolute())
    dirs = platformdirs.PlatformDirs(APP, appauthor=False)
    # Without a session's own runtime folder platformdirs would fall back to a guessable one in /tmp.
    private = sys.platform != "linux" or os.environ.get("XDG_RUNTIME_DIR")
    runtime = Path(dirs.user_runtime_dir) if private else Path(dirs.user_cache_dir) / "run"
    return Paths(
        Path(dirs.user_data_dir),
        Path(dirs.user_cache_dir),
        Path(dirs.user_config_dir),
        runtime,
        Path(dirs.user_log_dir),
    )

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from assistant.errors import EnvironmentFault
from assistant.paths import HOME_VARIABLE, default_paths, under


def test_everything_below_the_given_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "own"))
    paths = default_paths()
    assert {paths.data.parent, paths.cache.parent, paths.runtime.parent, paths.config.parent} == {tmp_path / "own"}


def test_the_socket_is_never_in_a_folder_others_can_guess(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    monkeypatch.delenv(HOME_VARIABLE)
    monkeypatch.setattr("sys.platform", "linux")
    assert own_home in default_paths().runtime.parents
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(own_home / "session"))
    assert default_paths().runtime.parent == own_home / "session"


def test_folders_are_tightened(tmp_path: Path) -> None:
    paths = under(tmp_path / "a")
    paths.data.mkdir(parents=True, mode=0o755)
    paths.make()
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (paths.data, paths.cache, paths.runtime)} == {0o700}


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file, not a folder")
    with pytest.raises(EnvironmentFault, match="cannot be made"):
        under(tmp_path / "a").make()

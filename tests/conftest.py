"""Every test lives in its own folder: no test ever touches the user's own files (STYLE.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import paths
from assistant.clock import FakeClock


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Redirect every user path into the test's folder."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "assistant-home"))
    return home


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()

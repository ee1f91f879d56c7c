"""A private desktop for one test (:mod:`assistant.bench.desktop`); the test's own process is pointed at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.desktop import Desktop, missing


@pytest.fixture
def desktop(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """A private desktop, and this process's own environment pointed at it.

    Without its programs: a failure where ``CI=true`` (nothing may be skipped there), else a skip with the reason.
    """
    if reason := missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    machine = Desktop()
    try:
        machine.start()
        for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "GDK_BACKEND"):
            monkeypatch.setenv(name, machine.env[name])
        for name in ("WAYLAND_DISPLAY", "XAUTHORITY"):
            monkeypatch.delenv(name, raising=False)
        yield machine
    finally:
        machine.stop()
    assert not machine.processes(), "the desktop left processes behind"

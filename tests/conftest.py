"""Every test lives in its own folder: no test ever touches the user's own files (STYLE.md)."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
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


def pytest_unconfigure() -> None:
    """llama-cpp-python never closes its two null files: a complaint after pytest's summary."""
    utilities = sys.modules.get("llama_cpp._utils")
    for name in ("outnull_file", "errnull_file"):
        if (file := getattr(utilities, name, None)) is not None:
            file.close()


def _skip_is_failure(report: pytest.TestReport | pytest.CollectReport) -> None:
    """With CI=true nothing may be left out: a skip becomes a failure that says why it was skipped."""
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"not run, and with CI=true that is a failure: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _skip_is_failure(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _skip_is_failure(report)
    return report

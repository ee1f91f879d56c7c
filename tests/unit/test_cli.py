"""The command line as a person meets it: a terminal, a missing display, a mistake."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path

import pytest

from assistant.bench.terminal import on_a_terminal
from assistant.cli import main
from assistant.paths import default_paths, under
from assistant.policy.consent import load_consent

ARGV = [sys.executable, "-m", "assistant"]


def test_consent_is_asked_in_full_and_kept_with_time_and_version(tmp_path: Path) -> None:
    env = os.environ | {"ASSISTANT_HOME": str(tmp_path / "h")}
    code, shown = on_a_terminal([*ARGV, "consent"], [("Typed text", ""), ("[off]", "safe\n")], env)
    assert code == 0, shown
    assert "counted and never read" in shown
    kept = load_consent(under(tmp_path / "h").consent_file)
    assert kept.typed == "safe"
    assert kept.at == pytest.approx(time.time(), abs=120)
    assert kept.version >= 1


def test_enter_alone_leaves_typed_text_off(tmp_path: Path) -> None:
    env = os.environ | {"ASSISTANT_HOME": str(tmp_path / "h")}
    on_a_terminal([*ARGV, "consent"], [("[off]", "\n")], env)
    assert load_consent(under(tmp_path / "h").consent_file).typed == "off"


def run(*args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    return int(ended.value.code or 0)


def test_nothing_runs_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status") == 0
    assert "Not running" in capsys.readouterr().out
    assert run("pause") == 1
    assert "assistant run" in capsys.readouterr().err


def test_a_mistake_is_explained_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("settings", "set", "delivery.per_dya", "3") == 1
    assert "no option" in capsys.readouterr().err
    assert run("settings", "set", "delivery.per_day", "many") == 1
    assert "delivery.per_day" in capsys.readouterr().err
    assert run("forget", "--last", "soon") == 2
    assert "15m" in capsys.readouterr().err
    assert run("bench", "capture", "--only", "everything") == 2
    assert "keys" in capsys.readouterr().err


def test_a_setting_is_kept_and_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("settings", "set", "delivery.per_day", "6") == 0
    assert json.loads(default_paths().settings_file.read_text())["delivery"]["per_day"] == 6
    run("settings")
    assert "delivery.per_day = 6" in capsys.readouterr().out


def test_forget_all_asks_first(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run("forget", "--all") == 130


def test_export_of_nothing_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("export", str(tmp_path / "x.jsonl")) == 1
    assert "nothing to export" in capsys.readouterr().err


def test_a_second_stage_alone_needs_its_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adapter = tmp_path / "adapter.gguf"
    adapter.write_bytes(b"")
    assert run("train", "base", "--from-adapter", str(adapter), "--work", str(tmp_path / "work")) == 2
    assert "--data" in capsys.readouterr().err

"""The set-up scripts: each step once, one at a time, and an error that says what to do."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(autouse=True)
def scripts_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = importlib.import_module("setup_tools")
    monkeypatch.setattr(module, "LOG", tmp_path / "build" / "setup.log")
    return module


@pytest.fixture
def llama() -> ModuleType:
    return importlib.import_module("setup_llama")


@pytest.fixture
def debian() -> ModuleType:
    return importlib.import_module("setup_debian")


def test_a_step_is_done_once_for_each_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = importlib.import_module("setup")
    monkeypatch.setattr(setup, "STAMPS", tmp_path / "stamps.json")
    done: list[str] = []
    for key in ("a", "a", "b"):
        setup.Steps().once("core", key, "installing", lambda key=key: done.append(key))
    assert done == ["a", "b"]


def test_a_failed_step_is_due_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = importlib.import_module("setup")
    monkeypatch.setattr(setup, "STAMPS", tmp_path / "stamps.json")

    def fail() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        setup.Steps().once("core", "a", "installing", fail)
    assert setup.Steps().due("core", "a")


def test_a_failed_command_shows_its_own_last_words(tools: ModuleType, tmp_path: Path) -> None:
    script = tmp_path / "fails.py"
    for word in ("older", "newer"):
        script.write_text(f"print('{word} trouble')\nraise SystemExit(1)\n", encoding="utf-8")
        with pytest.raises(tools.SetupFailedError) as caught:
            tools.call([sys.executable, script], todo="try again")
    assert "newer trouble" in str(caught.value)
    assert "older trouble" not in str(caught.value)
    assert caught.value.todo == "try again"


def test_a_failed_build_shows_the_compilers_words(tools: ModuleType, llama: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"  a.cpp:1: error: no type named 'x'\n  {llama.PIP_CHATTER}\n  note: not pip\n", encoding="utf-8")
    assert tools.last_lines(log, before=llama.PIP_CHATTER).strip() == "a.cpp:1: error: no type named 'x'"


def test_builds_find_our_own_tools_first(tools: ModuleType) -> None:
    assert tools.clean_environ()["PATH"].startswith(str(tools.ROOT / ".venv" / "bin"))


def test_a_second_setup_waits(tools: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def second() -> None:
        with tools.only_one(tmp_path / "lock", "waiting for the other"):
            order.append("second")

    with tools.only_one(tmp_path / "lock", ""):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert "waiting for the other" in capsys.readouterr().out


def test_a_home_that_cannot_be_written_is_no_obstacle(
    tools: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tools, "ROOT", tmp_path)
    assert tools.user_cache().is_relative_to(tmp_path / "build")


def test_progress_comes_from_the_build_itself(llama: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert llama.progress(log, 7) == "fetching and configuring, 0:07"
    log.write_bytes(b"  [1/140] g++ -c a.cpp\n  [57/140] g++ -c b.cpp\n")
    assert llama.progress(log, 100) == "57 of 140 steps, 1:40"


def test_another_cpu_has_another_wheel(llama: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    here = llama.wheel_folder()
    assert here == llama.wheel_folder()
    monkeypatch.setattr(llama, "cpu", lambda: "flags: another one")
    assert llama.wheel_folder() != here
    assert llama.cached_wheel() is None


def test_the_lists_of_packages_are_read_without_remarks(debian: ModuleType) -> None:
    for file in (debian.DESKTOP, debian.TEST):
        names = debian.listed(file)
        assert len(names) > 5
        assert all(name == name.lower() and "#" not in name for name in names)
    assert "sudo apt-get install" in debian.sudo_line(["xclip"])


def test_an_old_python_is_told_what_to_do(tmp_path: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14", "python"):
        fake = tmp_path / name
        fake.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n', encoding="utf-8")
        fake.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(SCRIPTS / "setup.sh"), "run"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "3.9.2" in done.stderr
    assert "What to do" in done.stderr


@pytest.fixture
def someone_on_debian(debian: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A user of Debian with a compiler, a display and no rights, who lacks one package."""
    setup = importlib.import_module("setup")
    monkeypatch.setenv("DISPLAY", ":1")
    monkeypatch.setattr(debian, "is_debian", lambda: True)
    monkeypatch.setattr(debian, "is_root", lambda: False)
    monkeypatch.setattr(debian, "toolchain", list)
    monkeypatch.setattr(debian, "missing", lambda names: [name for name in names if name == "gir1.2-webkit2-4.1"])
    return setup


def test_without_rights_run_names_the_line_and_goes_on(
    someone_on_debian: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    someone_on_debian.system_packages("run")
    said = capsys.readouterr().out
    assert "sudo apt-get install --no-install-recommends -y gir1.2-webkit2-4.1" in said
    assert "going on without" in said


def test_without_rights_test_stops_with_the_line(someone_on_debian: ModuleType) -> None:
    with pytest.raises(Exception, match=r"missing: gir1\.2-webkit2-4\.1") as caught:
        someone_on_debian.system_packages("test")
    assert "apt-get install" in caught.value.todo


def test_without_a_display_the_desktops_packages_are_left_alone(
    someone_on_debian: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    someone_on_debian.system_packages("run")
    assert capsys.readouterr().out == ""


def test_root_gets_what_is_missing(
    someone_on_debian: ModuleType, debian: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []
    monkeypatch.setattr(debian, "is_root", lambda: True)
    monkeypatch.setattr(debian, "install", installed.extend)
    someone_on_debian.system_packages("run")
    assert installed == ["gir1.2-webkit2-4.1"]

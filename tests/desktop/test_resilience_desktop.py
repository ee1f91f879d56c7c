"""The whole assistant under fire on a real desktop: nothing lost, nothing left, every gap with a reason.

Times are measured by `assistant bench capture`; here only what must hold on any machine, however slow.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from pathlib import Path

import psutil
import pytest

from assistant.bench.capture import prose
from assistant.bench.desktop import Desktop, wait_until
from assistant.bench.rig import Rig
from assistant.errors import EnvironmentFault

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]
NO_MODEL = {"model": {"path": "/nonexistent/none.gguf"}}


@pytest.fixture
def rig(desktop: Desktop) -> Rig:
    one = Rig(desktop, settings=NO_MODEL)
    one.start(popup=False)
    return one


def settled(rig: Rig, text: str, since: float) -> str:
    """What was stored, once it stops growing (or is complete)."""
    wait_until(lambda: len(rig.typed(since)) >= len(text) or time.time() - since > 45, 60.0)
    time.sleep(2.5)
    return rig.typed(since)


def test_five_thousand_keys_at_full_speed(rig: Rig) -> None:
    file = rig.home / "notes.txt"
    rig.editor(file)
    since, text = time.time() - 0.5, prose(5_000)
    rig.type_text(text)
    captured = settled(rig, text, since)
    rig.desktop.xdotool("key", "ctrl+s")
    saved = wait_until(lambda: file.read_text(encoding="utf-8"), 15.0)
    assert saved.rstrip("\n") == text.rstrip("\n")
    assert captured == text
    assert rig.stop() < 10


@pytest.mark.parametrize("child", ["collectors", "engine"])
def test_a_killed_child_loses_at_most_a_moment(rig: Rig, child: str) -> None:
    rig.editor(rig.home / "notes.txt")
    since = time.time() - 0.5
    rig.type_text("before the accident ", delay_ms=20)
    time.sleep(1.0)
    pid = rig.children()[child]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: rig.children().get(child) not in (None, pid), 20.0, "for a restart")
    wait_until(lambda: rig._is_ready(popup=False), 40.0, "for all senses")
    rig.type_text("after the accident", delay_ms=20)
    assert settled(rig, "before the accident after the accident", since) == "before the accident after the accident"
    reasons = " ".join(gap.reason for gap in rig.gaps())
    assert ("collectors' process" if child == "collectors" else "without a goodbye") in reasons


def test_keys_typed_while_the_engine_is_away_arrive_later(rig: Rig) -> None:
    rig.editor(rig.home / "notes.txt")
    since = time.time() - 0.5
    os.kill(rig.children()["engine"], signal.SIGSTOP)
    rig.type_text("typed while nobody listened", delay_ms=10)
    os.kill(rig.children()["engine"], signal.SIGKILL)
    assert settled(rig, "typed while nobody listened", since) == "typed while nobody listened"


def test_x_server_killed_and_started_again(rig: Rig) -> None:
    rig.editor(rig.home / "one.txt")
    rig.desktop.kill_server()
    time.sleep(2.0)
    rig.desktop.restart_server()
    since = time.time()
    file = rig.home / "two.txt"
    file.touch()
    rig.desktop.spawn(["mousepad", "--disable-server", str(file)])
    rig.desktop.focus(rig.desktop.window("two.txt"))

    def recorded() -> str:
        rig.desktop.xdotool("type", "again ")
        time.sleep(0.4)
        return rig.typed(since)

    wait_until(recorded, 40.0, "for capture to resume")
    senses = {gap.sense for gap in rig.gaps() if gap.until >= since - 10}
    assert {"keyboard", "window"} <= senses


def test_all_killed_at_once_leaves_nothing_running_and_a_sound_database(rig: Rig) -> None:
    rig.editor(rig.home / "notes.txt")
    since = time.time() - 0.5
    rig.type_text("these words must survive ", delay_ms=20)
    time.sleep(1.5)
    pids = [psutil.Process(pid) for pid in rig.children().values()]
    assert rig.process is not None
    rig.process.kill()
    rig.process.wait()
    gone, alive = psutil.wait_procs(pids, timeout=8)
    assert not alive
    assert len(gone) == 2
    assert "these words must survive" in rig.typed(since)
    rig.start(popup=False)
    wait_until(lambda: any("goodbye" in gap.reason or "not running" in gap.reason for gap in rig.gaps()), 10.0)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_clean_stop_keeps_the_last_letter(rig: Rig, how: signal.Signals) -> None:
    rig.editor(rig.home / "notes.txt")
    since = time.time() - 0.5
    rig.type_text("the very last words", delay_ms=20)
    pids = list(rig.children().values())
    rig.stop(how)
    assert rig.typed(since) == "the very last words"
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert not rig.paths.status_file.exists()
    assert not rig.paths.socket.exists()


def test_files_are_the_owners_only(rig: Rig) -> None:
    rig.editor(rig.home / "notes.txt")
    rig.type_text("hello")
    rig.wait_event(lambda event: event.type == "typing")
    for folder in (rig.paths.data, rig.paths.logs, rig.paths.runtime, rig.paths.config):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for folder in (rig.paths.data, rig.paths.logs, rig.paths.runtime) for path in folder.iterdir()]
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files} == {0}


def test_a_second_assistant_refuses(rig: Rig) -> None:
    assert "already running" in rig.command("run", "--no-popup")


def test_without_a_display_server_it_says_why(desktop: Desktop) -> None:
    """DISPLAY points to nothing: it runs, and each sense names the reason (CAPTURE.md row 7)."""
    rig = Rig(desktop, settings=NO_MODEL)
    desktop.env["DISPLAY"] = ":987"
    rig.start(popup=False, ready=False)

    def senses() -> dict[str, dict[str, str]]:
        found = {sense["sense"]: sense for sense in rig.status().get("senses", [])}
        return found if found.get("keyboard", {}).get("state") == "failed" else {}

    failed = [sense for sense in wait_until(senses, 40.0, "for the senses' word").values() if sense["state"] != "ok"]
    assert {"keyboard", "mouse", "window", "idle"} <= {sense["sense"] for sense in failed}
    assert all(":987" in sense["reason"] or "X server" in sense["reason"] for sense in failed)


def test_pause_records_nothing_and_says_so(rig: Rig) -> None:
    rig.editor(rig.home / "notes.txt")
    assert "Paused" in rig.command("pause")
    since = time.time()
    rig.type_text("nobody must see this", delay_ms=5)
    time.sleep(1.5)
    assert rig.status()["state"] == "paused"
    assert "Recording" in rig.command("resume")
    rig.type_text("but this is fine", delay_ms=5)
    assert settled(rig, "but this is fine", since) == "but this is fine"
    wait_until(lambda: any("paused" in gap.reason for gap in rig.gaps()), 10.0)
    assert b"nobody must see this" not in rig.bytes()


def test_consent_takes_effect_at_once(desktop: Desktop) -> None:
    rig = Rig(desktop, typed="off", settings=NO_MODEL)
    rig.start(popup=False)
    rig.editor(rig.home / "notes.txt")
    since = time.time() - 0.5
    rig.type_text("counted only", delay_ms=5)
    rig.wait_event(lambda event: event.type == "keys", since=since)
    assert rig.typed(since) == ""
    rig.command("consent", "most")
    wait_until(lambda: rig._is_ready(popup=False), 30.0)
    rig.type_text("now it is read", delay_ms=5)
    assert settled(rig, "now it is read", since) == "now it is read"
    assert b"counted only" not in rig.bytes()


def test_forget_last_while_running_leaves_no_bytes(rig: Rig) -> None:
    rig.editor(rig.home / "notes.txt")
    rig.type_text("quite embarrassing sentence ", delay_ms=5)
    rig.wait_event(lambda event: event.type == "typing" and event.closed)
    assert b"embarrassing" in rig.bytes()
    assert "Deleted" in rig.command("forget", "--last", "15m")
    assert b"embarrassing" not in rig.bytes()
    wait_until(lambda: rig._is_ready(popup=False), 30.0)
    since = time.time()
    rig.type_text("life goes on", delay_ms=5)
    assert settled(rig, "life goes on", since) == "life goes on"


def test_export_import_round_trip_of_a_real_recording(rig: Rig, tmp_path: Path) -> None:
    rig.editor(rig.home / "notes.txt")
    rig.type_text("carried over ", delay_ms=5)
    rig.wait_event(lambda event: event.type == "typing" and event.closed)
    rig.stop()
    first, second = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert "written" in rig.command("export", str(first))
    assert "Deleted" in rig.command("forget", "--all", "--yes")
    assert "Imported" in rig.command("import", str(first))
    rig.command("export", str(second))
    assert "carried over" in first.read_text(encoding="utf-8")
    assert first.read_bytes() == second.read_bytes()


SPY = """
import json, os, sys, socket
def spy(event, args):
    if event in ("socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo"):
        family = getattr(args[0], "family", None) if event != "socket.__new__" else args[1]
        inet = family in (socket.AF_INET, socket.AF_INET6) or event == "socket.getaddrinfo"
        line = {"event": event, "inet": bool(inet), "argv": sys.argv[1:3] or sys.orig_argv[-2:]}
        if event != "socket.__new__":
            line["address"] = str(args[1] if len(args) > 1 else args[0])
        with open(os.environ["SPY_FILE"], "a") as out:
            out.write(json.dumps(line) + chr(10))
        if inet:
            raise PermissionError("the network is forbidden in this test")
sys.addaudithook(spy)
"""


def test_no_network_anywhere(desktop: Desktop, tmp_path: Path) -> None:
    """Every process runs with inet sockets forbidden and watched; only the engine's own socket is used by it."""
    import json

    spying = tmp_path / "spy"
    spying.mkdir()
    (spying / "sitecustomize.py").write_text(SPY)
    desktop.env |= {"PYTHONPATH": f"{spying}{os.pathsep}{Path.cwd()}", "SPY_FILE": str(tmp_path / "spy.jsonl")}
    rig = Rig(desktop, settings={"decision": {"every_events": 1, "min_interval_s": 0.0}})
    rig.start()
    rig.editor(rig.home / "notes.txt")
    desktop.spawn(["xterm", "-class", "Chromium", "-T", "how to fix a KeyError - Google Search - Chromium"])
    desktop.focus(desktop.window("how to fix"))
    wait_until(lambda: rig.status().get("counts", {}).get("decisions", 0) >= 2, 60.0, "for decisions")
    wait_until(lambda: "SmolLM2" in rig.status().get("model", ""), 60.0, "for the model")
    family = psutil.Process(rig.process.pid).children(recursive=True) if rig.process else []
    assert len(family) >= 3
    assert "no internet socket in any of the" in rig.command("doctor")
    assert [one.net_connections(kind="inet") for one in family if one.is_running()] == [[] for _ in family]
    rig.stop()
    seen = [json.loads(line) for line in (tmp_path / "spy.jsonl").read_text().splitlines()]
    assert {"engine", "collectors", "ui"} <= {part for line in seen for part in line["argv"]}, "the spy saw every child"
    assert [line for line in seen if line["inet"]] == []
    engine = {line["address"] for line in seen if line["argv"][-1] == "engine" and "address" in line}
    assert engine == {str(rig.paths.socket)}


def test_the_spy_would_notice(tmp_path: Path) -> None:
    """The guard of the test above can fail."""
    import subprocess

    (tmp_path / "sitecustomize.py").write_text(SPY)
    env = os.environ | {"PYTHONPATH": str(tmp_path), "SPY_FILE": str(tmp_path / "spy.jsonl")}
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "forbidden" in done.stderr
    assert '"inet": true' in (tmp_path / "spy.jsonl").read_text()


def test_xdotool_errors_are_not_swallowed(desktop: Desktop) -> None:
    with pytest.raises(EnvironmentFault):
        desktop.xdotool("windowactivate", "1")

"""The real assistant on a virtual desktop: started as its owner would start it, looked at through its own doors."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from assistant import client
from assistant.bench.desktop import Desktop, wait_until
from assistant.errors import AssistantError
from assistant.events import Event, Gap
from assistant.paths import HOME_VARIABLE, under
from assistant.policy.consent import CONSENT_VERSION, Consent, save_consent
from assistant.store import open_reader


class Rig:
    """One installation (its own folders) on one :class:`Desktop`."""

    def __init__(self, desktop: Desktop, *, typed: str = "most", settings: Mapping[str, Any] | None = None) -> None:
        self.desktop = desktop
        self.home = desktop.folder / "a"
        self.paths = under(self.home).make()
        save_consent(self.paths.consent_file, Consent(typed=typed, at=time.time(), version=CONSENT_VERSION))
        self.paths.settings_file.write_text(json.dumps(dict(settings or {})), encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None
        self._output = self.home / "output.txt"

    # ------------------------------------------------------------------ running

    def start(self, *, popup: bool = True, ready: bool = True) -> None:
        """``assistant run``; with ``ready``, wait until the senses report and (with ``popup``) the ui is up."""
        # As from a terminal, also where this process itself was started with nohup.
        as_usual = ["env", "--default-signal=HUP"]
        argv = [*as_usual, sys.executable, "-m", "assistant", "run", *([] if popup else ["--no-popup"])]
        with self._output.open("ab") as output:
            self.process = self.desktop.spawn(argv, env=self.environ, stdout=output, stderr=output)
        if ready:
            wait_until(lambda: self._is_ready(popup=popup), 60.0, "for the assistant to be ready")

    @property
    def environ(self) -> dict[str, str]:
        """What makes a command of this assistant ours."""
        return {HOME_VARIABLE: str(self.home), "PYTHONUNBUFFERED": "1"}

    def _is_ready(self, *, popup: bool) -> bool:
        status = self.status()
        senses = {sense["sense"]: sense["state"] for sense in status.get("senses", [])}
        shown = not popup or status.get("notifier", {}).get("notifier", "none") != "none"
        return shown and senses.get("keyboard") == "ok" and senses.get("window") == "ok"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it; returns how long that took, s."""
        if self.process is None:
            return 0.0
        started = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(20)
        self.process = None
        return time.monotonic() - started

    def command(self, *args: str, timeout_s: float = 120.0) -> str:
        """Run ``assistant ARGS`` and give back what it printed."""
        argv = [sys.executable, "-m", "assistant", *args]
        env = self.desktop.env | self.environ
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=timeout_s, check=False)
        return done.stdout + done.stderr

    def output(self) -> str:
        """What the run printed so far."""
        return self._output.read_text(encoding="utf-8") if self._output.exists() else ""

    # ------------------------------------------------------------------ looking

    def status(self) -> dict[str, Any]:
        """The engine's status; empty while it does not answer."""
        try:
            return client.ask(self.paths, "status", timeout=5.0)
        except AssistantError:
            return {}

    def children(self) -> dict[str, int]:
        """Name → process id of the children that run now."""
        try:
            known = json.loads(self.paths.status_file.read_text(encoding="utf-8"))["children"]
        except (OSError, ValueError):
            return {}
        return {name: child["pid"] for name, child in known.items() if child["pid"]}

    def events(self, since: float = 0.0) -> list[Event]:
        """Every stored event from ``since`` on, oldest first."""
        if not self.paths.database.exists():
            return []
        with open_reader(self.paths.database) as reader:
            return reader.events_between(since, time.time() + 60.0)

    def gaps(self) -> list[Gap]:
        """Every gap."""
        with open_reader(self.paths.database) as reader:
            return reader.gaps_between(0.0, time.time() + 60.0)

    def typed(self, since: float = 0.0) -> str:
        """The text of all typing events in order, joined."""
        return "".join(str(event.data.get("text", "")) for event in self.events(since) if event.type == "typing")

    def wait_event(self, what: Callable[[Event], object], timeout: float = 15.0, since: float = 0.0) -> Event:
        """Wait for a stored event that ``what`` accepts."""
        found: Event = wait_until(
            lambda: next((event for event in self.events(since) if what(event)), None), timeout, "for an event"
        )
        return found

    def bytes(self) -> bytes:
        """All bytes in the data and log folders: database, write-ahead log, logs."""
        files = [path for folder in (self.paths.data, self.paths.logs) for path in folder.rglob("*") if path.is_file()]
        return b"".join(path.read_bytes() for path in files)

    # ------------------------------------------------------------------ the owner's hands

    def editor(self, file: Path) -> str:
        """Open ``file`` in Mousepad and focus it; returns the window."""
        file.touch()
        self.desktop.spawn(["mousepad", "--disable-server", str(file)])
        window = self.desktop.window(file.name)
        self.desktop.focus(window)
        self.wait_event(lambda event: file.name in event.title or file.name in event.sentence)
        return window

    def type_text(self, text: str, delay_ms: int = 0) -> None:
        r"""Type ``text`` (no quotes or backslashes in it) with xdotool into whatever has the focus; \n is Return."""
        lines = (f'type --delay {delay_ms} "{line}"' if line else "" for line in text.split("\n"))
        script = self.home / "typed.xdotool"
        script.write_text("\nkey --delay 0 Return\n".join(lines) + "\n", encoding="utf-8")
        self.desktop.xdotool(script)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, user and system, s."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def memory_mb(pid: int) -> float:
    """Proportional set size of one process, MB (shared pages counted by share)."""
    return float(psutil.Process(pid).memory_full_info().pss) / 1e6

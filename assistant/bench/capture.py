"""`assistant bench capture`: issue 2's figures on capturing, measured on a virtual desktop with real applications."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from assistant.bench.desktop import private_desktop, wait_until
from assistant.bench.rig import Rig, cpu_seconds, memory_mb

Figures = dict[str, Any]
_WORDS = (  # noqa: SIM905 - a sentence reads better than a column of literals
    "the quick report about rivers begins here and goes on with words that people really type every day "
    "while they think of tea and trains or the garden behind an old house near the market"
).split()


def prose(characters: int, seed: int = 1) -> str:
    """Plain words in lines of about 60 characters, exactly ``characters`` long."""
    chance, line = random.Random(seed), ""  # noqa: S311 - text to type, not a secret
    lines: list[str] = []
    while sum(map(len, lines)) + len(lines) <= characters:
        line += chance.choice(_WORDS)
        if len(line) > 60:  # noqa: PLR2004 - an ordinary line
            lines.append(line)
            line = ""
        else:
            line += " "
    return "\n".join(lines)[:characters]


@contextmanager
def rig(**options: Any) -> Iterator[Rig]:
    """A fresh desktop with a fresh, running assistant.

    :raises SetupError: the programs of a virtual desktop are missing.
    """
    popup = options.pop("popup", False)
    with private_desktop() as desktop:
        one = Rig(desktop, **options)
        one.start(popup=popup)
        yield one
        one.stop()


def keys(count: int = 5_000) -> Figures:
    """Type ``count`` keys at full speed into a real editor; compare events, file, and count."""
    with rig() as one:
        file = one.home / "notes.txt"
        one.editor(file)
        text = prose(count)
        started = time.time()
        one.type_text(text)
        typed_s = time.time() - started
        with suppress(AssertionError):
            wait_until(lambda: len(one.typed(started - 1)) >= count, 30.0)
        time.sleep(3.0)  # the burst ends, its event closes
        one.desktop.xdotool("key", "ctrl+s")
        wait_until(lambda: file.read_text(encoding="utf-8").strip(), 10.0, "for the editor to save")
        time.sleep(0.5)
        captured, saved = one.typed(started - 1), file.read_text(encoding="utf-8")
        return {
            "keys typed": count,
            "keys per second": round(count / typed_s),
            "keys captured": len(captured),
            "text of events equals text in the file": captured.rstrip("\n") == saved.rstrip("\n"),
            "text in the file equals text typed": saved.rstrip("\n") == text.rstrip("\n"),
        }


def window_changes(rounds: int = 20) -> Figures:
    """Seconds from a window or title change to its row in the database; rows of a steady window."""
    with rig() as one:
        windows = [(name, one.editor(one.home / name)) for name in ("alpha.txt", "beta.txt")]
        delays = []
        for number in range(rounds):
            name, window = windows[number % 2]
            time.sleep(1.2)
            before = time.time()
            one.desktop.xdotool("windowactivate", window)
            one.wait_event(
                lambda event, name=name: name in event.title and event.type in {"switch", "title"},  # type: ignore[misc]  # a lambda's default has no type
                since=before - 0.05,
            )
            delays.append(time.time() - before)
        time.sleep(1.5)
        steady_from = time.time()
        time.sleep(12.0)
        rows = [event for event in one.events(steady_from - 1.4) if event.type in {"switch", "title"}]
        return {
            "window change → row, median s": round(statistics.median(delays), 3),
            "window change → row, max s": round(max(delays), 3),
            "new rows of a steady window in 12 s": len(rows),
        }


def kill_children() -> Figures:
    """Kill -9 of each child while somebody types: what is lost, how soon it is back; then of everything."""
    figures: Figures = {}
    for name in ("collectors", "engine"):
        with rig() as one:
            figures |= _kill_one(one, name)
    with rig() as one:
        figures |= _kill_all(one)
    return figures


# 25 letters a second.
_TICK_S = 0.04


def _delay_ms(interval_s: float) -> int:
    """Xdotool's ``--delay`` for one key each ``interval_s``: it waits half of it, as measured (15.5 keys/s at 125)."""
    return round(2_000 * interval_s)


def _typing(one: Rig, seconds: float, during: Callable[[], None]) -> str:
    """Type lower-case words letter by letter for ``seconds``; call ``during`` at a third of it."""
    text = prose(int(seconds / _TICK_S)).replace("\n", " ")
    third = len(text) // 3
    one.type_text(text[:third], delay_ms=_delay_ms(_TICK_S))
    during()
    one.type_text(text[third:], delay_ms=_delay_ms(_TICK_S))
    return text


def _kill_one(one: Rig, name: str) -> Figures:
    one.editor(one.home / "notes.txt")
    since = time.time() - 0.5
    back: list[float] = []

    def kill() -> None:
        pid = one.children()[name]
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        wait_until(lambda: one.children().get(name) not in (None, pid), 20.0, f"for {name} to be restarted")
        back.append(time.monotonic() - began)
        wait_until(lambda: one._is_ready(popup=False), 30.0, f"for {name} to be ready")  # noqa: SLF001 - the rig is ours
        back.append(time.monotonic() - began)

    text = _typing(one, 12.0, kill)
    time.sleep(4.0)
    got = one.typed(since)
    lost = len(text) - len(got)
    return {
        f"{name} killed: process back after s": round(back[0], 2),
        f"{name} killed: recording again after s": round(back[1], 2),
        f"{name} killed: seconds of typing lost": round(max(lost, 0) * _TICK_S, 2),
        f"{name} killed: letters typed / stored": f"{len(text)} / {len(got)}",
    }


def _kill_all(one: Rig) -> Figures:
    one.editor(one.home / "notes.txt")
    since, text = time.time() - 0.5, prose(200).replace("\n", " ")
    script = one.home / "script.txt"
    script.write_text(text, encoding="utf-8")
    typing = one.desktop.spawn(["xdotool", "type", "--delay", str(_delay_ms(_TICK_S)), "--file", str(script)])
    time.sleep(4.0)
    pids = [*one.children().values(), one.process.pid if one.process else 0]
    at = time.time()
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    typing.kill()
    typing.wait()
    file = one.home / "notes.txt"
    one.desktop.xdotool("key", "ctrl+s")
    wait_until(lambda: file.read_text(encoding="utf-8").strip(), 10.0)
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=5)
    typed = file.read_text(encoding="utf-8").rstrip("\n")
    one.process = None
    lost = len(typed) - len(one.typed(since))
    return {
        "all killed: seconds of typing lost": round(max(lost, 0) * _TICK_S, 2),
        "all killed: letters typed / stored": f"{len(typed)} / {len(one.typed(since))}",
        "all killed: processes left": len(alive),
        "all killed: database readable": bool(one.events(at - 60)),
    }


def x_restart() -> Figures:
    """Kill the X server, start it again: seconds until capture resumes, and the gap's reason."""
    with rig() as one:
        one.editor(one.home / "one.txt")
        one.desktop.kill_server()
        time.sleep(3.0)
        one.desktop.restart_server()
        back = time.monotonic()
        began = time.time()
        file = one.home / "two.txt"
        file.touch()
        one.desktop.spawn(["mousepad", "--disable-server", str(file)])
        one.desktop.focus(one.desktop.window("two.txt"))
        while time.monotonic() - back < 30.0 and not one.typed(began):  # noqa: PLR2004 - three times the target
            one.desktop.xdotool("type", "again ")
            time.sleep(0.25)
        took = time.monotonic() - back
        reasons = sorted({f"{gap.sense}: {gap.reason}" for gap in one.gaps() if gap.until >= began - 5.0})
        return {"X server back → capture resumes, s": round(took, 2), "gap rows": reasons}


def idle(seconds: float = 300.0) -> Figures:
    """An idle desktop: CPU of the collectors as a share of one core; how often the model was called."""
    with rig() as one:
        one.editor(one.home / "notes.txt")
        time.sleep(10.0)
        pid, asked = one.children()["collectors"], one.status()["counts"]["asked"]
        cpu, began = cpu_seconds(pid), time.monotonic()
        time.sleep(seconds)
        share = (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
        engine = one.children()["engine"]
        return {
            "idle for s": round(seconds),
            "collectors, % of a core": round(100 * share, 2),
            "model called": one.status()["counts"]["asked"] - asked,
            "collectors, MB": round(memory_mb(pid), 1),
            "engine with model, MB": round(memory_mb(engine), 1),
        }


def typing_cost(seconds: float = 60.0, per_second: int = 8) -> Figures:
    """Somebody types at 8 keys/s: CPU of the collectors; memory of all processes without the model."""
    with rig(settings={"model": {"path": "/nonexistent/none.gguf"}}) as one:
        one.editor(one.home / "notes.txt")
        pid = one.children()["collectors"]
        cpu, began = cpu_seconds(pid), time.monotonic()
        one.type_text(prose(int(seconds * per_second)), delay_ms=_delay_ms(1 / per_second))
        share = (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
        supervisor = one.process.pid if one.process else pid
        sizes = {name: memory_mb(one_pid) for name, one_pid in one.children().items()}
        sizes["supervisor"] = memory_mb(supervisor)
        return {
            "typing keys/s": round(seconds * per_second / (time.monotonic() - began), 1),
            "collectors, % of a core": round(100 * share, 2),
            "without the model, MB in all": round(sum(sizes.values()), 1),
            **{f"  {name}, MB": round(size, 1) for name, size in sizes.items()},
        }


def stopping() -> Figures:
    """SIGTERM, Ctrl-C and the end of the session (SIGHUP) while typing: seconds to the end, letters lost."""
    figures: Figures = {}
    for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with rig() as one:
            one.editor(one.home / "notes.txt")
            since = time.time() - 0.5
            text = prose(120).replace("\n", " ")
            one.type_text(text, delay_ms=20)
            pids = [psutil.Process(pid) for pid in one.children().values()]
            took = one.stop(how)
            figures[f"{how.name}: stopped after s"] = round(took, 2)
            figures[f"{how.name}: letters lost"] = len(text) - len(one.typed(since))
            figures[f"{how.name}: processes left"] = sum(process.is_running() for process in pids)
    return figures

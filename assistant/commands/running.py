"""run, stop, pause, resume, consent, child."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

import click

from assistant import client
from assistant.child import log_to
from assistant.clock import SystemClock
from assistant.errors import SetupError
from assistant.paths import Paths, default_paths
from assistant.policy.consent import CONSENT_VERSION, Consent, load_consent, save_consent
from assistant.settings import load_settings
from assistant.supervisor import Supervisor, child_specs

LEVELS = ("off", "safe", "most")
QUESTION = """\
The assistant records, on this computer only, which windows you use, clicks and pauses.
Until you agree, keys are counted and never read. Typed text makes its suggestions much better:

  off   keys are counted, never read (as it is now)
  safe  typed text is read only where the desktop tells that the field is no password field
  most  typed text is read everywhere but in excluded applications, known password fields
        and terminal prompts that hide their input

Password managers, wallets and private windows are always left out. Secrets (card numbers,
tokens, keys) are taken out before anything is kept. Change it any time: assistant consent
"""


def has_display() -> bool:
    """Whether there is a desktop to watch."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) or sys.platform in ("darwin", "win32")


@click.command()
@click.option("--no-popup", is_flag=True, help="Record and decide, but show no popup.")
@click.pass_context
def run(context: click.Context, *, no_popup: bool) -> None:
    """Record, decide and suggest until Ctrl-C. Without a display: the demo."""
    if not has_display():
        click.echo("There is no display here, so there is nothing to watch. The same pipeline runs over a sample day.")
        from assistant.commands.demo import demo

        context.invoke(demo)
        return
    paths = default_paths().make()
    settings = load_settings(paths.settings_file)
    ask_consent(paths)
    log_to(paths.logs / "supervisor.log")
    show = not no_popup and settings.ui.notifier not in ("none", "terminal")
    supervisor = Supervisor(paths, SystemClock(), child_specs(show=show), say=click.echo)
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        nohup = name == "SIGHUP" and number is not None and signal.getsignal(number) is signal.SIG_IGN
        if number is not None and not nohup:
            signal.signal(number, lambda *_: stop.set())
    click.echo(f"Recording to {paths.database}. Stop with Ctrl-C; look with `assistant status`.")
    with contextlib.ExitStack() as stack:
        if settings.ui.notifier in ("auto", "terminal") and sys.stdin.isatty() and not no_popup:
            from assistant.terminal_ui import offer_terminal

            stack.callback(offer_terminal(paths, settings))
        supervisor.run(stop)
    click.echo("Stopped.")


def ask_consent(paths: Paths) -> None:
    """Ask once, on a terminal; elsewhere typed text just stays off."""
    if paths.consent_file.exists():
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo("Typed text is not read until you agree: assistant consent")
        return
    click.echo(QUESTION)
    level = click.prompt("Typed text", type=click.Choice(LEVELS), default="off")
    _save_consent(paths, level)


def _save_consent(paths: Paths, level: str) -> None:
    consent = Consent(typed=level, at=time.time(), version=CONSENT_VERSION)
    save_consent(paths.consent_file, consent)


@click.command()
@click.argument("level", type=click.Choice(LEVELS), required=False)
def consent(level: str | None) -> None:
    """Show or change whether typed text may be read (off, safe, most). Works at once."""
    paths = default_paths().make()
    if level is None and sys.stdin.isatty() and sys.stdout.isatty():
        click.echo(QUESTION)
        level = click.prompt("Typed text", type=click.Choice(LEVELS), default=load_consent(paths.consent_file).typed)
    if level is not None:
        _save_consent(paths, level)
        if client.running(paths):
            client.ask(paths, "reload")
    now = load_consent(paths.consent_file)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(now.at)) if now.at else "never asked"
    click.echo(f"Typed text: {now.typed} (version {now.version}, {when})")


@click.command()
@click.argument("minutes", type=click.FloatRange(min=0, min_open=True), required=False)
def pause(minutes: float | None) -> None:
    """Record nothing for MINUTES, or until `assistant resume`."""
    client.ask(default_paths(), "pause", minutes=minutes)
    click.echo(f"Paused for {minutes:g} minutes." if minutes else "Paused until `assistant resume`.")


@click.command()
def resume() -> None:
    """Go on recording after a pause."""
    client.ask(default_paths(), "resume")
    click.echo("Recording.")


@click.command()
def stop() -> None:
    """End the running assistant."""
    import psutil

    pid = client.supervisor_pid(default_paths())
    if pid is None:
        raise SetupError("The assistant is not running.", hint="Start it with `assistant run`.")
    process = psutil.Process(pid)
    process.terminate()
    try:
        process.wait(10)
    except psutil.TimeoutExpired:
        process.kill()
    click.echo("Stopped.")


@click.command(hidden=True)
@click.argument("name", type=click.Choice(["collectors", "engine", "ui"]))
@click.option("--home", type=click.Path(path_type=Path), hidden=True)
def child(name: str, home: Path | None) -> None:
    """Body of one child process; started by `assistant run`."""
    from assistant.app import run_child
    from assistant.paths import under

    code = run_child(name, under(home) if home else default_paths())
    sys.stdout.flush()
    logging.shutdown()
    os._exit(code)  # libraries' threads (GTK, llama.cpp) must not hold up the end


COMMANDS = (run, consent, pause, resume, stop, child)

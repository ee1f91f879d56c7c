"""status, decisions, suggestions, settings: looking at what there is."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from assistant import client
from assistant.clock import SystemClock
from assistant.commands.doctor import doctor
from assistant.errors import SetupError
from assistant.paths import Paths, default_paths
from assistant.policy.consent import load_consent
from assistant.policy.exclusions import Exclusions
from assistant.settings import Settings, load_settings


def clock_time(seconds: float) -> str:
    """Local date and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def status(*, as_json: bool) -> None:
    """What is recorded right now, how each sense is doing, and what was decided last."""
    paths = default_paths()
    if not client.running(paths):
        if as_json:
            click.echo(json.dumps({"running": False}))
        else:
            click.echo("Not running. Start it with `assistant run`.")
        return
    report = {"running": True, "typed": load_consent(paths.consent_file).typed, **client.ask(paths, "status")}
    report["children"] = json.loads(paths.status_file.read_text(encoding="utf-8"))["children"]
    click.echo(json.dumps(report, indent=2) if as_json else "\n".join(_lines(report)))


def _lines(report: dict[str, Any]) -> list[str]:
    lines = [f"{report['state'].capitalize()}; typed text: {report['typed']}"]
    if report["paused_until"]:
        lines.append(f"  paused until {clock_time(report['paused_until'])}")
    lines.append("Senses" + ("" if report["collectors_connected"] else " (the collectors' process is away)"))
    for sense in report["senses"]:
        trouble = f"  {sense['reason']}" if sense["reason"] else ""
        dropped = f", {sense['dropped']} dropped" if sense["dropped"] else ""
        lines.append(f"  {sense['sense']:<10} {sense['state']:<9} {sense['seen']} seen{dropped}{trouble}")
    notifier = report["notifier"]
    lines.append(f"Suggestions by {notifier['notifier']}" + (f" ({notifier['reason']})" if notifier["reason"] else ""))
    lines += [f"Model {report['model']}; gate {report['gate']}"]
    lines += [f"Learning: {name.replace('_', ' ')} {value}" for name, value in report["learning"].items() if value]
    lines += [f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in report["stats"].items()]
    if last := report["last_decision"]:
        lines.append(f"Last decision {clock_time(last['time'])}: {_decision_words(last)}")
    return lines


def _decision_words(decision: dict[str, Any]) -> str:
    speak = "speak" if decision["speak"] else "silent"
    p_help = "" if decision["p_help"] is None else f" p(help) {decision['p_help']:.2f} of {decision['threshold']:.2f}"
    return f"{speak} [{decision['stage']}, {decision['trigger']}]{p_help}: {decision['reason']}"


@click.command()
@click.option("-n", "count", default=20, show_default=True, type=click.IntRange(min=1), help="How many.")
def decisions(count: int) -> None:
    """The last decisions, spoken or not, each with its reason."""
    from assistant.store import open_reader

    with open_reader(existing(default_paths())) as reader:
        for decision in reader.decisions(count):
            click.echo(f"{clock_time(decision.time)}  {_decision_words(decision.model_dump())}")


@click.command()
@click.option("-n", "count", default=20, show_default=True, type=click.IntRange(min=1), help="How many.")
def suggestions(count: int) -> None:
    """The last suggestions with their ids, and what became of each (its last answer)."""
    from assistant.store import open_reader

    with open_reader(existing(default_paths())) as reader:
        for item in reader.history(count):
            last = item.outcomes[-1] if item.outcomes else None
            reason = f" ({last.reason})" if last is not None and last.reason else ""
            outcome = last.kind.value if last is not None else "open"
            suggestion = item.suggestion
            click.echo(f"{suggestion.id}  {clock_time(suggestion.time)}  {outcome:<9} {suggestion.task.task}{reason}")


def existing(paths: Paths) -> Path:
    """The database.

    :raises SetupError: there is none yet.
    """
    if not paths.database.exists():
        raise SetupError(f"There is no database at {paths.database} yet.", hint="Start with `assistant run`.")
    return paths.database


@click.group(invoke_without_command=True)
@click.pass_context
def settings(context: click.Context) -> None:
    """Show every option with its value and its effect, or set one."""
    if context.invoked_subcommand is not None:
        return
    file = default_paths().settings_file
    current = load_settings(file)
    click.echo(f"# {file}")
    for name in Settings.model_fields:
        group = getattr(current, name)
        for option, field in type(group).model_fields.items():
            click.echo(f"{name}.{option} = {json.dumps(getattr(group, option))}\n    {field.description}")


@settings.command("set")
@click.argument("option")
@click.argument("value")
def set_option(option: str, value: str) -> None:
    """Set OPTION (e.g. delivery.per_day) to VALUE (JSON or text), at once."""
    paths = default_paths().make()
    group, _, name = option.partition(".")
    known = Settings.model_fields.get(group)
    if known is None or not name or name not in known.annotation.model_fields:  # type: ignore[union-attr]  # every field is a group
        raise SetupError(f"There is no option '{option}'.", hint="`assistant settings` lists them.")
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = value
    file = paths.settings_file
    load_settings(file)  # a file that is broken already is named, not overwritten
    stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    stored.setdefault(group, {})[name] = parsed
    Exclusions(load_settings(None, **stored).privacy)
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps(stored, indent=2), encoding="utf-8")
    scratch.chmod(0o600)
    scratch.replace(file)
    if client.running(paths):
        client.ask(paths, "reload")
    click.echo(f"{option} = {json.dumps(parsed)}")


@click.command()
def watch() -> None:
    """Print decisions as they are made, until Ctrl-C."""
    from assistant.store import open_reader

    last = SystemClock().now()
    with open_reader(existing(default_paths())) as reader:
        while True:
            for decision in reader.decisions(50):
                if decision.time > last:
                    last = decision.time
                    click.echo(f"{clock_time(decision.time)}  {_decision_words(decision.model_dump())}")
            time.sleep(1.0)


COMMANDS = (status, decisions, suggestions, settings, watch, doctor)

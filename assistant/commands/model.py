"""model list, use, rollback, compare; replay."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import Any

import click

from assistant.clock import SystemClock
from assistant.commands.learning import tell_engine
from assistant.paths import default_paths
from assistant.store import open_reader


def _registry() -> Any:
    from models.registry import Registry

    return Registry(default_paths().data, SystemClock().now)


@click.group(invoke_without_command=True)
@click.pass_context
def model(context: click.Context) -> None:
    """The versions of your own model: list, use, rollback, compare."""
    if context.invoked_subcommand is None:
        context.invoke(list_versions)


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def list_versions(*, as_json: bool = False) -> None:
    """Every version, what it was made from, and why it serves or does not."""
    from models.registry import as_json as everything

    registry = _registry()
    found, serving = everything(registry), registry.active()
    if as_json:
        click.echo(json.dumps({**found, "serving": serving.version, "problem": serving.note}, indent=1))
        return
    rows = [{"version": "shipped", "reason": "comes with the program"}, *found["versions"]]
    for row in rows:
        mark = "*" if row["version"] == serving.version else " "
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["made_at"])) if "made_at" in row else ""
        about = row.get("problem") or row["reason"]
        origin = f" from {row['parent']}, {row['taught']} labels" if "parent" in row else ""
        click.echo(f"{mark} {row['version']:<8} {made:<16}{origin}  {about}")
    for switch in found["active"]["switches"][-5:]:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(switch["at"]))
        click.echo(f"  {when}  {switch['previous']} → {switch['version']}: {switch['why']}")
    if serving.note:
        click.echo(serving.note)


@model.command()
@click.argument("version")
def use(version: str) -> None:
    """Have VERSION serve, at once ("shipped" = as it came)."""
    switch = _registry().use(version, "you chose it")
    click.echo(f"{switch.previous} → {switch.version}")
    tell_engine(default_paths())


@model.command()
def rollback() -> None:
    """Go back to the version that served before, at once."""
    switch = _registry().rollback("you asked for it")
    click.echo(f"{switch.previous} → {switch.version}")
    tell_engine(default_paths())


@model.command()
@click.argument("one")
@click.argument("other")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def compare(*, one: str, other: str, as_json: bool) -> None:
    """Two versions on the labels that neither has learned from."""
    from assistant.label_store import read_labels
    from models.owner.compare import as_lines
    from models.owner.compare import compare as run

    with open_reader(default_paths().database) as reader:
        found = run(_registry(), one, other, read_labels(reader))
    click.echo(json.dumps(found, indent=1) if as_json else "\n".join(as_lines(one, other, found)))


@click.command()
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day, local time.")
@click.option("--model", "version", required=True, help="The version to run it through.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def replay(*, day: datetime, version: str, as_json: bool) -> None:
    """Run a past day's decisions through another version and show what it would have done otherwise."""
    from models.owner.replay import as_lines
    from models.owner.replay import replay as run

    serving = _registry().load(version)
    with open_reader(default_paths().database) as reader:
        found = run(reader, day.timestamp(), (day + timedelta(days=1)).timestamp(), serving)
    click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else "\n".join(as_lines(found)))


COMMANDS = (model, replay)

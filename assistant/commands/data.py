"""export, import, forget: the owner's rights over the data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import filelock

from assistant import client
from assistant.clock import SystemClock
from assistant.errors import SetupError
from assistant.paths import Paths, default_paths
from assistant.settings import load_settings
from assistant.supervisor import only_one

if TYPE_CHECKING:
    from assistant.store import Store

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Span(click.ParamType[float]):
    """A length of time such as 90s, 15m, 2h, 1d → seconds."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse, or say how it is written."""
        if isinstance(value, (int, float)):
            return float(value)
        if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", str(value).strip()):
            return float(match[1]) * _UNITS[match[2]]
        return self.fail(f"{value!r} is no length of time; write 90s, 15m, 2h or 1d", param, ctx)


@contextmanager
def alone(paths: Paths) -> Iterator[Store]:
    """The store, while no assistant runs."""
    from assistant.store import open_store

    settings = load_settings(paths.settings_file)
    with only_one(filelock.FileLock(paths.lock, mode=0o600)):
        store = open_store(paths, SystemClock(), settings.storage)
        try:
            yield store
        finally:
            store.close()


@click.command("export")
@click.argument("words", metavar="[labels] FILE", nargs=-1, required=True)
@click.option(
    "--format", "form", type=click.Choice(["reward", "agent"]), help="Of labels: one of ProactiveBench's (reward)."
)
@click.option("--name", help="Of labels: what you are called in them (a made-up name, the same each time).")
@click.option("--yes", is_flag=True, help="Of labels: write without showing the lines first.")
def export_(words: tuple[str, ...], form: str | None, name: str | None, *, yes: bool) -> None:
    """Write everything that is stored to FILE as JSON Lines; with `labels` only the verdicts, for research."""
    labels, file = words[0] == "labels", Path(words[-1])
    if len(words) != 1 + labels:
        raise click.UsageError("Export everything to a FILE, or `labels` to a FILE (./labels, if it is called so).")
    paths = default_paths()
    if not paths.database.exists():
        raise SetupError(f"There is nothing to export: {paths.database} does not exist.")
    if labels:
        _export_labels(paths, file, form or "reward", name or "", yes=yes)
        return
    if form or name or yes:
        raise click.UsageError("--format, --name and --yes go with `assistant export labels FILE`.")
    from assistant.store import export_to

    lines = export_to(paths.database, file)
    click.echo(f"{lines} rows written to {file} (readable by you only).")


def _export_labels(paths: Paths, file: Path, form: str, name: str, *, yes: bool) -> None:
    """Show every line, ask, write; the data card goes beside it."""
    from assistant import label_export
    from assistant.store import open_reader

    with open_reader(paths.database) as reader:
        export = label_export.prepare(reader, form, name)
    if not export.lines:
        raise SetupError("There are no labels yet.", hint="Answer some suggestions, or `assistant review`.")
    if not yes:
        click.echo(label_export.shown(export.lines))
        click.confirm(f"Write these {len(export.lines)} lines to {file}?", abort=True)
    card = label_export.write(export, file, SystemClock().now())
    click.echo(f"{len(export.lines)} lines written to {file}, described in {card.name} (readable by you only).")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--annotator", default="", help="Of votes without names: who gave them (else the file's name).")
def import_(file: Path, annotator: str) -> None:
    """Take in what `assistant export` wrote, or labels in ProactiveBench's reward or agent format."""
    paths = default_paths().make()
    if client.running(paths):
        result = client.ask(paths, "import", path=str(file.absolute()), annotator=annotator, timeout=600.0)["imported"]
    else:
        from assistant.label_import import import_file

        with alone(paths) as store:
            result = import_file(store, file, annotator).model_dump(exclude_defaults=True)
    click.echo(f"Imported: {json.dumps(result)}")


@click.command()
@click.option("--last", type=Span(), help="The last stretch of time: 15m, 2h, 1d.")
@click.option("--app", help="Everything from one application.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def forget(last: float | None, app: str | None, *, everything: bool, yes: bool) -> None:
    """Delete events and what was made from them, so that no bytes are left behind."""
    if (last is not None) + bool(app) + everything != 1:
        raise click.UsageError("Say one of --last, --app, --all.")
    if everything and not yes:
        click.confirm("Delete everything that was ever recorded?", abort=True)
    paths = default_paths().make()
    if client.running(paths):
        deleted = client.ask(paths, "forget", last_s=last, app=app, all=everything, timeout=600.0)["deleted"]
    else:
        with alone(paths) as store:
            if everything:
                report = store.forget_all()
            elif app:
                report = store.forget_app(app)
            else:
                report = store.forget_last(last or 0.0)
            _forget_models(paths, everything=everything)
        deleted = report.model_dump(exclude_defaults=True)
    click.echo(f"Deleted: {json.dumps(deleted) if deleted else 'nothing matched'}")


def _forget_models(paths: Paths, *, everything: bool) -> None:
    """Pages about trainings quote what was recorded; with everything, what was learned from it goes too."""
    from models.registry import Registry

    Registry(paths.data, SystemClock().now).forget(everything=everything)


COMMANDS = (export_, import_, forget)

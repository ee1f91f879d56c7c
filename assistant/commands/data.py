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
def _alone(paths: Paths) -> Iterator[Store]:
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
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_(file: Path) -> None:
    """Write everything that is stored to FILE as JSON Lines."""
    from assistant.store import export_to

    paths = default_paths()
    if not paths.database.exists():
        raise SetupError(f"There is nothing to export: {paths.database} does not exist.")
    lines = export_to(paths.database, file)
    click.echo(f"{lines} rows written to {file} (readable by you only).")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(file: Path) -> None:
    """Take in what `assistant export` wrote."""
    paths = default_paths().make()
    if client.running(paths):
        result = client.ask(paths, "import", path=str(file.absolute()), timeout=600.0)["imported"]
    else:
        with _alone(paths) as store:
            result = store.import_(file).model_dump(exclude_defaults=True)
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
        with _alone(paths) as store:
            if everything:
                report = store.forget_all()
            elif app:
                report = store.forget_app(app)
            else:
                report = store.forget_last(last or 0.0)
        deleted = report.model_dump(exclude_defaults=True)
    click.echo(f"Deleted: {json.dumps(deleted) if deleted else 'nothing matched'}")


COMMANDS = (export_, import_, forget)

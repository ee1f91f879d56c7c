"""demo: the whole pipeline over a bundled sample day, anywhere, with the real model."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from assistant.paths import under


@click.command()
@click.option("--answers", type=click.Choice(["ask", "none"]), help="Ask on the terminal, or answer nothing.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first LIMIT observations.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the demo's database here.")
def demo(answers: str | None, limit: int | None, keep: Path | None) -> None:
    """Run the real pipeline and the real model over a bundled sample day; nothing of yours is read."""
    from assistant.demo import play_sample_day

    if keep is not None:
        play_sample_day(under(keep.absolute()).make(), answers, limit)
        return
    with tempfile.TemporaryDirectory(prefix="assistant-demo-") as folder:
        play_sample_day(under(Path(folder)).make(), answers, limit)


COMMANDS = (demo,)

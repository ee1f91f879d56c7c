"""The command line: ``assistant --help``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

import assistant
from assistant.commands import annotate, bench, data, demo, dial, looking, model, running, train, verdicts
from assistant.errors import AssistantError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(assistant.__version__, prog_name="assistant")
def cli() -> None:
    """A desktop assistant that keeps everything on this computer and knows when to be quiet."""


for module in (running, looking, dial, data, demo, annotate, bench, train, model, verdicts):
    for command in module.COMMANDS:
        cli.add_command(command)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; our own errors are explained in a sentence, never as a traceback."""
    try:
        code = cli.main(args=argv, prog_name="assistant", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        print(file=sys.stderr)
        sys.exit(130)
    except AssistantError as error:
        print(error.explain(), file=sys.stderr)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)

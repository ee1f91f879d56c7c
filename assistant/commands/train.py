"""train: learn from the owner's labels. train base, train preference: make the shipped model from the data."""

from __future__ import annotations

from pathlib import Path

import click

# Where `assistant run` finds it.
ARTEFACT = Path(__file__).resolve().parents[2] / "models" / "artefact"


@click.group(invoke_without_command=True)
@click.option("--on-battery", is_flag=True, help="Go on without a plug, too.")
@click.option("--nightly", is_flag=True, hidden=True, help="Started by the engine: end when the assistant does.")
@click.pass_context
def train(context: click.Context, *, on_battery: bool, nightly: bool) -> None:
    """Learn from your answers: gate, judge and, from 200 labels on, the language model's adapter.

    A new version serves only if it is better on your newest labels. Stop with Ctrl-C; run again, it goes on.
    """
    if context.invoked_subcommand is None:
        from assistant.commands.learning import learn

        learn(on_battery=on_battery, nightly=nightly)


@train.command()
@click.option("--data", type=click.Path(path_type=Path), help="ProactiveBench's folder, for gate and judge.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/train-base"), help="Checkpoints lie here.")
@click.option("--out", type=click.Path(path_type=Path), default=ARTEFACT, help="Where the trained files go.")
@click.option("--epochs", type=click.IntRange(1, 20), default=2, help="Passes over the corpus.")
@click.option(
    "--from-adapter",
    type=click.Path(path_type=Path, exists=True),
    help="Begin with this GGUF adapter: second stage only.",
)
@click.option(
    "--base",
    "file",
    type=click.Path(path_type=Path, exists=True),
    help="A GGUF of llama's architecture instead of the bundled model.",
)
@click.option("--threads", type=click.IntRange(1, 64), default=2, help="Processor threads.")
def base(
    *,
    data: Path | None,
    work: Path,
    out: Path,
    epochs: int,
    from_adapter: Path | None,
    file: Path | None,
    threads: int,
) -> None:
    """Adapter, gate and judge from corpus and votes; run it again after a stop and it goes on."""
    if from_adapter is not None and data is None:
        raise click.UsageError("With --from-adapter only the second stage is left, and that needs --data.")
    from models.train.base import Plan, run
    from models.train.sft import SftOptions

    run(Plan(data, work, out, SftOptions(epochs=epochs, threads=threads), from_adapter, file), click.echo)


@train.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="ProactiveBench's folder.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/train-kto"), help="Checkpoints lie here.")
@click.option(
    "--adapter",
    type=click.Path(path_type=Path, exists=True),
    default=ARTEFACT / "adapter.gguf",
    help="Begin with this.",
)
@click.option("--answers", type=click.IntRange(8), default=160, help="Learn from so many answers of a half.")
def preference(*, data: Path, work: Path, adapter: Path, answers: int) -> None:
    """Would preference training (KTO) on the votes help? Measured on traces it has not seen; ships nothing."""
    from models.train.base import preference as measure

    measure(data, work, adapter, answers, click.echo)


COMMANDS = (train,)

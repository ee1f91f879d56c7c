"""What `assistant train` without a subcommand does: learn from the owner's labels."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from assistant import client
from assistant.clock import SystemClock
from assistant.errors import AssistantError
from assistant.events import Task
from assistant.labels import Label
from assistant.paths import Paths, default_paths
from assistant.power import lower_priority, on_power
from assistant.settings import ModelOptions, load_settings
from assistant.store import open_reader
from assistant.store.queries import Reader

if TYPE_CHECKING:
    from models.owner.lora import Lora, Pair


def learn(*, on_battery: bool = False, nightly: bool = False) -> None:
    """Train on the owner's labels and say what came of it."""
    from assistant.annotation.labels import own_labels
    from models.owner.training import Desk, train
    from models.owner.work import Paused
    from models.registry import Registry

    paths, clock = default_paths(), SystemClock()
    options = load_settings(paths.settings_file).model
    lower_priority()
    with open_reader(paths.database) as reader, asked_to_stop() as asked:
        stop = stopper(asked, (lambda: True) if on_battery else on_power, (lambda: client.running(paths)), nightly)
        lora, no_lora = adapter_training(options)
        desk = Desk(
            registry=Registry(paths.data, clock.now),
            labels=own_labels(reader),
            say=click.echo,
            stop=stop,
            pairs=lambda labels: pairs_of(reader, labels),
            again=lambda: own_labels(reader),
            lora=lora,
            no_lora=no_lora,
            mono=clock.mono,
            now=clock.now,
        )
        try:
            ended = train(desk)
        except Paused as why:
            click.echo(f"Paused: {why}. `assistant train` goes on from here; the model is as it was.")
            return
    click.echo(f"Page: {ended.page}")
    if not ended.promoted:
        click.echo(f"Version {ended.version} is kept aside; the model is as it was.")
        return
    click.echo(f"Version {ended.version} serves from now on. Back: assistant model rollback")
    tell_engine(paths)


def adapter_training(options: ModelOptions) -> tuple[Lora | None, str]:
    """What trains the adapter, or why nothing does."""
    from models.owner.lora import kto, train_lora, why_not

    if options.kind != "gguf" or options.path or options.adapter:
        return None, "the settings name another language model or adapter than the bundled one"
    why = why_not()
    return (None, why) if why else (partial(train_lora, prefer=kto), "")


def pairs_of(reader: Reader, labels: Sequence[Label]) -> list[Pair]:
    """The offers that were answered, whole where they were offered; of an annotated one only the sentence is known."""
    from models.owner.lora import Pair

    found: list[Pair] = []
    for label in labels:
        if label.accepted is None or not label.task:
            continue
        suggestion = reader.suggestion(label.suggestion_id) if label.suggestion_id is not None else None
        whole = suggestion.task if suggestion is not None and suggestion.task.task == label.task else None
        found.append(Pair(label.context, whole or Task(task=label.task), label.accepted))
    return found


def stopper(
    asked: Callable[[], bool], power: Callable[[], bool], alive: Callable[[], bool], nightly: bool
) -> Callable[[], str]:
    """Why to pause, '' = go on.

    :param alive: whether the assistant still runs; one that trains at night ends with it.
    """

    def stop() -> str:
        if asked():
            return "you asked for it"
        if not power():
            return "the machine runs on battery"
        return "the assistant was stopped" if nightly and not alive() else ""

    return stop


@contextlib.contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM came; a second Ctrl-C ends at once."""
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, _frame: object) -> None:
        came.append(number)
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tell_engine(paths: Paths) -> None:
    """Have a running engine take up the version that serves now; it begins anew without losing anything."""
    if not client.running(paths):
        return
    try:
        client.ask(paths, "reload")
    except AssistantError as error:
        click.echo(f"The running assistant will use it from its next start: {error.explain()}")
        return
    click.echo("The running assistant uses it now.")

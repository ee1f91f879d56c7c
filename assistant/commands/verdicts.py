"""missed, answer, review: what the owner thinks of suggestions, said outside the popup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from assistant import client
from assistant.clock import SystemClock
from assistant.commands.data import alone
from assistant.commands.looking import clock_time, existing
from assistant.errors import SetupError
from assistant.events import Event, Outcome, OutcomeKind
from assistant.label_store import SHADOW
from assistant.labels import BAD_MOMENT, NOT_USEFUL, WRONG
from assistant.paths import Paths, default_paths
from assistant.store.ops import PutOutcome
from assistant.store.queries import HistoryItem

Answer = Callable[[Outcome], None]
VERDICTS = (OutcomeKind.ACCEPTED, OutcomeKind.REJECTED, OutcomeKind.SNOOZED)
REASONS = (NOT_USEFUL, WRONG, BAD_MOMENT)
# Key → verdict and reason.
KEYS = {
    "y": (OutcomeKind.ACCEPTED, ""),
    "n": (OutcomeKind.REJECTED, ""),
    "u": (OutcomeKind.REJECTED, NOT_USEFUL),
    "w": (OutcomeKind.REJECTED, WRONG),
    "b": (OutcomeKind.REJECTED, BAD_MOMENT),
}
HELP = "[y] accept  [n] reject  [u] not useful  [w] wrong  [b] bad moment  [s] skip  [z] undo  [q] quit"
# More would push the suggestion off a terminal of 24 lines.
_EVENTS = 12
_ENDS = {"q", "", "\x03", "\x04"}


@contextmanager
def answering(paths: Paths) -> Iterator[Answer]:
    """Where verdicts go: to the running engine (which learns from them at once), else into the store."""
    if client.running(paths):
        yield lambda outcome: _tell(paths, outcome)
        return
    with alone(paths) as store:

        def put(outcome: Outcome) -> None:
            store.writer.submit(PutOutcome(outcome))
            store.writer.flush()

        yield put


def _tell(paths: Paths, outcome: Outcome) -> None:
    client.ask(paths, "answer", outcome=outcome.model_dump(mode="json"))


@click.command()
def missed() -> None:
    """Say that help was wanted just now: a moment to learn from."""
    decision = client.ask(default_paths(), "missed", source="terminal")["decision"]
    click.echo(f"Noted: help was wanted here (decision {decision}).")


@click.command()
@click.argument("suggestion_id", type=int)
@click.argument("verdict", type=click.Choice([kind.value for kind in VERDICTS]))
@click.option("--reason", type=click.Choice(REASONS), help="Why it was rejected.")
def answer(suggestion_id: int, verdict: str, reason: str | None) -> None:
    """Change the answer to a suggestion (its id: `assistant suggestions`). The earlier one is kept too."""
    from assistant.store import open_reader

    if reason and verdict != OutcomeKind.REJECTED:
        raise click.UsageError("--reason goes with rejected.")
    paths = default_paths()
    with open_reader(existing(paths)) as reader:
        known = reader.suggestion(suggestion_id)
    if known is None:
        raise SetupError(f"There is no suggestion {suggestion_id}.", hint="`assistant suggestions` shows the ids.")
    outcome = Outcome(
        suggestion_id=suggestion_id,
        kind=OutcomeKind(verdict),
        at=SystemClock().now(),
        reason=reason or "",
        source="history",
    )
    with answering(paths.make()) as put:
        put(outcome)
    click.echo(f"{verdict}{f' ({reason})' if reason else ''}: {_clean(known.task.task)}")


@click.command()
def review() -> None:
    """Judge, one key each, what was never shown (shadow mode, or withheld). Goes on where it was left."""
    from assistant.store import open_reader

    paths = default_paths()
    with open_reader(existing(paths)) as reader:
        waiting = unjudged(reader.history(limit=100_000))
        if not waiting:
            click.echo("Nothing waits for review. Shadow mode: `assistant settings set delivery.shadow true`.")
            return
        with answering(paths.make()) as put:
            judged, left = Review(waiting, reader.events_by_ids, put).run()
    click.echo(f"{judged} judged, {left} left for the next review.")


def unjudged(history: list[HistoryItem]) -> list[HistoryItem]:
    """What nobody saw and nobody judged, the newest first. An undone verdict counts as none."""
    open_ = (item for item in history if item.outcomes and item.outcomes[-1].kind is OutcomeKind.UNSEEN)
    return list(reversed(list(open_)))


class Review:
    """Walks over suggestions; each key is stored at once, so quitting or a crash loses nothing."""

    def __init__(
        self, waiting: list[HistoryItem], events_of: Callable[[tuple[int, ...]], list[Event]], put: Answer
    ) -> None:
        self._waiting, self._events_of, self._put = waiting, events_of, put
        self._judged: list[bool] = []  # of those before the current one; False = skipped

    def run(self) -> tuple[int, int]:
        """Until the last one, or quit; how many were judged and how many are left."""
        click.echo(HELP)
        while (place := len(self._judged)) < len(self._waiting):
            item = self._waiting[place]
            self._show(place, item)
            if not self._key(item):
                break
        return sum(self._judged), len(self._waiting) - sum(self._judged)

    def _key(self, item: HistoryItem) -> bool:
        """Do what the next key says; False = quit."""
        while True:
            click.echo("> ", nl=False)
            key = click.getchar().lower()
            click.echo(key if key.isprintable() else "")
            if key in _ENDS:
                return False
            if key in KEYS:
                kind, reason = KEYS[key]
                self._store(item, kind, reason)
                self._judged.append(True)
                return True
            if key == "s":
                self._judged.append(False)
                return True
            if key == "z" and self._judged:
                self._undo()
                return True
            click.echo("Nothing to undo." if key == "z" else HELP)

    def _undo(self) -> None:
        """One step back; a verdict is taken back by a further row, nothing is overwritten."""
        if self._judged.pop():
            self._store(self._waiting[len(self._judged)], OutcomeKind.UNSEEN, "undone")

    def _store(self, item: HistoryItem, kind: OutcomeKind, reason: str) -> None:
        at = SystemClock().now()
        self._put(Outcome(suggestion_id=item.suggestion.id, kind=kind, at=at, reason=reason, source=SHADOW))

    def _show(self, place: int, item: HistoryItem) -> None:
        suggestion = item.suggestion
        events = self._events_of(suggestion.event_ids)
        click.echo(f"\n{place + 1} of {len(self._waiting)}, {clock_time(suggestion.time)}")
        if len(events) > _EVENTS:
            click.echo(f"  … {len(events) - _EVENTS} earlier events")
        for event in events[-_EVENTS:]:
            click.echo(f"  {clock_time(event.time)[11:]}  {_clean(event.sentence)}")
        click.echo("What I would have said:")
        click.secho(f"  {_clean(suggestion.task.task)}", bold=True)
        click.echo(f"  {_clean(suggestion.why)}\n  (not shown: {_clean(item.outcomes[0].reason)})")


def _clean(text: str) -> str:
    """On one line, without control characters: captured text must not steer the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


COMMANDS = (missed, answer, review)

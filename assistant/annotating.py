"""Putting the annotation screen together: which traces, who keeps the answers, which window, which model drafts."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import filelock

from assistant import client
from assistant.annotation.files import read_files
from assistant.annotation.points import Line, Points
from assistant.annotation.report import Report, report
from assistant.annotation.session import MAX_CHOICES, Session, Stop
from assistant.clock import Clock, time_ids
from assistant.errors import EnvironmentFault, SetupError
from assistant.paths import Paths
from assistant.ports import Context, Proposer
from assistant.settings import Settings
from assistant.store import Reader, open_reader, open_store
from assistant.store.annotations import Kept, add_to, all_annotations, all_traces
from assistant.supervisor import only_one
from assistant.traces import Additions, Annotation, Candidate, make_candidate

ALL = "all"
"""Stands for every imported trace."""


@dataclass(frozen=True)
class Wish:
    """What to annotate and how.

    :param files: trace files to import first; they are walked through then.
    :param traces: names of imported traces, or ``all``. Neither files nor names: the owner's own record.
    :param span: the part of the own record, s since epoch.
    :param draft: so many further tasks are written by the model at each point.
    :param skipped: points that were skipped earlier are asked again.
    """

    annotator: str = "owner"
    files: tuple[Path, ...] = ()
    traces: tuple[str, ...] = ()
    span: tuple[float, float] = (0.0, float("inf"))
    draft: int = 0
    skipped: bool = False


class Keeper:
    """Adds to the database: through the running engine (the only writer), or alone while none runs.

    The lock is held for one answer at a time, so that `assistant run` can begin at any moment beside the page.
    """

    def __init__(self, paths: Paths, settings: Settings, clock: Clock) -> None:
        """Make the database where there is none, or bring it to this version.

        :raises SetupError: it is newer, or another program's.
        """
        self._paths = paths.make()
        if not client.running(paths):
            with only_one(filelock.FileLock(paths.lock, mode=0o600)):
                open_store(paths, clock, settings.storage).close()

    def keep(self, additions: Additions) -> Kept:
        """Store them.

        :raises SetupError: the engine refused, with its reason.
        :raises EnvironmentFault: the database cannot be written now.
        """
        if client.running(self._paths):
            return Kept(**client.ask(self._paths, "annotate", **additions.model_dump(mode="json")))
        with only_one(filelock.FileLock(self._paths.lock, mode=0o600)):
            try:
                return add_to(self._paths.database, additions)
            except sqlite3.Error as error:
                raise EnvironmentFault(f"The database cannot be written: {error}.") from error


class _Record:
    """See :class:`ui.annotate.Record`."""

    def __init__(self, points: Points, keeper: Keeper) -> None:
        self._points, self._keeper = points, keeper

    def lines(self, stop: Stop) -> list[Line]:
        return self._points.lines(stop)

    def keep(self, rows: Sequence[Annotation]) -> bool:
        return not self._keeper.keep(Additions(annotations=tuple(rows))).refused


class Drafting:
    """The local model writes further candidates; it is loaded when the first ones are wanted."""

    def __init__(self, points: Points, keeper: Keeper, clock: Clock, make: Callable[[], Proposer], count: int) -> None:
        self._points, self._keeper, self._clock, self._make, self._count = points, keeper, clock, make, count
        self._proposer: Proposer | None = None

    def __call__(self, stop: Stop) -> list[Candidate]:
        """Write and store up to ``count`` tasks that are not there yet.

        :raises AssistantError: there is no model, or they cannot be stored.
        """
        context = self._points.context(stop)
        if context is None or not context.events:
            return []
        if self._proposer is None:
            self._proposer = self._make()
        wanted = min(self._count, MAX_CHOICES - len(stop.choices))
        known = {choice.task.casefold() for choice in stop.choices}
        fresh = [task for task in _written(self._proposer, context, wanted) if task.casefold() not in known]
        source, now = f"draft: {self._proposer.name}", self._clock.now()
        made = tuple(
            make_candidate(*stop.point, place, task, source=source, at=now)
            for place, task in enumerate(fresh, len(stop.choices))
        )
        return [] if self._keeper.keep(Additions(candidates=made)).refused else list(made)


def _written(proposer: Proposer, context: Context, count: int) -> list[str]:
    from models.proposer import GgufProposer

    if isinstance(proposer, GgufProposer):
        return list(proposer.drafts(context, count).tasks)
    return [task.task for task in proposer.propose(context, k=count).tasks]


def annotate(paths: Paths, settings: Settings, clock: Clock, wish: Wish) -> str:
    """Open the screen and serve it until it is closed; returns what has been done, in one line.

    :raises SetupError: a file or a name is wrong, there is nothing to annotate, or a package is missing.
    :raises EnvironmentFault: no display, or the database cannot be written.
    """
    from models.proposer import make_proposer
    from ui.annotate import AnnotateScreen
    from ui.annotate_window import make_window

    keeper = Keeper(paths, settings, clock)
    files = read_files(wish.files, clock.now()) if wish.files else []
    for additions in files:
        keeper.keep(additions)
    with open_reader(paths.database) as reader:
        points = Points(reader)
        stops = _stops(points, wish, [trace.id for additions in files for trace in additions.traces])
        rows = all_annotations(reader, wish.annotator)
        session = Session(stops, rows, wish.annotator, time_ids(clock), revisit=wish.skipped)
        window = make_window()
        screen = AnnotateScreen(
            window,
            session,
            _Record(points, keeper),
            clock,
            theme=settings.ui.theme,
            drafter=Drafting(points, keeper, clock, lambda: make_proposer(settings.model, paths), wish.draft)
            if wish.draft
            else None,
        )
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if (number := getattr(signal, name, None)) is not None:
                signal.signal(number, lambda *_: window.close())
        screen.run()
    return f"{session.answered} of {session.total} points answered, {session.skipped} skipped by {wish.annotator}."


def _stops(points: Points, wish: Wish, files: list[int]) -> list[Stop]:
    silent = wish.draft > 0
    if not files and not wish.traces:
        found = points.own(*wish.span, silent=silent)
        hint = "Suggestions come with time; trace files can be given too: `assistant annotate FILE`."
    else:
        found = points.imported(dict.fromkeys([*files, *_named(points, wish.traces)]), silent=silent)
        hint = "Let the model write some: --draft 3."
    if not found:
        raise SetupError("There are no candidate tasks to annotate here.", hint=hint)
    return found


def _named(points: Points, names: Sequence[str]) -> list[int]:
    known = sorted({trace.name for trace in points.traces.values()})
    if unknown := [name for name in names if name != ALL and name not in known]:
        raise SetupError(
            f"No trace '{unknown[0]}' has been imported.",
            hint=f"There are: {', '.join(known)}." if known else "Import one: `assistant annotate FILE`.",
        )
    return [trace.id for trace in points.traces.values() if ALL in names or trace.name in names]


def annotation_report(reader: Reader) -> Report:
    """Counts, classes and agreement of everything that has been annotated here."""
    return report(all_annotations(reader), all_traces(reader))

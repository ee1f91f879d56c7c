"""ProactiveBench as typed rows: traces, human votes, the peers' stored answers, scenes.

Which votes belong to which event: those whose history (``obs``) is, word for word and time for time, the trace's
events up to and including that one. Histories with votes that are no such prefix (the generated traces, whose events
are not stored) may train, but are no event of a real trace and are not scored in T1, T2 and T4.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from assistant.errors import SetupError
from assistant.ports import Context
from assistant.published import as_event

HINT = "Give ProactiveBench's folder as --data (it holds traces/, reward/ and peers/)."
# "At least two annotators wanted something" (BENCH.md, T1).
TWO = 2


class Observed(NamedTuple):
    """One event as the data has it."""

    time: str
    event: str


class Candidate(NamedTuple):
    """One voted answer: ``task`` None is silence. ``category``: MN, CR, CD or FA; ``split``: train or test."""

    task: str | None
    valid: bool
    votes: tuple[bool, ...]
    category: str
    split: str

    @property
    def share(self) -> float:
        """Share of the annotators who accepted it."""
        return sum(self.votes) / len(self.votes)


@dataclass(frozen=True)
class Moment:
    """One voted history of a trace. ``real``: it ends at an event of a trace in ``traces/``."""

    trace: str
    observed: tuple[Observed, ...]
    help_needed: bool
    voted: tuple[Candidate, ...]
    real: bool

    @cached_property
    def key(self) -> str:
        return context_key(self.observed)

    @cached_property
    def context(self) -> Context:
        events = tuple(as_event(number, observed._asdict()) for number, observed in enumerate(self.observed))
        return Context(events=events, now=events[-1].time)

    @cached_property
    def tasks(self) -> tuple[Candidate, ...]:
        return tuple(candidate for candidate in self.voted if candidate.task is not None)

    @property
    def silence(self) -> Candidate | None:
        return next((candidate for candidate in self.voted if candidate.task is None), None)

    @property
    def wanted_by_two(self) -> bool:
        """At least two annotators accepted some task (annotators keep their place within a context)."""
        count = max((len(candidate.votes) for candidate in self.tasks), default=0)
        wanting = [any(c.votes[n] for c in self.tasks if n < len(c.votes)) for n in range(count)]
        return sum(wanting) >= TWO


class Answer(NamedTuple):
    """What a peer said: the tasks offered, none = silent (no answer at all counts as silent)."""

    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Bench:
    """Everything found. ``peers``: model → (trace, event number from 0) → answer; real traces only."""

    folder: Path
    traces: dict[str, tuple[Observed, ...]]
    moments: tuple[Moment, ...]
    peers: dict[str, dict[tuple[str, int], Answer]]

    @property
    def scored(self) -> tuple[Moment, ...]:
        """The voted events of real traces."""
        return tuple(moment for moment in self.moments if moment.real)


def context_key(observed: Sequence[Observed]) -> str:
    """A short name of one exact history, for matching and for manifests: 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(json.dumps(list(observed), ensure_ascii=False).encode()).hexdigest()[:16]


def load(folder: Path) -> Bench:
    """Read and check the data.

    :raises SetupError: a file is missing, is no JSON, lacks a field, or too few traces have votes.
    """
    traces = {file.stem: _trace(file) for file in sorted((folder / "traces").glob("*.json"))}
    if not traces:
        raise SetupError(f"There is no traces/*.json in {folder}.", hint=HINT)
    moments = tuple(_moments(folder, traces))
    voted = {moment.trace for moment in moments if moment.real}
    if not voted or len({moment.trace for moment in moments}) < TWO + 1:
        raise SetupError(
            f"The votes in {folder / 'reward'} cover {len(voted)} of the traces in traces/: too few to fit and score.",
            hint="At least one real trace and three traces in all need votes in reward/*.jsonl.",
        )
    peers = {path.name: _peer(path, traces) for path in sorted((folder / "peers").glob("*")) if path.is_dir()}
    return Bench(folder, traces, moments, peers)


def load_scenes(folder: Path) -> list[dict[str, Any]]:
    """The scenes for generating new activity; an empty list where there is no ``scenes.yaml``.

    :raises SetupError: the file is no YAML list of scenes.
    """
    file = folder / "scenes.yaml"
    if not file.exists():
        return []
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SetupError(f"{file} is no YAML: {error}", hint=HINT) from error
    if not isinstance(found, list) or not all(isinstance(scene, dict) for scene in found):
        raise SetupError(f"{file} is no list of scenes.", hint=HINT)
    return found


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SetupError(f"{where} is no JSON: {error}", hint=HINT) from error


def _observed(row: Any, where: str) -> Observed:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in ("time", "event")):
        raise SetupError(f"{where}: an event needs the texts `time` and `event`.", hint=HINT)
    return Observed(row["time"], row["event"])


def _listed(file: Path) -> list[Any]:
    rows = _parse(file.read_text(encoding="utf-8"), str(file))
    if not isinstance(rows, list) or not rows:
        raise SetupError(f"{file} is no list of events.", hint=HINT)
    return rows


def _trace(file: Path) -> tuple[Observed, ...]:
    rows = _listed(file)
    return tuple(
        _observed(row.get("observation") if isinstance(row, dict) else None, f"{file}, event {number}")
        for number, row in enumerate(rows, 1)
    )


def _votes(folder: Path) -> Iterator[tuple[str, tuple[Observed, ...], bool, Candidate]]:
    files = sorted((folder / "reward").glob("*.jsonl"))
    if not files:
        raise SetupError(f"There is no reward/*.jsonl in {folder}.", hint=HINT)
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                yield _vote(_parse(line, f"{file}, line {number}"), f"{file}, line {number}", file.stem)


def _vote(row: Any, where: str, split: str) -> tuple[str, tuple[Observed, ...], bool, Candidate]:
    wanted: dict[str, type | tuple[type, ...]] = {
        "trace": str,
        "obs": list,
        "pred_task": (str, type(None)),
        "valid": bool,
        "help_needed": bool,
        "annotation": list,
        "category": str,
    }
    for name, kind in wanted.items():
        if not isinstance(row, dict) or name not in row or not isinstance(row[name], kind):
            raise SetupError(f"{where}: `{name}` is missing or of the wrong type.", hint=HINT)
    votes = tuple(map(bool, row["annotation"]))
    short = re.search(r"\((\w\w)\)", row["category"])
    if not votes or not row["obs"] or short is None:
        raise SetupError(f"{where}: no votes, no events, or no category like 'Missed-Need (MN)'.", hint=HINT)
    observed = tuple(_observed(event, where) for event in row["obs"])
    return row["trace"], observed, row["help_needed"], Candidate(row["pred_task"], row["valid"], votes, short[1], split)


def _moments(folder: Path, traces: dict[str, tuple[Observed, ...]]) -> Iterator[Moment]:
    grouped: dict[tuple[str, tuple[Observed, ...]], list[tuple[bool, Candidate]]] = {}
    for trace, observed, wanted, candidate in _votes(folder):
        grouped.setdefault((trace, observed), []).append((wanted, candidate))
    for trace, observed in sorted(grouped, key=lambda context: (context[0], len(context[1]), context[1])):
        rows = grouped[trace, observed]
        if len({wanted for wanted, _ in rows}) > 1:
            raise SetupError(
                f"{folder / 'reward'}: event {len(observed)} of {trace} is both help_needed and not.", hint=HINT
            )
        real = traces.get(trace, ())[: len(observed)] == observed
        yield Moment(trace, observed, rows[0][0], tuple(candidate for _, candidate in rows), real)


def _peer(folder: Path, traces: dict[str, tuple[Observed, ...]]) -> dict[tuple[str, int], Answer]:
    """A peer's answers by event: the one of the same time, as peers saw some words mended and lack some events."""
    answers: dict[tuple[str, int], Answer] = {}
    for trace, observed in traces.items():
        file = folder / f"{trace}.json"
        if not file.exists():
            continue
        places = dict(zip(_marked(observed), range(len(observed)), strict=True))
        rows = _listed(file)
        seen = _marked([_observed(row, f"{file}, event {number}") for number, row in enumerate(rows, 1)])
        found = [(places[mark], row) for mark, row in zip(seen, rows, strict=True) if mark in places]
        answers |= {(trace, place): _answer(row.get("agent_response")) for place, row in found}
    return answers


def _marked(observed: Sequence[Observed]) -> list[tuple[str, int]]:
    """(time, how many events had this time before) of each event."""
    seen: Counter[str] = Counter()
    marks = []
    for event in observed:
        marks.append((event.time, seen[event.time]))
        seen[event.time] += 1
    return marks


def _answer(said: Any) -> Answer:
    if not isinstance(said, list):
        return Answer(())
    return Answer(tuple(task if isinstance(task, str) else json.dumps(task) for task in said))

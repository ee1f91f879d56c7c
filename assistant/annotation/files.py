"""Reading traces from files: ProactiveBench's traces (JSON lists) and its reward rows (JSON Lines).

A trace has candidate tasks at some of its events. Reward rows say what was proposed after which history; rows whose
histories continue each other become one trace, the proposed tasks its candidates. Votes in them are left alone:
nobody can tell whose they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from assistant.errors import SetupError
from assistant.traces import Additions, Candidate, Trace, TraceEvent, make_candidate, make_trace

_HINT: Final = (
    "A trace is a JSON list of {observation: {time, event}, agent_response: {candidate_task: […]}}; "
    "reward rows are JSON Lines of {trace, obs: [{time, event}…], pred_task}."
)
# Longer than any task of the data; a page can still show it.
_TASK_CHARS: Final = 2_000


def read_files(files: Sequence[Path], at: float) -> list[Additions]:
    """One :class:`Additions` for each trace found; folders are looked through for ``*.json`` and ``*.jsonl``.

    :param at: when that is, s since epoch.
    :raises SetupError: a file is missing or something else, with the place of the mistake and without its text.
    """
    found = [addition for file in files for one in _inside(file) for addition in _read(one, at)]
    if not found:
        raise SetupError("There is no trace in what was given.", hint=_HINT)
    return found


def _inside(file: Path) -> list[Path]:
    return sorted((*file.glob("*.json"), *file.glob("*.jsonl"))) if file.is_dir() else [file]


def _read(file: Path, at: float) -> list[Additions]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{file} cannot be read: {error}", hint=_HINT) from None
    return list(_reward(file, text, at)) if file.suffix == ".jsonl" else [_trace(file, text, at)]


# --------------------------------------------------------------------------- traces


def _trace(file: Path, text: str, at: float) -> Additions:
    rows = _parse(text, str(file))
    if not isinstance(rows, list) or not rows:
        raise SetupError(f"{file} is no list of events.", hint=_HINT)
    events = []
    tasks: dict[int, list[str]] = {}
    for number, row in enumerate(rows):
        where = f"{file}, event {number + 1}"
        if not isinstance(row, dict):
            raise SetupError(f"{where} is no object.", hint=_HINT)
        events.append(_event(row.get("observation"), where))
        tasks[number] = _tasks(row.get("agent_response"), where)
    trace = make_trace(file.stem, "proactivebench", events, at)
    return Additions(traces=(trace,), candidates=tuple(_candidates(trace, tasks)))


def _tasks(response: Any, where: str) -> list[str]:
    """The candidate tasks of a response: an object with a list, or the list itself; anything else = none."""
    listed = response.get("candidate_task") if isinstance(response, dict) else response
    if not isinstance(listed, list):
        return []
    if not all(isinstance(task, str) for task in listed):
        raise SetupError(f"{where}: a candidate task is no text.", hint=_HINT)
    return listed


# --------------------------------------------------------------------------- reward rows


def _reward(file: Path, text: str, at: float) -> Iterator[Additions]:
    offered: dict[tuple[str, tuple[TraceEvent, ...]], list[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            name, history, task = _row(_parse(line, f"{file}, line {number}"), f"{file}, line {number}")
            offered.setdefault((name, history), []).extend([task] if task else [])
    for name, longest, parts in _chains(list(offered)):
        trace = make_trace(name, "reward", longest, at)
        tasks = {len(history) - 1: offered[part] for part in parts for history in [part[1]]}
        yield Additions(traces=(trace,), candidates=tuple(_candidates(trace, tasks)))


def _row(row: Any, where: str) -> tuple[str, tuple[TraceEvent, ...], str | None]:
    if not isinstance(row, dict) or not isinstance(row.get("obs"), list) or not row["obs"]:
        raise SetupError(f"{where}: `obs` is missing or empty.", hint=_HINT)
    task = row.get("pred_task")
    if not isinstance(row.get("trace", ""), str) or not (task is None or isinstance(task, str)):
        raise SetupError(f"{where}: `trace` or `pred_task` is no text.", hint=_HINT)
    return row.get("trace", "reward"), tuple(_event(event, where) for event in row["obs"]), task


_Part = tuple[str, tuple[TraceEvent, ...]]


def _chains(parts: Sequence[_Part]) -> Iterator[tuple[str, tuple[TraceEvent, ...], list[_Part]]]:
    """Name, whole history, and the parts that are beginnings of it; a further one of a name gets a number."""
    chains: list[tuple[_Part, list[_Part]]] = []
    for part in sorted(parts, key=lambda part: -len(part[1])):
        name, history = part
        home = next((c for c in chains if c[0][0] == name and c[0][1][: len(history)] == history), None)
        if home is None:
            chains.append((part, [part]))
        else:
            home[1].append(part)
    seen: dict[str, int] = {}
    for (name, longest), members in sorted(chains, key=lambda chain: chain[0][0]):
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), longest, members


# --------------------------------------------------------------------------- both


def _candidates(trace: Trace, tasks: dict[int, list[str]]) -> Iterator[Candidate]:
    for position, texts in sorted(tasks.items()):
        known = dict.fromkeys(task.strip()[:_TASK_CHARS] for task in texts if task.strip())
        for place, task in enumerate(known):
            yield make_candidate(trace.id, position, place, task, source="trace", at=trace.at)


def _event(value: Any, where: str) -> TraceEvent:
    if not isinstance(value, dict) or not isinstance(value.get("event"), str) or "time" not in value:
        raise SetupError(f"{where}: an event needs `time` and `event`.", hint=_HINT)
    return TraceEvent(time=str(value["time"]), event=value["event"])


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else "a number is too long"
        raise SetupError(f"{where} is no JSON: {what}", hint=_HINT) from None

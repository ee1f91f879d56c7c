"""ProactiveBench's two file formats, read and written: reward (JSON Lines) and agent (a JSON list). Pure.

Fields of our own say who said what: ``annotators`` and ``at`` beside ``annotation``; ``trace`` and ``verdicts`` in the
agent format. Files without them are read as well.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pydantic import ConfigDict, Field, ValidationError

from assistant.errors import SetupError
from assistant.events import Frozen
from assistant.votes import Candidate, Moment, Observed, Vote, When

MISSED_NEED, CORRECT_REJECTION = "Missed-Need (MN)", "Correct-Rejection (CR)"
CORRECT_DETECTION, FALSE_ALARM = "Correct-Detection (CD)", "False-Alarm (FA)"
REWARD, AGENT = "reward", "agent"

# Longer histories are cut when an agent file becomes moments: a context holds 40 events (decision.context_events).
_HISTORY: Final = 60

Voted = tuple[Moment, list[Vote]]
"""A moment and what was said there, in the order it was said."""


# --------------------------------------------------------------------------- judging


def last_words(votes: Iterable[Vote]) -> list[Vote]:
    """The newest vote per task and annotator, at the place of the first one."""
    kept: dict[tuple[str, str], Vote] = {}
    for vote in votes:
        known = kept.get((vote.task, vote.annotator))
        if known is None or vote.at >= known.at:
            kept[vote.task, vote.annotator] = vote
    return list(kept.values())


def majority(yes: int, of: int) -> bool:
    """More than half."""
    return 2 * yes > of


def help_needed(moment: Moment, votes: Sequence[Vote]) -> bool:
    """As the moment's file stated it while nobody else voted since; else whether most annotators wanted help."""
    wants: dict[str, bool] = {}
    for vote in votes:
        wanted = (vote.accepted is False) if not vote.task else (vote.accepted is not False)
        wants[vote.annotator] = wants.get(vote.annotator, False) or wanted
    if moment.help_needed is not None and len(wants) == moment.voters:
        return moment.help_needed
    return majority(sum(wants.values()), len(wants))


def category(task: str, *, valid: bool) -> str:
    """The paper's class of one candidate (silence: no task) by whether the majority found it right."""
    if task:
        return CORRECT_DETECTION if valid else FALSE_ALARM
    return CORRECT_REJECTION if valid else MISSED_NEED


# --------------------------------------------------------------------------- reward


def reward_rows(moment: Moment, votes: Sequence[Vote]) -> Iterator[dict[str, Any]]:
    """One row per candidate that somebody judged; annotators keep their place within a moment."""
    words = last_words(votes)
    needed = help_needed(moment, words)
    places = {name: place for place, name in enumerate(dict.fromkeys(vote.annotator for vote in words))}
    for task in dict.fromkeys(vote.task for vote in words):
        said = sorted(
            (vote for vote in words if vote.task == task and vote.accepted is not None),
            key=lambda vote: places[vote.annotator],
        )
        if not said:
            continue
        valid = majority(sum(vote.accepted is True for vote in said), len(said)) if task else not needed
        yield {
            "trace": moment.trace,
            "obs": [one.model_dump() for one in moment.observed],
            "pred_task": task or None,
            "valid": valid,
            "help_needed": needed,
            "annotation": [vote.accepted for vote in said],
            "category": category(task, valid=valid),
            "annotators": [vote.annotator for vote in said],
            "at": [vote.at for vote in said],
        }


class _RewardRow(Frozen):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    trace: str = ""
    obs: tuple[Observed, ...] = Field(min_length=1)
    pred_task: Candidate | None
    help_needed: bool | None = None
    annotation: tuple[bool, ...]
    annotators: tuple[str, ...] | None = None
    at: tuple[When, ...] | None = None


def read_reward(lines: Iterable[str], name: str) -> list[Voted]:
    """Moments and votes of a file in reward format. Nameless annotators are called ``name``-1, ``name``-2, and on.

    :raises SetupError: a line is broken; its number is said, never its text.
    """
    rows = [_reward_row(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    alone = max((len(row.annotation) for row in rows), default=0) <= 1
    found: dict[str, Voted] = {}
    stated: dict[str, set[bool | None]] = defaultdict(set)
    for row in rows:
        moment = Moment(trace=row.trace or name, observed=row.obs)
        stated[moment.key].add(row.help_needed)
        _, votes = found.setdefault(moment.key, (moment, []))
        names = row.annotators or tuple(name if alone else f"{name}-{n + 1}" for n in range(len(row.annotation)))
        times = row.at or (0.0,) * len(names)
        votes += [
            Vote(moment=moment.key, task=row.pred_task or "", annotator=who, accepted=said, at=at)
            for who, said, at in zip(names, row.annotation, times, strict=True)
        ]
    return [(_with_statement(moment, votes, stated[key]), votes) for key, (moment, votes) in found.items()]


def _with_statement(moment: Moment, votes: Sequence[Vote], stated: set[bool | None]) -> Moment:
    said = stated.pop() if len(stated) == 1 else None
    return moment.model_copy(update={"help_needed": said, "voters": len({vote.annotator for vote in votes})})


def _reward_row(number: int, line: str) -> _RewardRow:
    try:
        row = _RewardRow.model_validate(json.loads(line))
    except ValidationError as error:
        raise _broken(f"Line {number}", error) from None  # the cause carries the text, which no log may see
    except ValueError:
        raise _broken(f"Line {number}", "not JSON") from None
    for field in (row.annotators, row.at):
        if field is not None and len(field) != len(row.annotation):
            raise _broken(f"Line {number}", "annotators, at and annotation are not equally long")
    return row


def _broken(where: str, why: ValidationError | str) -> SetupError:
    if isinstance(why, ValidationError):
        first = why.errors(include_input=False, include_url=False)[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return SetupError(
        f"{where} is not in ProactiveBench's format: {why}. Nothing was imported.", hint="Correct or remove it."
    )


# --------------------------------------------------------------------------- agent


class _Verdict(Frozen):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    annotator: str
    task: Candidate | None
    accepted: bool | None
    at: When = 0.0


class _Answer(Frozen):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    candidate_task: tuple[Candidate, ...] = ()


class _AgentEntry(Frozen):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    observation: Observed
    agent_response: _Answer = Field(default_factory=_Answer)
    task_status: bool = False
    trace: str = ""
    verdicts: tuple[_Verdict, ...] | None = None


def read_agent(text: str, name: str) -> list[Voted]:
    """Moments and votes of a file in agent format: one moment an event, with the history before it.

    Without ``verdicts`` the status speaks for ``name``: False = every candidate was refused; True = the candidate was
    accepted, or one of several, which the file does not say.

    :raises SetupError: an entry is broken; its number is said, never its text.
    """
    try:
        raw = json.loads(text)
    except ValueError:
        raise _broken("The file", "not JSON") from None
    if not isinstance(raw, list):
        raise _broken("The file", "not a list")
    histories: dict[str, list[Observed]] = defaultdict(list)
    found: dict[str, Voted] = {}
    for number, value in enumerate(raw, start=1):
        try:
            entry = _AgentEntry.model_validate(value)
        except ValidationError as error:
            raise _broken(f"Entry {number}", error) from None
        history = histories[entry.trace or name]
        history.append(entry.observation)
        moment = Moment(trace=entry.trace or name, observed=tuple(history[-_HISTORY:]))
        found.setdefault(moment.key, (moment, []))[1].extend(_entry_votes(moment.key, entry, name))
    return list(found.values())


def _entry_votes(key: str, entry: _AgentEntry, name: str) -> Iterator[Vote]:
    if entry.verdicts is not None:
        for said in entry.verdicts:
            yield Vote(moment=key, task=said.task or "", annotator=said.annotator, accepted=said.accepted, at=said.at)
        return
    tasks = [task for task in entry.agent_response.candidate_task if task]
    accepted = None if entry.task_status and len(tasks) > 1 else entry.task_status
    for task in tasks:
        yield Vote(moment=key, task=task, annotator=name, accepted=accepted)


def agent_entries(voted: Sequence[Voted]) -> list[dict[str, Any]]:
    """The traces' events in order, each with the candidates that were judged there and who said what."""
    traces: dict[str, list[Voted]] = defaultdict(list)
    for one in voted:
        traces[one[0].trace].append(one)
    return [entry for trace, ours in traces.items() for entry in _trace_entries(trace, ours)]


_Place = tuple[str, str, int]
"""Time, event, and which of several alike: one event of a trace."""


def _places(moment: Moment) -> list[_Place]:
    seen: dict[Observed, int] = defaultdict(int)
    places = []
    for one in moment.observed:
        places.append((one.time, one.event, seen[one]))
        seen[one] += 1
    return places


class _Order:
    """Histories that overlap, put together into one order (a linked list: traces have thousands of events)."""

    def __init__(self) -> None:
        self._next: dict[_Place | None, _Place | None] = {None: None}  # None: before the first, after the last
        self._before: dict[_Place | None, _Place | None] = {None: None}

    def __iter__(self) -> Iterator[_Place]:
        place = self._next[None]
        while place is not None:
            yield place
            place = self._next[place]

    def take(self, places: Sequence[_Place]) -> None:
        """New ones go behind the one before them; those in front of the first known one go before it."""
        known = next((place for place in places if place in self._next), None)
        at = self._before[known]
        for place in places:
            if place not in self._next:
                after = self._next[at]
                self._next[at] = self._before[after] = place
                self._next[place], self._before[place] = after, at
            at = place


def _trace_entries(trace: str, voted: Sequence[Voted]) -> Iterator[dict[str, Any]]:
    order = _Order()
    votes: dict[_Place, list[Vote]] = defaultdict(list)
    for moment, said in voted:
        places = _places(moment)
        order.take(places)
        votes[places[-1]] += said
    for place in order:
        words = last_words(votes[place])
        tasks = list(dict.fromkeys(vote.task for vote in words if vote.task))
        yield {
            "observation": {"time": place[0], "event": place[1]},
            "agent_response": {"candidate_task": tasks},
            "task_status": any(_taken([vote for vote in words if vote.task == task]) for task in tasks),
            "trace": trace,
            "verdicts": [
                {"annotator": vote.annotator, "task": vote.task or None, "accepted": vote.accepted, "at": vote.at}
                for vote in words
            ],
        }


def _taken(votes: Sequence[Vote]) -> bool:
    return majority(sum(vote.accepted is not False for vote in votes), len(votes))

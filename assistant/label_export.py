"""`assistant export labels`: the owner's and the annotators' verdicts in ProactiveBench's formats, redacted.

Lines are made first and shown; nothing is written before the owner has seen them. A data card goes beside the file.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant import __version__
from assistant.annotation.labels import annotation_votes
from assistant.events import OutcomeKind
from assistant.label_store import newest, owner_labels
from assistant.labels import BAD_MOMENT, Label
from assistant.policy.redaction import redact
from assistant.ports import Context
from assistant.proactivebench import AGENT, REWARD, Voted, agent_entries, last_words, reward_rows
from assistant.store import Reader
from assistant.store.transfer import write_private
from assistant.store.vote_rows import time_text
from assistant.votes import Moment, Observed, Vote


@dataclass(frozen=True)
class Export:
    """What would be written: ``lines`` without their ends, and what the data card says."""

    form: str
    lines: tuple[str, ...]
    voted: tuple[Voted, ...]
    redacted: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)


def prepare(reader: Reader, form: str = REWARD, name: str = "") -> Export:
    """Everything that can be said in ``form`` (``reward`` or ``agent``), redacted.

    :param name: what the owner is called in it; '' = the pseudonym of this installation.
    """
    left_out: Counter[str] = Counter()
    called = name or reader.meta("pseudonym") or "owner"
    own = _owner_voted(reader, called, left_out)
    own += annotation_votes(reader, called, lambda context: _owner_moment(context, called))
    redactor = _Redactor()
    voted = tuple(_merged(redactor.voted(one) for one in [*own, *_stored_voted(reader)]))
    rows = [row for moment, votes in voted for row in reward_rows(moment, votes)]
    if form == AGENT:
        lines = tuple(json.dumps(entry, ensure_ascii=False) for entry in agent_entries(voted))
    else:
        lines = tuple(json.dumps(row, ensure_ascii=False) for row in rows)
        left_out.update(_not_in_reward(voted))
    classes = Counter(str(row["category"]) for row in rows)
    return Export(form, lines, voted, dict(redactor.rules), dict(left_out), dict(classes))


def write(export: Export, file: Path, now: float) -> Path:
    """Write the lines and, beside them, the data card; returns the card's path.

    :raises EnvironmentFault: one of them cannot be written.
    """
    body = (
        "[\n" + ",\n".join(export.lines) + "\n]\n" if export.form == AGENT else "".join(f"{x}\n" for x in export.lines)
    )
    write_private(file, lambda out: out.write(body))
    card = file.with_name(f"{file.name}.card.md")
    write_private(card, lambda out: out.write(data_card(export, file.name, now)))
    return card


# --------------------------------------------------------------------------- what there is to say


def _owner_voted(reader: Reader, name: str, left_out: Counter[str]) -> list[Voted]:
    """The owner's last words, as votes on the moments of their decisions, in order of time."""
    found: dict[int | None, Voted] = {}
    for label in sorted(newest(owner_labels(reader)), key=lambda label: label.context.now):
        said = _said(label)
        if said is None:
            left_out[f"{label.kind}: no verdict of a person"] += 1
            continue
        moment = _owner_moment(label.context, name)
        vote = Vote(moment=moment.key, task=said[0], annotator=name, accepted=said[1], at=label.at, source=label.source)
        found.setdefault(label.decision_id, (moment, []))[1].append(vote)
    return list(found.values())


def _said(label: Label) -> tuple[str, bool] | None:
    """(task, accepted) of a verdict; ('', True): silence had been right. None: nobody said anything."""
    match label.kind:
        case OutcomeKind.ACCEPTED:
            return label.task, True
        case OutcomeKind.REJECTED if label.reason != BAD_MOMENT:
            return label.task, False
        case OutcomeKind.REJECTED | OutcomeKind.SNOOZED:
            return "", True
        case OutcomeKind.MISSED:
            return "", False
    return None


def _owner_moment(context: Context, name: str) -> Moment:
    local = time.gmtime(context.now + 60 * context.events[-1].utc_offset_min)
    observed = tuple(Observed(time=time_text(event.time), event=event.sentence) for event in context.events)
    return Moment(trace=f"{name}_{time.strftime('%Y-%m-%d', local)}", observed=observed)


def _stored_voted(reader: Reader) -> list[Voted]:
    votes: dict[str, list[Vote]] = defaultdict(list)
    for vote in reader.votes():
        votes[vote.moment].append(vote)
    return [(moment, votes[moment.key]) for moment in reader.moments()]


class _Redactor:
    """Takes secrets out of whatever goes into the file, and counts the rules that did."""

    def __init__(self) -> None:
        self.rules: Counter[str] = Counter()

    def text(self, text: str) -> str:
        redacted = redact(text)
        self.rules.update(redacted.rules)
        return redacted.text

    def voted(self, voted: Voted) -> Voted:
        moment, votes = voted
        observed = tuple(Observed(time=one.time, event=self.text(one.event)) for one in moment.observed)
        clean = moment.model_copy(update={"trace": self.text(moment.trace), "observed": observed})
        update = {"moment": clean.key}
        return clean, [vote.model_copy(update={**update, "task": self.text(vote.task)}) for vote in votes]


def _merged(voted: Iterable[Voted]) -> list[Voted]:
    """One entry per moment: what several files and the owner said of the same history comes together.

    Who spoke already is not heard again from an imported copy.
    """
    found: dict[str, Voted] = {}
    for moment, votes in voted:
        known, said = found.setdefault(moment.key, (moment, []))
        if known.help_needed is None and moment.help_needed is not None:
            found[moment.key] = (moment, said)
        names = {vote.annotator for vote in said}
        said += [vote for vote in votes if not (vote.source == "import" and vote.annotator in names)]
    return list(found.values())


def _not_in_reward(voted: Iterable[Voted]) -> Counter[str]:
    left_out: Counter[str] = Counter()
    for _, votes in voted:
        left_out["moment without any verdict"] += not votes
        unclear = {vote.task for vote in last_words(votes) if vote.accepted is None}
        left_out["task of which it is not known whether it was the accepted one"] += len(unclear)
    return +left_out


# --------------------------------------------------------------------------- the data card

_FIELDS = {
    REWARD: """\
One JSON object a line, one line per judged candidate: `trace`; `obs` (the history, oldest first, each `time` and
`event`); `pred_task` (null = silence); `annotation` (per annotator: was it right?); `annotators` and `at` (who, and
when in seconds since 1970, 0 = not known; in the order of `annotation`); `valid` (a task: the majority accepts it;
silence: it was right); `help_needed` (most annotators wanted help here, or as an imported file stated it);
`category`.""",
    AGENT: """\
A JSON list, one entry per event of a trace in order: `trace`; `observation` (`time`, `event`); `agent_response` with
`candidate_task` (what was judged there); `task_status` (a majority accepted one); `verdicts` (`annotator`, `task`,
null = silence, `accepted`, null = one of several was, `at` in seconds since 1970, 0 = not known).""",
}


def data_card(export: Export, file_name: str, now: float) -> str:
    """What a reader of the file has to know, in Markdown."""
    votes = [vote for _, said in export.voted for vote in last_words(said)]
    people = Counter(vote.annotator for vote in votes)
    sources = Counter(vote.source for vote in votes)
    traces = {moment.trace for moment, _ in export.voted}
    return f"""\
# Data card: {file_name}

Made by proactive-assistant {__version__} on {time.strftime("%Y-%m-%d", time.gmtime(now))} (UTC) with
`assistant export labels --format {export.form}`. {len(export.lines)} lines, {len(export.voted)} moments, \
{len(traces)} traces, {len(votes)} verdicts.

## Fields
{_FIELDS[export.form]}

## Classes
{_list(export.classes)}

## Who judged
{_list(people)}

## Where the verdicts come from
{_list(sources)}

`popup`, `notification`, `terminal`, `hotkey`: the owner answered a suggestion at work. `history`: a mind changed later.
`shadow`: given in a review of suggestions that were never shown. `annotation`: the annotation screen. `import`: another
file. Verdicts of the owner are one person's taste; suggestions were shown only where a gate expected them to be
welcome, and at most a few a day.

## Taken out
Secrets (card numbers, tokens, passwords, keys, one-time codes) by fixed rules; counts by rule:
{_list(export.redacted)}

Names, places and everything else that people type remain: read the file before you give it away.

## Left out
{_list(export.left_out)}

Earlier offers that stood in the assistant's context, window titles and applications as fields, and everything that was
never judged.

## Licence
Not chosen yet: the owner of the recording decides.
"""


def _list(counts: dict[str, int] | Counter[str]) -> str:
    return "\n".join(f"- {name}: {count}" for name, count in sorted(counts.items())) or "- none"


def shown(lines: Sequence[str]) -> str:
    """The lines for the preview: control characters of captured text must not steer the terminal."""
    return "\n".join("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in lines)

"""Moments and votes to rows and back; forgetting them with the events that they copy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from sqlite_utils import Database

from assistant.store.erase import delete_ids
from assistant.store.rows import text
from assistant.votes import Moment, Observed, Vote

MOMENT_SELECT: Final = "SELECT trace, observed, help_needed, voters FROM moment"
VOTE_SELECT: Final = "SELECT moment, task, annotator, accepted, at, source FROM vote"


def put_moment(db: Database, moment: Moment) -> None:
    """Insert, once."""
    observed = [[text(one.time), text(one.event)] for one in moment.observed]
    db.execute(
        "INSERT OR IGNORE INTO moment (key, trace, observed, help_needed, voters) VALUES (?, ?, ?, ?, ?)",
        (
            moment.key,
            text(moment.trace),
            json.dumps(observed, ensure_ascii=False, separators=(",", ":")),
            moment.help_needed,
            moment.voters,
        ),
    )


def moment_of(row: dict[str, Any]) -> Moment:
    """The moment of a row of :data:`MOMENT_SELECT`."""
    return Moment(
        trace=row["trace"],
        observed=tuple(Observed(time=time, event=event) for time, event in json.loads(row["observed"])),
        help_needed=None if row["help_needed"] is None else bool(row["help_needed"]),
        voters=row["voters"],
    )


def put_vote(db: Database, vote: Vote) -> None:
    """Append; the very same vote again changes nothing."""
    db.execute(
        "INSERT OR IGNORE INTO vote (moment, task, annotator, accepted, at, source) VALUES (?, ?, ?, ?, ?, ?)",
        (vote.moment, text(vote.task), text(vote.annotator), vote.accepted, vote.at, text(vote.source)),
    )


def vote_of(row: dict[str, Any]) -> Vote:
    """The vote of a row of :data:`VOTE_SELECT`."""
    return Vote(**row | {"accepted": None if row["accepted"] is None else bool(row["accepted"])})


def time_text(seconds: float) -> str:
    """A time as an export of labels writes it: what ties a copy that was imported again to its event."""
    return f"{seconds:.3f}"


def times_of(db: Database, events: Iterable[int]) -> set[str]:
    """The times of those events that exist, as an export writes them."""
    return {
        time_text(row[0])
        for id_ in events
        if (row := db.execute("SELECT time FROM event WHERE id = ?", [id_]).fetchone())
    }


def forget_copies(db: Database, events: Iterable[int]) -> tuple[int, int]:
    """Delete the moments that hold a copy of any of ``events`` (the owner's own export, imported again).

    :return: how many moments and votes are gone. Copies are known by their time to the millisecond, because
        redaction may have changed their words.
    """
    erased = times_of(db, events)
    found = db.execute("SELECT id, key, observed FROM moment").fetchall() if erased else []
    gone = [
        (id_, key) for id_, key, observed in found if not erased.isdisjoint(time for time, _ in json.loads(observed))
    ]
    votes = delete_ids(db, "vote", (key for _, key in gone), "moment")
    return delete_ids(db, "moment", (id_ for id_, _ in gone)), votes

"""The tables, as SQL text, one constant a version: a released text is never edited, only followed by a migration.

Times are REAL seconds since the Unix epoch, durations REAL seconds, ids INTEGER below 2**63.
``event_ids`` is packed (see :mod:`assistant.store.idlist`); ``data`` and ``features`` are JSON, NULL = ``{}``.
"""

from __future__ import annotations

from typing import Final

# Written into the file's header, so that somebody else's database is never taken for ours: "PAss".
APPLICATION_ID: Final = 0x50417373

# Window titles and application names repeat thousands of times a day: kept once, in app and title.
VERSION_1: Final = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE app (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE title (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    duration REAL NOT NULL,
    utc_offset_min INTEGER NOT NULL,
    type TEXT NOT NULL,
    source TEXT NOT NULL,
    app_id INTEGER REFERENCES app (id),
    title_id INTEGER REFERENCES title (id),
    sentence TEXT NOT NULL,
    data TEXT,
    closed INTEGER NOT NULL
) STRICT;
CREATE INDEX event_time ON event (time);
CREATE INDEX event_app ON event (app_id);
CREATE INDEX event_title ON event (title_id);
CREATE INDEX event_open ON event (closed) WHERE closed = 0;

CREATE TABLE gap (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    until REAL NOT NULL,
    sense TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX gap_once ON gap (at, sense, until, reason);

CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    "trigger" TEXT NOT NULL,
    speak INTEGER NOT NULL,
    reason TEXT NOT NULL,
    stage TEXT NOT NULL,
    p_help REAL,
    p_accept REAL,
    threshold REAL,
    event_ids BLOB NOT NULL,
    features TEXT,
    model TEXT NOT NULL,
    gate_ms REAL,
    proposer_ms REAL
) STRICT;
CREATE INDEX decision_time ON decision (time);

CREATE TABLE suggestion (
    id INTEGER PRIMARY KEY,
    decision_id INTEGER NOT NULL,
    time REAL NOT NULL,
    purpose TEXT NOT NULL,
    thoughts TEXT NOT NULL,
    task TEXT NOT NULL,
    response TEXT NOT NULL,
    operation TEXT NOT NULL,
    why TEXT NOT NULL,
    event_ids BLOB NOT NULL,
    shown INTEGER NOT NULL
) STRICT;
CREATE INDEX suggestion_time ON suggestion (time);
CREATE INDEX suggestion_decision ON suggestion (decision_id);

CREATE TABLE outcome (
    id INTEGER PRIMARY KEY,
    suggestion_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL,
    reaction_s REAL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX outcome_once ON outcome (suggestion_id, at, kind, source, reason);
CREATE TRIGGER outcome_append_only BEFORE UPDATE ON outcome
BEGIN
    SELECT RAISE(ABORT, 'outcomes are append-only');
END;

CREATE TABLE mark (
    life TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    at REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""

# Labels: what each verdict needs to be one, and moments that are not the owner's own (imported, annotated).
# ``observed`` is JSON [[time, sentence], …] as research files have them; ``task`` '' = silence; ``accepted`` NULL =
# one of several tasks was right, the file does not say which. Statements one by one: a script would commit midway.
VERSION_2: Final = (
    "ALTER TABLE decision ADD COLUMN gate TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE decision ADD COLUMN propensity REAL",
    "ALTER TABLE outcome ADD COLUMN decision_id INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE outcome ADD COLUMN model TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE outcome ADD COLUMN propensity REAL",
    "DROP INDEX outcome_once",
    "CREATE UNIQUE INDEX outcome_once ON outcome (suggestion_id, decision_id, at, kind, source, reason)",
    "CREATE INDEX outcome_decision ON outcome (decision_id) WHERE decision_id <> 0",
    """
CREATE TABLE moment (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    trace TEXT NOT NULL,
    observed TEXT NOT NULL,
    help_needed INTEGER,
    voters INTEGER NOT NULL
) STRICT
""",
    """
CREATE TABLE vote (
    id INTEGER PRIMARY KEY,
    moment TEXT NOT NULL REFERENCES moment (key),
    task TEXT NOT NULL,
    annotator TEXT NOT NULL,
    accepted INTEGER,
    at REAL NOT NULL,
    source TEXT NOT NULL
) STRICT
""",
    "CREATE UNIQUE INDEX vote_once ON vote (moment, task, annotator, at, source, coalesce(accepted, -1))",
    """
CREATE TRIGGER vote_append_only BEFORE UPDATE ON vote
BEGIN
    SELECT RAISE(ABORT, 'votes are append-only');
END
""",
    # The owner's name in exports: made up, and the same each time, so that files can be told apart and merged.
    "INSERT OR IGNORE INTO meta VALUES ('pseudonym', 'owner-' || lower(hex(randomblob(4))))",
)

# Imported traces to annotate (events: JSON list of [time, sentence]), tasks to choose from, and what people said.
# trace_id 0 is the owner's own record: position is a decision's id then, and candidate_id may be a suggestion's.
VERSION_3: Final = (
    """
CREATE TABLE trace (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    at REAL NOT NULL,
    events TEXT NOT NULL
) STRICT
""",
    """
CREATE TABLE candidate (
    id INTEGER PRIMARY KEY,
    trace_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    place INTEGER NOT NULL,
    task TEXT NOT NULL,
    source TEXT NOT NULL,
    at REAL NOT NULL
) STRICT
""",
    "CREATE INDEX candidate_point ON candidate (trace_id, position)",
    """
CREATE TABLE annotation (
    id INTEGER PRIMARY KEY,
    answer INTEGER NOT NULL,
    trace_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    annotator TEXT NOT NULL,
    at REAL NOT NULL,
    said TEXT NOT NULL,
    candidate_id INTEGER
) STRICT
""",
    """
CREATE UNIQUE INDEX annotation_once
    ON annotation (trace_id, position, annotator, answer, said, ifnull(candidate_id, 0))
""",
    """
CREATE TRIGGER annotation_append_only BEFORE UPDATE ON annotation
BEGIN
    SELECT RAISE(ABORT, 'annotations are append-only');
END
""",
)

# Each with the version that brought it, in an order in which rows can be copied with foreign keys on.
_SINCE: Final = {
    **dict.fromkeys(("meta", "app", "title", "event", "gap", "decision", "suggestion", "outcome", "mark"), 1),
    **dict.fromkeys(("moment", "vote"), 2),
    **dict.fromkeys(("trace", "candidate", "annotation"), 3),
}
TABLES: Final = tuple(_SINCE)


def tables_of(version: int) -> set[str]:
    """The tables that a database of that version must have."""
    return {table for table, since in _SINCE.items() if since <= version}

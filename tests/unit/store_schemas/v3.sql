-- A database as version 0.1.0 made it (layout 3), with one row of everything. Never edit: add v4.sql beside it.
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
, gate TEXT NOT NULL DEFAULT '', propensity REAL) STRICT;
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
, decision_id INTEGER NOT NULL DEFAULT 0, model TEXT NOT NULL DEFAULT '', propensity REAL) STRICT;
CREATE TRIGGER outcome_append_only BEFORE UPDATE ON outcome
BEGIN
    SELECT RAISE(ABORT, 'outcomes are append-only');
END;
CREATE TABLE mark (
    life TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX outcome_once ON outcome (suggestion_id, decision_id, at, kind, source, reason);
CREATE INDEX outcome_decision ON outcome (decision_id) WHERE decision_id <> 0;
CREATE TABLE moment (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    trace TEXT NOT NULL,
    observed TEXT NOT NULL,
    help_needed INTEGER,
    voters INTEGER NOT NULL
) STRICT
;
CREATE TABLE vote (
    id INTEGER PRIMARY KEY,
    moment TEXT NOT NULL REFERENCES moment (key),
    task TEXT NOT NULL,
    annotator TEXT NOT NULL,
    accepted INTEGER,
    at REAL NOT NULL,
    source TEXT NOT NULL
) STRICT
;
CREATE UNIQUE INDEX vote_once ON vote (moment, task, annotator, at, source, coalesce(accepted, -1));
CREATE TRIGGER vote_append_only BEFORE UPDATE ON vote
BEGIN
    SELECT RAISE(ABORT, 'votes are append-only');
END;

CREATE TABLE trace (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    at REAL NOT NULL,
    events TEXT NOT NULL
) STRICT
;
CREATE TABLE candidate (
    id INTEGER PRIMARY KEY,
    trace_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    place INTEGER NOT NULL,
    task TEXT NOT NULL,
    source TEXT NOT NULL,
    at REAL NOT NULL
) STRICT
;
CREATE INDEX candidate_point ON candidate (trace_id, position);
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
;
CREATE UNIQUE INDEX annotation_once
    ON annotation (trace_id, position, annotator, answer, said, ifnull(candidate_id, 0))
;
CREATE TRIGGER annotation_append_only BEFORE UPDATE ON annotation
BEGIN
    SELECT RAISE(ABORT, 'annotations are append-only');
END
;

PRAGMA application_id = 1346466675;
PRAGMA user_version = 3;
INSERT INTO meta VALUES ('made_by', '0.1.0'), ('pseudonym', 'owner-0a1b2c3d'), ('alive_at', '1700000000.0');
INSERT INTO app VALUES (1, 'Mousepad');
INSERT INTO title VALUES (1, 'notes.md');
INSERT INTO event VALUES (11, 1700000000.5, 2.5, 60, 'typing', 'keyboard', 1, 1, 'The user types ''tea''.', '{"chars":3}', 1);
INSERT INTO event VALUES (12, 1700000009.0, 0.0, 60, 'idle', 'idle', NULL, NULL, 'The user goes away.', NULL, 0);
INSERT INTO gap VALUES (1, 1700000001.0, 1700000002.0, 'keyboard', 'X server gone');
INSERT INTO decision VALUES (21, 1700000003.0, 'count', 1, 'a question', 'shown', 0.7, NULL, 0.5, x'1602', '{"typing":1.0}', 'rules', 0.2, NULL, 'rules 1', 0.95);
INSERT INTO suggestion VALUES (31, 21, 1700000004.0, 'p', 't', 'Make tea', 'r', 'o', 'w', x'16', 1);
INSERT INTO outcome VALUES (1, 31, 'rejected', 1700000005.0, 1.5, 'busy', 'popup', 0, 'rules', 0.95), (2, 31, 'accepted', 1700000006.0, NULL, '', 'history', 0, 'rules', 0.95);
INSERT INTO mark VALUES ('life', 7, 1700000006.0);
INSERT INTO moment VALUES (1, 'b66186be1916b102b2134d314606f4cf', 'trace_1', '[["1.0","The user types ''tea''."]]', 1, 2);
INSERT INTO vote VALUES (1, 'b66186be1916b102b2134d314606f4cf', 'Make tea', 'anna', 1, 0.0, 'import');
INSERT INTO trace VALUES (4611686018427387909, 'kettle', 'proactivebench', 1700000007.0, '[["1.0","The user boils water."]]');
INSERT INTO candidate VALUES (4611686018427387910, 4611686018427387909, 0, 0, 'Offer tea', 'trace', 1700000007.0);
INSERT INTO annotation VALUES (1, 41, 4611686018427387909, 0, 'ada', 1700000008.0, 'accepted', 4611686018427387910), (2, 42, 0, 21, 'owner', 1700000009.0, 'none', NULL), (3, 42, 0, 21, 'owner', 1700000009.0, 'rejected', 31);

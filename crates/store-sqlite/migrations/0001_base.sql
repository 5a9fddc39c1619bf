-- Integer keys everywhere: 16-byte ids appear once, in `streams` and `workspaces`. Times are milliseconds UTC,
-- money is micro-USD, codes are the domain's. No index without the query that it is named for.

CREATE TABLE workspaces (
    id       INTEGER PRIMARY KEY,
    uuid     BLOB NOT NULL UNIQUE,
    blob_key BLOB NOT NULL
) STRICT;

-- Short names (crews, agent types, providers, models…), written once.
CREATE TABLE names (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- kind: 1 task, 2 agent, 3 workspace, 4 chain. Ids grow with time, so this index grows at its end.
CREATE TABLE streams (
    id        INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    uuid      BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX streams_by_uuid ON streams (uuid, workspace, kind);

-- The log: one row per append, in order of commits, so that writes go to the end of the table whatever the stream.
-- kinds: one character per event, code point kind + 1 (+ 2048 past the surrogates). data: see `divisi_store::packed`.
CREATE TABLE records (
    id       INTEGER PRIMARY KEY,
    stream   INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    kinds    TEXT    NOT NULL,
    data     BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX records_of_stream ON records (stream, last_seq);

-- Inputs that no record holds (they caused no event), and all inputs of agents' and workspaces' streams, which are too
-- long to look through.
CREATE TABLE inputs (
    stream   INTEGER NOT NULL,
    input    BLOB    NOT NULL,
    last_seq INTEGER NOT NULL,
    PRIMARY KEY (stream, input)
) STRICT, WITHOUT ROWID;

-- tag: the first 4 bytes of the keyed hash, rest: the other 28. bytes NULL: the content lies in shared_contents, and where
-- shared is NULL too it is the file blobs/<ab>/<hash>.
CREATE TABLE blobs (
    id     INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    tag    INTEGER NOT NULL,
    rest   BLOB    NOT NULL,
    bytes  BLOB,
    shared INTEGER
) STRICT;
CREATE INDEX blobs_of_stream ON blobs (stream, tag);
CREATE INDEX blobs_in_files ON blobs (tag) WHERE bytes IS NULL AND shared IS NULL;
CREATE INDEX blobs_of_shared ON blobs (shared) WHERE shared IS NOT NULL;

-- Contents that many streams refer to (a crew's file, a document) are kept once. The hash is keyed, so that no two
-- workspaces share any.
CREATE TABLE shared_contents (
    id    INTEGER PRIMARY KEY,
    tag   INTEGER NOT NULL,
    rest  BLOB    NOT NULL,
    bytes BLOB    NOT NULL
) STRICT;
CREATE INDEX shared_contents_by_tag ON shared_contents (tag);
CREATE TRIGGER shared_contents_end AFTER DELETE ON blobs WHEN OLD.shared IS NOT NULL
BEGIN
    DELETE FROM shared_contents
    WHERE id = OLD.shared AND NOT EXISTS (SELECT 1 FROM blobs WHERE shared = OLD.shared);
END;

CREATE TABLE snapshots (
    stream        INTEGER PRIMARY KEY,
    seq           INTEGER NOT NULL,
    rules         INTEGER NOT NULL,
    state_version INTEGER NOT NULL,
    crc32c        INTEGER NOT NULL,
    data          BLOB    NOT NULL
) STRICT;

CREATE TABLE leases (
    agent  INTEGER NOT NULL,
    holder TEXT    NOT NULL,
    PRIMARY KEY (agent, holder)
) STRICT, WITHOUT ROWID;

-- Only workspaces with a cap have a row.
CREATE TABLE budgets (
    workspace INTEGER PRIMARY KEY,
    cap       INTEGER NOT NULL,
    spent     INTEGER NOT NULL
) STRICT;
CREATE TABLE budget_holds (
    workspace INTEGER NOT NULL,
    holder    TEXT    NOT NULL,
    amount    INTEGER NOT NULL,
    PRIMARY KEY (workspace, holder)
) STRICT, WITHOUT ROWID;

CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;

-- Projections. Rebuildable from the log.

CREATE TABLE tasks (
    stream        INTEGER PRIMARY KEY,
    workspace     INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    open          INTEGER NOT NULL,
    priority      INTEGER NOT NULL,
    state         INTEGER NOT NULL,
    mode          INTEGER NOT NULL,
    progress      INTEGER NOT NULL,
    pass          INTEGER NOT NULL,
    last_seq      INTEGER NOT NULL,
    crew          INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    completed_at  INTEGER,
    completion    INTEGER,
    waiting       INTEGER,
    waiting_since INTEGER,
    reason        INTEGER,
    cap           INTEGER,
    spent         INTEGER NOT NULL,
    reserved      INTEGER NOT NULL,
    title         TEXT    NOT NULL
) STRICT;
CREATE INDEX tasks_by_created ON tasks (workspace, created_at);
CREATE INDEX tasks_open ON tasks (priority DESC, stream) WHERE open = 1;
CREATE INDEX tasks_finished ON tasks (workspace, state, created_at) WHERE open = 0;
-- Of finished tasks alone: what is open changes with every commit, and is few enough to be looked through.
CREATE INDEX tasks_finished_by_update ON tasks (workspace, updated_at) WHERE open = 0;
CREATE INDEX tasks_finished_by_priority ON tasks (workspace, priority) WHERE open = 0;

CREATE TABLE subtasks (
    task         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    status       INTEGER NOT NULL,
    cycles       INTEGER NOT NULL,
    phase        INTEGER NOT NULL,
    score        INTEGER,
    agent_type   INTEGER NOT NULL,
    agent        INTEGER,
    started_at   INTEGER,
    completed_at INTEGER,
    title        TEXT    NOT NULL,
    PRIMARY KEY (task, number)
) STRICT, WITHOUT ROWID;

-- kind: 1 subtask, 2 coordination, 3 synthesis, 4 final.
CREATE TABLE solutions (
    task     INTEGER NOT NULL,
    pass     INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    subtask  INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    agent    INTEGER,
    accepted INTEGER,
    score    INTEGER,
    at       INTEGER NOT NULL,
    blob     BLOB    NOT NULL,
    PRIMARY KEY (task, pass, kind, subtask, version)
) STRICT, WITHOUT ROWID;

-- path: the effect path, encoded.
CREATE TABLE ai_api_usage (
    task              INTEGER NOT NULL,
    path              BLOB    NOT NULL,
    attempt           INTEGER NOT NULL,
    agent             INTEGER,
    subtask           INTEGER,
    purpose           INTEGER NOT NULL,
    provider          INTEGER NOT NULL,
    model             INTEGER NOT NULL,
    prompt_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_tokens     INTEGER NOT NULL,
    reasoning_tokens  INTEGER NOT NULL,
    cost_micro_usd    INTEGER NOT NULL,
    estimated         INTEGER NOT NULL,
    at                INTEGER NOT NULL,
    PRIMARY KEY (task, path, attempt)
) STRICT, WITHOUT ROWID;

-- state: 1 open, 2 approved, 3 rejected, 4 edited, 5 withdrawn.
CREATE TABLE approvals (
    task       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    workspace  INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    digest     BLOB    NOT NULL,
    asked_at   INTEGER NOT NULL,
    state      INTEGER NOT NULL,
    decided_at INTEGER,
    PRIMARY KEY (task, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX approvals_inbox ON approvals (workspace, asked_at) WHERE state = 1;

-- capabilities: names, separated by spaces. success_ppm, response_micros: fixed-point averages, exact.
CREATE TABLE agents (
    stream          INTEGER PRIMARY KEY,
    workspace       INTEGER NOT NULL,
    registered      INTEGER NOT NULL,
    agent_type      INTEGER NOT NULL,
    slots           INTEGER NOT NULL,
    status          INTEGER NOT NULL,
    completed       INTEGER NOT NULL,
    success_ppm     INTEGER NOT NULL,
    response_micros INTEGER NOT NULL,
    capabilities    TEXT    NOT NULL
) STRICT;

-- What the kinds are called; the program fills it at each start.
CREATE TABLE event_kinds (
    kind        INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    interaction TEXT,
    revision    INTEGER NOT NULL
) STRICT;

CREATE VIEW event_headers AS
WITH RECURSIVE each (stream, last_seq, at, kinds, position) AS (
    SELECT stream, last_seq, at, kinds, 1 FROM records
    UNION ALL
    SELECT stream, last_seq, at, kinds, position + 1 FROM each WHERE position < length(kinds)
)
SELECT stream,
       last_seq - length(kinds) + position AS seq,
       unicode(substr(kinds, position, 1)) - 1
           - CASE WHEN unicode(substr(kinds, position, 1)) > 57343 THEN 2048 ELSE 0 END AS kind,
       at
FROM each;

CREATE VIEW interactions AS
SELECT lower(hex(s.uuid)) AS task_id, h.seq AS interaction_id, k.interaction AS interaction_type, k.name AS action,
       h.at AS timestamp
FROM event_headers h
JOIN streams s ON s.id = h.stream AND s.kind = 1
JOIN event_kinds k ON k.kind = h.kind AND k.interaction IS NOT NULL;

CREATE VIEW revisions AS
SELECT lower(hex(s.uuid)) AS task_id, h.seq AS revision_id, k.name AS action, h.at AS created_at
FROM event_headers h
JOIN streams s ON s.id = h.stream AND s.kind = 1
JOIN event_kinds k ON k.kind = h.kind AND k.revision = 1;

-- What one node remembers. Times are Unix ms; documents are JSON text.

-- Facts about the database itself. The incarnation tells a restored or fresh database from the one it replaces, so that
-- an event's seq means the same only together with it.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('incarnation', lower(hex(randomblob(8))));

-- Agents known here. The columns are for looking in with sqlite3; the document is what is read back.
CREATE TABLE agents (
    id         TEXT PRIMARY KEY,
    session    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,
    alive      INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    document   TEXT NOT NULL
) WITHOUT ROWID;

-- AUTOINCREMENT: a seq is never used again, also when the newest rows were deleted.
CREATE TABLE commands (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    agent         TEXT NOT NULL,
    session       TEXT NOT NULL,
    text          TEXT NOT NULL,
    status        TEXT NOT NULL,
    actor         TEXT NOT NULL,
    created_ms    INTEGER NOT NULL,
    changed_ms    INTEGER NOT NULL,
    "when"        TEXT NOT NULL,
    priority      INTEGER NOT NULL,
    not_before_ms INTEGER,
    expires_ms    INTEGER,
    key           TEXT,
    error         TEXT
);
CREATE UNIQUE INDEX commands_key ON commands (session, key) WHERE key IS NOT NULL;
CREATE INDEX commands_session ON commands (session, seq);
CREATE INDEX commands_status ON commands (status, changed_ms);

CREATE TABLE attempts (
    command    TEXT NOT NULL REFERENCES commands (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    stage      TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    outcome    TEXT,
    proof      TEXT,
    screen     TEXT,
    PRIMARY KEY (command, number)
) WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    session TEXT NOT NULL,
    data    TEXT NOT NULL
);
CREATE INDEX audit_session ON audit (session, id);

CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    node    TEXT NOT NULL,
    name    TEXT NOT NULL,
    session TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    data    TEXT NOT NULL
);
CREATE INDEX journal_session ON journal (session, seq);

CREATE TABLE tokens (
    name       TEXT PRIMARY KEY,
    scope      TEXT NOT NULL,
    digest     BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) WITHOUT ROWID;

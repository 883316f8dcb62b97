-- Commands for agents of other nodes: kept here until their node says what became of them, and then as long as other commands.
-- A mark is how the broker knows the letter that was sent last, '?' while it is not known whether one was.
CREATE TABLE outbox (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    node       TEXT NOT NULL,
    session    TEXT NOT NULL,
    key        TEXT,
    status     TEXT NOT NULL,
    mark       TEXT,
    expires_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    document   TEXT NOT NULL
);
CREATE INDEX outbox_by_status ON outbox (status, n);
CREATE UNIQUE INDEX outbox_by_key ON outbox (node, session, key) WHERE key IS NOT NULL;

-- What other nodes had done here, by its id, and what came of it: so that it is done once, however often it is asked for.
CREATE TABLE inbox (
    id      TEXT PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    outcome TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX inbox_by_age ON inbox (at_ms);

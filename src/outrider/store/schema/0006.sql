-- What people were told, by which way out. The columns are for looking in and for finding; the document is what is read back.
CREATE TABLE notices (
    id         TEXT PRIMARY KEY,
    way        TEXT NOT NULL,
    rule       TEXT NOT NULL,
    status     TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    live       INTEGER NOT NULL,
    receipt    TEXT,
    document   TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX notices_by_age ON notices (created_ms);
CREATE INDEX notices_live ON notices (live, created_ms);
CREATE INDEX notices_receipt ON notices (way, receipt) WHERE receipt IS NOT NULL;

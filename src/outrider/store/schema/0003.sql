-- Dialogs that wait or waited for a person. The columns are for looking in and for finding; the document is what is read back.
CREATE TABLE approvals (
    id         TEXT PRIMARY KEY,
    agent      TEXT NOT NULL,
    session    TEXT NOT NULL,
    status     TEXT NOT NULL,
    asked_ms   INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    document   TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX approvals_by_status ON approvals (status, asked_ms);
CREATE INDEX approvals_by_session ON approvals (session, asked_ms);

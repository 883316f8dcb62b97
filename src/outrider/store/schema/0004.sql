-- What was counted over stretches of time: of length 0 as it was counted, else of step_ms and beginning at its multiples.
-- The session is '' for the whole node.
CREATE TABLE history (
    step_ms INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    session TEXT NOT NULL,
    amounts TEXT NOT NULL,
    PRIMARY KEY (step_ms, session, at_ms)
) WITHOUT ROWID;
CREATE INDEX history_by_time ON history (step_ms, at_ms);

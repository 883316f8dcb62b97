-- How the progress of agents went: a row whenever it changed.
CREATE TABLE samples (
    agent    TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    progress REAL,
    source   TEXT NOT NULL,
    done     INTEGER NOT NULL,
    total    INTEGER NOT NULL,
    PRIMARY KEY (agent, at_ms)
) WITHOUT ROWID;

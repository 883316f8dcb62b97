-- The audit becomes a chain: each row's digest is made of the row and of the digest before it; rows are only ever added.
-- audit_digest is logic.chain.digest.
CREATE TABLE audit_chained (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    session TEXT NOT NULL,
    data    TEXT NOT NULL,
    digest  TEXT NOT NULL
);
INSERT INTO audit_chained (id, at_ms, actor, action, session, data, digest)
WITH RECURSIVE
numbered AS MATERIALIZED (SELECT row_number() OVER (ORDER BY id) AS n, * FROM audit),
chain (n, digest) AS (
    SELECT 0, ''
    UNION ALL
    SELECT a.n, audit_digest(chain.digest, a.n, a.at_ms, a.actor, a.action, a.session, a.data)
    FROM chain JOIN numbered AS a ON a.n = chain.n + 1
)
SELECT a.n, a.at_ms, a.actor, a.action, a.session, a.data, chain.digest
FROM numbered AS a JOIN chain ON chain.n = a.n ORDER BY a.n;
DROP TABLE audit;
ALTER TABLE audit_chained RENAME TO audit;
CREATE INDEX audit_session ON audit (session, id);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'rows of the audit are not changed'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'rows of the audit are not deleted'); END;

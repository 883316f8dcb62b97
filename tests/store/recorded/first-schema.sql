-- A database of the first schema, filled by the program of its time.
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE agents (
    id         TEXT PRIMARY KEY,
    session    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,
    alive      INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    document   TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "agents" VALUES('00000000000000000000000000000000','task-0','claude','working',1,1795000000000,'{"id":"00000000000000000000000000000000","session":"task-0","node":"here","kind":"claude","ref":{"server":"outrider","started":123,"pane":"%0"},"workdir":"/home/me/project","verdict":{"state":"working","alive":true,"since_ms":1795000000000,"confidence":"high","exit_status":null,"detail":{"tool":null,"command":null,"file":null,"question":"Run it?","options":["Yes","No"],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null},"evidence":[{"source":"screen","state":"working","rule":"claude.busy","text":"\u273b Cooking\u2026 \u201c \u00e9","at_ms":1795000000000,"detail":{"tool":"Bash","command":"make test","file":null,"question":null,"options":[],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null}}],"rejected":[]},"spawned":true,"created_ms":1795000000000,"changed_ms":1795000000000,"generation":"g0","model":"claude-opus-4-5","auto":null,"spec":null,"argv":["claude","--model","x"],"extra":[],"env":{"A":"\u00e4"},"pid":null,"agent_session":null,"version":null,"worktree":null,"branch":null,"progress":0.0,"progress_source":"spec","counters":{"files_read":0,"files_written":0,"files_edited":0,"commands":0,"tests":0,"errors":0,"thinking_ms":0,"tokens":0,"cost_usd":0.0},"ended_ms":null,"done":0,"total":0,"spec_problem":null,"todo":[],"transcript":null,"taken":[]}');
INSERT INTO "agents" VALUES('00000000000000000000000000000001','task-1','claude','waiting',1,1795000000001,'{"id":"00000000000000000000000000000001","session":"task-1","node":"here","kind":"claude","ref":{"server":"outrider","started":123,"pane":"%1"},"workdir":"/home/me/project","verdict":{"state":"waiting","alive":true,"since_ms":1795000000000,"confidence":"high","exit_status":null,"detail":{"tool":null,"command":null,"file":null,"question":"Run it?","options":["Yes","No"],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null},"evidence":[{"source":"screen","state":"waiting","rule":"claude.busy","text":"\u273b Cooking\u2026 \u201c \u00e9","at_ms":1795000000000,"detail":{"tool":"Bash","command":"make test","file":null,"question":null,"options":[],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null}}],"rejected":[]},"spawned":false,"created_ms":1795000000000,"changed_ms":1795000000001,"generation":"g1","model":"claude-opus-4-5","auto":null,"spec":null,"argv":["claude","--model","x"],"extra":[],"env":{"A":"\u00e4"},"pid":null,"agent_session":null,"version":null,"worktree":null,"branch":null,"progress":12.5,"progress_source":"spec","counters":{"files_read":1,"files_written":0,"files_edited":0,"commands":0,"tests":0,"errors":0,"thinking_ms":0,"tokens":5,"cost_usd":0.0},"ended_ms":null,"done":0,"total":0,"spec_problem":null,"todo":[],"transcript":null,"taken":[]}');
INSERT INTO "agents" VALUES('00000000000000000000000000000002','task-2','claude','idle',1,1795000000002,'{"id":"00000000000000000000000000000002","session":"task-2","node":"here","kind":"claude","ref":{"server":"outrider","started":123,"pane":"%2"},"workdir":"/home/me/project","verdict":{"state":"idle","alive":true,"since_ms":1795000000000,"confidence":"high","exit_status":null,"detail":{"tool":null,"command":null,"file":null,"question":"Run it?","options":["Yes","No"],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null},"evidence":[{"source":"screen","state":"idle","rule":"claude.busy","text":"\u273b Cooking\u2026 \u201c \u00e9","at_ms":1795000000000,"detail":{"tool":"Bash","command":"make test","file":null,"question":null,"options":[],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null}}],"rejected":[]},"spawned":true,"created_ms":1795000000000,"changed_ms":1795000000002,"generation":"g2","model":"claude-opus-4-5","auto":null,"spec":null,"argv":["claude","--model","x"],"extra":[],"env":{"A":"\u00e4"},"pid":null,"agent_session":null,"version":null,"worktree":null,"branch":null,"progress":25.0,"progress_source":"spec","counters":{"files_read":2,"files_written":0,"files_edited":0,"commands":0,"tests":0,"errors":0,"thinking_ms":0,"tokens":10,"cost_usd":0.0},"ended_ms":null,"done":0,"total":0,"spec_problem":null,"todo":[],"transcript":null,"taken":[]}');
INSERT INTO "agents" VALUES('00000000000000000000000000000003','task-3','claude','complete',1,1795000000003,'{"id":"00000000000000000000000000000003","session":"task-3","node":"here","kind":"claude","ref":{"server":"outrider","started":123,"pane":"%3"},"workdir":"/home/me/project","verdict":{"state":"complete","alive":true,"since_ms":1795000000000,"confidence":"high","exit_status":null,"detail":{"tool":null,"command":null,"file":null,"question":"Run it?","options":["Yes","No"],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null},"evidence":[{"source":"screen","state":"complete","rule":"claude.busy","text":"\u273b Cooking\u2026 \u201c \u00e9","at_ms":1795000000000,"detail":{"tool":"Bash","command":"make test","file":null,"question":null,"options":[],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null}}],"rejected":[]},"spawned":false,"created_ms":1795000000000,"changed_ms":1795000000003,"generation":"g3","model":"claude-opus-4-5","auto":null,"spec":null,"argv":["claude","--model","x"],"extra":[],"env":{"A":"\u00e4"},"pid":null,"agent_session":null,"version":null,"worktree":null,"branch":null,"progress":37.5,"progress_source":"spec","counters":{"files_read":3,"files_written":0,"files_edited":0,"commands":0,"tests":0,"errors":0,"thinking_ms":0,"tokens":15,"cost_usd":0.0},"ended_ms":null,"done":0,"total":0,"spec_problem":null,"todo":[],"transcript":null,"taken":[]}');
INSERT INTO "agents" VALUES('00000000000000000000000000000004','task-4','claude','stuck',1,1795000000004,'{"id":"00000000000000000000000000000004","session":"task-4","node":"here","kind":"claude","ref":{"server":"outrider","started":123,"pane":"%4"},"workdir":"/home/me/project","verdict":{"state":"stuck","alive":true,"since_ms":1795000000000,"confidence":"high","exit_status":null,"detail":{"tool":null,"command":null,"file":null,"question":"Run it?","options":["Yes","No"],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null},"evidence":[{"source":"screen","state":"stuck","rule":"claude.busy","text":"\u273b Cooking\u2026 \u201c \u00e9","at_ms":1795000000000,"detail":{"tool":"Bash","command":"make test","file":null,"question":null,"options":[],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null}}],"rejected":[]},"spawned":true,"created_ms":1795000000000,"changed_ms":1795000000004,"generation":"g4","model":"claude-opus-4-5","auto":null,"spec":null,"argv":["claude","--model","x"],"extra":[],"env":{"A":"\u00e4"},"pid":null,"agent_session":null,"version":null,"worktree":null,"branch":null,"progress":50.0,"progress_source":"spec","counters":{"files_read":4,"files_written":0,"files_edited":0,"commands":0,"tests":0,"errors":0,"thinking_ms":0,"tokens":20,"cost_usd":0.0},"ended_ms":null,"done":0,"total":0,"spec_problem":null,"todo":[],"transcript":null,"taken":[]}');
INSERT INTO "agents" VALUES('00000000000000000000000000000009','task-9','claude','error',0,1795000000009,'{"id":"00000000000000000000000000000009","session":"task-9","node":"here","kind":"claude","ref":{"server":"outrider","started":123,"pane":"%9"},"workdir":"/home/me/project","verdict":{"state":"error","alive":false,"since_ms":1795000000000,"confidence":"high","exit_status":null,"detail":{"tool":null,"command":null,"file":null,"question":"Run it?","options":["Yes","No"],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null},"evidence":[{"source":"screen","state":"error","rule":"claude.busy","text":"\u273b Cooking\u2026 \u201c \u00e9","at_ms":1795000000000,"detail":{"tool":"Bash","command":"make test","file":null,"question":null,"options":[],"error":null,"retrying":null,"resets_at_ms":null,"reason":null,"message":null}}],"rejected":[]},"spawned":false,"created_ms":1795000000000,"changed_ms":1795000000009,"generation":"g9","model":"claude-opus-4-5","auto":null,"spec":null,"argv":["claude","--model","x"],"extra":[],"env":{"A":"\u00e4"},"pid":null,"agent_session":null,"version":null,"worktree":null,"branch":null,"progress":112.5,"progress_source":"spec","counters":{"files_read":9,"files_written":0,"files_edited":0,"commands":0,"tests":0,"errors":0,"thinking_ms":0,"tokens":45,"cost_usd":0.0},"ended_ms":1795000000050,"done":0,"total":0,"spec_problem":null,"todo":[],"transcript":null,"taken":[]}');
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
INSERT INTO "attempts" VALUES('c1',1,'typing',1795000000001,NULL,NULL,'seen gone',NULL);
INSERT INTO "attempts" VALUES('c2',1,'closed',1795000000001,1795000000009,'sent','seen gone',NULL);
INSERT INTO "attempts" VALUES('c3',1,'closed',1795000000001,1795000000009,'failed','seen gone',NULL);
INSERT INTO "attempts" VALUES('c6',1,'closed',1795000000001,1795000000009,'uncertain','seen gone','a screen
with rows');
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    session TEXT NOT NULL,
    data    TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,1795000000000,'uid:1000','spawn','task-0','{"n":0,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(2,1795000000001,'uid:1000','command','task-1','{"n":1,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(3,1795000000002,'uid:1000','kill','task-2','{"n":2,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(4,1795000000003,'uid:1000','spawn','task-3','{"n":3,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(5,1795000000004,'uid:1000','command','task-4','{"n":4,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(6,1795000000005,'uid:1000','kill','task-0','{"n":5,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(7,1795000000006,'uid:1000','spawn','task-1','{"n":6,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(8,1795000000007,'uid:1000','command','task-2','{"n":7,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(9,1795000000008,'uid:1000','kill','task-3','{"n":8,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(10,1795000000009,'uid:1000','spawn','task-4','{"n":9,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(11,1795000000010,'uid:1000','command','task-0','{"n":10,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(12,1795000000011,'uid:1000','kill','task-1','{"n":11,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(13,1795000000012,'uid:1000','spawn','task-2','{"n":12,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(14,1795000000013,'uid:1000','command','task-3','{"n":13,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(15,1795000000014,'uid:1000','kill','task-4','{"n":14,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(16,1795000000015,'uid:1000','spawn','task-0','{"n":15,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(17,1795000000016,'uid:1000','command','task-1','{"n":16,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(18,1795000000017,'uid:1000','kill','task-2','{"n":17,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(19,1795000000018,'uid:1000','spawn','task-3','{"n":18,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(20,1795000000019,'uid:1000','command','task-4','{"n":19,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(21,1795000000020,'uid:1000','kill','task-0','{"n":20,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(22,1795000000021,'uid:1000','spawn','task-1','{"n":21,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(23,1795000000022,'uid:1000','command','task-2','{"n":22,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(24,1795000000023,'uid:1000','kill','task-3','{"n":23,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(25,1795000000024,'uid:1000','spawn','task-4','{"n":24,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(26,1795000000025,'uid:1000','command','task-0','{"n":25,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(27,1795000000026,'uid:1000','kill','task-1','{"n":26,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(28,1795000000027,'uid:1000','spawn','task-2','{"n":27,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(29,1795000000028,'uid:1000','command','task-3','{"n":28,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(30,1795000000029,'uid:1000','kill','task-4','{"n":29,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(31,1795000000030,'uid:1000','spawn','task-0','{"n":30,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(32,1795000000031,'uid:1000','command','task-1','{"n":31,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(33,1795000000032,'uid:1000','kill','task-2','{"n":32,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(34,1795000000033,'uid:1000','spawn','task-3','{"n":33,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(35,1795000000034,'uid:1000','command','task-4','{"n":34,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(36,1795000000035,'uid:1000','kill','task-0','{"n":35,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(37,1795000000036,'uid:1000','spawn','task-1','{"n":36,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(38,1795000000037,'uid:1000','command','task-2','{"n":37,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(39,1795000000038,'uid:1000','kill','task-3','{"n":38,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(40,1795000000039,'uid:1000','spawn','task-4','{"n":39,"text":"\u00e9"}');
INSERT INTO "audit" VALUES(41,1795000000000,'token:phone','command','task-0','{"id":"c0"}');
INSERT INTO "audit" VALUES(42,1795000000000,'token:phone','command','task-1','{"id":"c1"}');
INSERT INTO "audit" VALUES(43,1795000000000,'token:phone','command','task-2','{"id":"c2"}');
INSERT INTO "audit" VALUES(44,1795000000000,'token:phone','command','task-3','{"id":"c3"}');
INSERT INTO "audit" VALUES(45,1795000000000,'token:phone','command','task-4','{"id":"c4"}');
INSERT INTO "audit" VALUES(46,1795000000000,'token:phone','command','task-0','{"id":"c5"}');
INSERT INTO "audit" VALUES(47,1795000000000,'token:phone','command','task-1','{"id":"c6"}');
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
INSERT INTO "commands" VALUES(1,'c0','00000000000000000000000000000000','task-0','go on 0
zweite Zeile — ✓','queued','token:phone',1795000000000,1795000000000,'ready',0,NULL,NULL,'k0',NULL);
INSERT INTO "commands" VALUES(2,'c1','00000000000000000000000000000001','task-1','go on 1
zweite Zeile — ✓','sending','token:phone',1795000000001,1795000000010,'ready',1,NULL,NULL,'k1',NULL);
INSERT INTO "commands" VALUES(3,'c2','00000000000000000000000000000002','task-2','go on 2
zweite Zeile — ✓','sent','token:phone',1795000000002,1795000000010,'ready',2,NULL,NULL,'k2',NULL);
INSERT INTO "commands" VALUES(4,'c3','00000000000000000000000000000003','task-3','go on 3
zweite Zeile — ✓','failed','token:phone',1795000000003,1795000000010,'ready',3,NULL,NULL,'k3','no such pane');
INSERT INTO "commands" VALUES(5,'c4','00000000000000000000000000000004','task-4','go on 4
zweite Zeile — ✓','cancelled','token:phone',1795000000004,1795000000010,'ready',4,NULL,NULL,'k4',NULL);
INSERT INTO "commands" VALUES(6,'c5','00000000000000000000000000000000','task-0','go on 5
zweite Zeile — ✓','expired','token:phone',1795000000005,1795000000010,'ready',5,NULL,1795000099999,'k5',NULL);
INSERT INTO "commands" VALUES(7,'c6','00000000000000000000000000000001','task-1','go on 6
zweite Zeile — ✓','uncertain','token:phone',1795000000006,1795000000010,'ready',6,NULL,NULL,'k6',NULL);
CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    node    TEXT NOT NULL,
    name    TEXT NOT NULL,
    session TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    data    TEXT NOT NULL
);
INSERT INTO "journal" VALUES(1,'here','state_change','task-0',1795000000000,'{"state":"working","prevState":"idle","text":"n\u00b0 0 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(2,'here','progress','task-1',1795000000001,'{"state":"working","prevState":"idle","text":"n\u00b0 1 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(3,'here','agent_spawned','task-2',1795000000002,'{"state":"working","prevState":"idle","text":"n\u00b0 2 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(4,'here','agent_adopted','task-3',1795000000003,'{"state":"working","prevState":"idle","text":"n\u00b0 3 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(5,'here','agent_stuck','task-4',1795000000004,'{"state":"working","prevState":"idle","text":"n\u00b0 4 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(6,'here','agent_error','task-0',1795000000005,'{"state":"working","prevState":"idle","text":"n\u00b0 5 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(7,'here','agent_complete','task-1',1795000000006,'{"state":"working","prevState":"idle","text":"n\u00b0 6 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(8,'here','agent_waiting','task-2',1795000000007,'{"state":"working","prevState":"idle","text":"n\u00b0 7 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(9,'here','approval_answered','task-3',1795000000008,'{"state":"working","prevState":"idle","text":"n\u00b0 8 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(10,'here','agent_exited','task-4',1795000000009,'{"state":"working","prevState":"idle","text":"n\u00b0 9 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(11,'here','agent_killed','task-0',1795000000010,'{"state":"working","prevState":"idle","text":"n\u00b0 10 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(12,'here','command_queued','task-1',1795000000011,'{"state":"working","prevState":"idle","text":"n\u00b0 11 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(13,'here','command_sent','task-2',1795000000012,'{"state":"working","prevState":"idle","text":"n\u00b0 12 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(14,'here','command_failed','task-3',1795000000013,'{"state":"working","prevState":"idle","text":"n\u00b0 13 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(15,'here','command_uncertain','task-4',1795000000014,'{"state":"working","prevState":"idle","text":"n\u00b0 14 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(16,'here','alert','task-0',1795000000015,'{"state":"working","prevState":"idle","text":"n\u00b0 15 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(17,'here','state_change','task-0',1795000000000,'{"state":"working","prevState":"idle","text":"n\u00b0 0 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(18,'here','progress','task-1',1795000000001,'{"state":"working","prevState":"idle","text":"n\u00b0 1 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(19,'here','agent_spawned','task-2',1795000000002,'{"state":"working","prevState":"idle","text":"n\u00b0 2 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(20,'here','agent_adopted','task-3',1795000000003,'{"state":"working","prevState":"idle","text":"n\u00b0 3 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(21,'here','agent_stuck','task-4',1795000000004,'{"state":"working","prevState":"idle","text":"n\u00b0 4 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(22,'here','agent_error','task-0',1795000000005,'{"state":"working","prevState":"idle","text":"n\u00b0 5 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(23,'here','agent_complete','task-1',1795000000006,'{"state":"working","prevState":"idle","text":"n\u00b0 6 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(24,'here','agent_waiting','task-2',1795000000007,'{"state":"working","prevState":"idle","text":"n\u00b0 7 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(25,'here','approval_answered','task-3',1795000000008,'{"state":"working","prevState":"idle","text":"n\u00b0 8 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(26,'here','agent_exited','task-4',1795000000009,'{"state":"working","prevState":"idle","text":"n\u00b0 9 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(27,'here','agent_killed','task-0',1795000000010,'{"state":"working","prevState":"idle","text":"n\u00b0 10 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(28,'here','command_queued','task-1',1795000000011,'{"state":"working","prevState":"idle","text":"n\u00b0 11 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(29,'here','command_sent','task-2',1795000000012,'{"state":"working","prevState":"idle","text":"n\u00b0 12 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(30,'here','command_failed','task-3',1795000000013,'{"state":"working","prevState":"idle","text":"n\u00b0 13 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(31,'here','command_uncertain','task-4',1795000000014,'{"state":"working","prevState":"idle","text":"n\u00b0 14 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(32,'here','alert','task-0',1795000000015,'{"state":"working","prevState":"idle","text":"n\u00b0 15 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(33,'here','state_change','task-0',1795000000000,'{"state":"working","prevState":"idle","text":"n\u00b0 0 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(34,'here','progress','task-1',1795000000001,'{"state":"working","prevState":"idle","text":"n\u00b0 1 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(35,'here','agent_spawned','task-2',1795000000002,'{"state":"working","prevState":"idle","text":"n\u00b0 2 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(36,'here','agent_adopted','task-3',1795000000003,'{"state":"working","prevState":"idle","text":"n\u00b0 3 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(37,'here','agent_stuck','task-4',1795000000004,'{"state":"working","prevState":"idle","text":"n\u00b0 4 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(38,'here','agent_error','task-0',1795000000005,'{"state":"working","prevState":"idle","text":"n\u00b0 5 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(39,'here','agent_complete','task-1',1795000000006,'{"state":"working","prevState":"idle","text":"n\u00b0 6 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(40,'here','agent_waiting','task-2',1795000000007,'{"state":"working","prevState":"idle","text":"n\u00b0 7 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(41,'here','approval_answered','task-3',1795000000008,'{"state":"working","prevState":"idle","text":"n\u00b0 8 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(42,'here','agent_exited','task-4',1795000000009,'{"state":"working","prevState":"idle","text":"n\u00b0 9 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(43,'here','agent_killed','task-0',1795000000010,'{"state":"working","prevState":"idle","text":"n\u00b0 10 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(44,'here','command_queued','task-1',1795000000011,'{"state":"working","prevState":"idle","text":"n\u00b0 11 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(45,'here','command_sent','task-2',1795000000012,'{"state":"working","prevState":"idle","text":"n\u00b0 12 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(46,'here','command_failed','task-3',1795000000013,'{"state":"working","prevState":"idle","text":"n\u00b0 13 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(47,'here','command_uncertain','task-4',1795000000014,'{"state":"working","prevState":"idle","text":"n\u00b0 14 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(48,'here','alert','task-0',1795000000015,'{"state":"working","prevState":"idle","text":"n\u00b0 15 \ud83d\ude80"}');
INSERT INTO "journal" VALUES(49,'here','command_queued','task-0',1795000000000,'{"jobId":"c0"}');
INSERT INTO "journal" VALUES(50,'here','command_queued','task-1',1795000000000,'{"jobId":"c1"}');
INSERT INTO "journal" VALUES(51,'here','command_queued','task-2',1795000000000,'{"jobId":"c2"}');
INSERT INTO "journal" VALUES(52,'here','command_queued','task-3',1795000000000,'{"jobId":"c3"}');
INSERT INTO "journal" VALUES(53,'here','command_queued','task-4',1795000000000,'{"jobId":"c4"}');
INSERT INTO "journal" VALUES(54,'here','command_queued','task-0',1795000000000,'{"jobId":"c5"}');
INSERT INTO "journal" VALUES(55,'here','command_queued','task-1',1795000000000,'{"jobId":"c6"}');
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "meta" VALUES('incarnation','0f40420d6fb594aa');
CREATE TABLE tokens (
    name       TEXT PRIMARY KEY,
    scope      TEXT NOT NULL,
    digest     BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "tokens" VALUES('phone','write',X'EA866A757E4C38BABFA8127CBE9A409D3E1F93A00FF1488FF735FCF917AFFFD0',1795000000000);
CREATE UNIQUE INDEX commands_key ON commands (session, key) WHERE key IS NOT NULL;
CREATE INDEX commands_session ON commands (session, seq);
CREATE INDEX commands_status ON commands (status, changed_ms);
CREATE INDEX audit_session ON audit (session, id);
CREATE INDEX journal_session ON journal (session, seq);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit',47);
INSERT INTO "sqlite_sequence" VALUES('journal',55);
INSERT INTO "sqlite_sequence" VALUES('commands',7);
COMMIT;

-- Versioned documents: the nouns as JSON, secrets sealed.
CREATE TABLE record (
    kind    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT    NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- One row for each wish that somebody asked a pass for or works on. Times are microseconds since
-- the Unix epoch. What was asked is null while a lease has taken it over.
CREATE TABLE work (
    key                  TEXT    NOT NULL PRIMARY KEY,
    due_at               INTEGER,
    requested_generation INTEGER,
    priority             INTEGER NOT NULL,
    lease_owner          TEXT,
    lease_since          INTEGER,
    lease_until          INTEGER,
    lease_epoch          INTEGER,
    lease_generation     INTEGER,
    ready_at             INTEGER NOT NULL AS (coalesce(lease_until, due_at)) STORED,
    CHECK ((due_at IS NULL) = (requested_generation IS NULL)),
    CHECK ((lease_until IS NULL) = (lease_owner IS NULL)),
    CHECK ((lease_until IS NULL) = (lease_since IS NULL)),
    CHECK ((lease_until IS NULL) = (lease_epoch IS NULL)),
    CHECK ((lease_until IS NULL) = (lease_generation IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX work_by_ready_at ON work (ready_at);

-- The history. AUTOINCREMENT: a position is never given twice.
CREATE TABLE event (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    subject TEXT    NOT NULL,
    actor   TEXT    NOT NULL,
    code    TEXT    NOT NULL,
    message TEXT    NOT NULL,
    details TEXT    NOT NULL
) STRICT;

CREATE INDEX event_by_project ON event (project, seq);

-- The last number given to a version or a lease.
CREATE TABLE sequence (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL
) STRICT;

INSERT INTO sequence (id, last) VALUES (1, 0);

-- Something sealed, by which a wrong key is found out before it is used.
CREATE TABLE seal (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL
) STRICT;

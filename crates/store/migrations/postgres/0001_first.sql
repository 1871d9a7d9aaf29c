-- The same tables as on SQLite. Texts that are compared are in byte order, as in the other engines.

-- Versioned documents: the nouns as JSON, secrets sealed. `ended_at` and `owner` repeat a member of the
-- document, for the indexes on them.
CREATE TABLE record (
    kind     text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    version  bigint           NOT NULL,
    format   integer          NOT NULL,
    body     text             NOT NULL,
    ended_at text COLLATE "C",
    owner    text COLLATE "C",
    PRIMARY KEY (kind, key)
);

-- The rows in the order of their last change, by which a reader follows the changes.
CREATE INDEX record_by_version ON record (version);
CREATE INDEX record_by_end ON record (kind, ended_at, key) WHERE ended_at IS NOT NULL;
CREATE INDEX record_by_owner ON record (kind, owner, key) WHERE owner IS NOT NULL;

-- The removed rows. The number is drawn from the same sequence as versions.
CREATE TABLE removal (
    number bigint           NOT NULL PRIMARY KEY,
    kind   text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL
);

-- One row for each object that a pass is asked for, or that one works on. Times are microseconds since
-- the Unix epoch. What was asked is null while a lease has taken it over.
CREATE TABLE work (
    key                  text COLLATE "C" NOT NULL PRIMARY KEY,
    due_at               bigint,
    requested_generation bigint,
    priority             smallint         NOT NULL,
    lease_owner          text,
    lease_since          bigint,
    lease_until          bigint,
    lease_epoch          bigint,
    lease_generation     bigint,
    account              text COLLATE "C" NOT NULL,
    ready_at             bigint           NOT NULL
        GENERATED ALWAYS AS (coalesce(lease_until, due_at)) STORED,
    CHECK ((due_at IS NULL) = (requested_generation IS NULL)),
    CHECK ((lease_until IS NULL) = (lease_owner IS NULL)),
    CHECK ((lease_until IS NULL) = (lease_since IS NULL)),
    CHECK ((lease_until IS NULL) = (lease_epoch IS NULL)),
    CHECK ((lease_until IS NULL) = (lease_generation IS NULL))
);

-- Due work in the order of claims, and the accounts.
CREATE INDEX work_by_account ON work (account, priority, ready_at, key);

-- The history. Positions are drawn from `sequence`.
CREATE TABLE event (
    seq     bigint           NOT NULL PRIMARY KEY,
    project text COLLATE "C" NOT NULL,
    at      bigint           NOT NULL,
    subject text COLLATE "C" NOT NULL,
    actor   text             NOT NULL,
    code    text             NOT NULL,
    message text             NOT NULL,
    details text             NOT NULL
);

CREATE INDEX event_by_project ON event (project, seq);
CREATE INDEX event_by_subject ON event (project, subject, seq);

-- Numbers of events: of a project, with an empty subject, and of each of its services.
CREATE TABLE event_count (
    project text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    events  bigint           NOT NULL,
    PRIMARY KEY (project, subject)
);

CREATE INDEX event_count_by_events ON event_count ((subject = ''), events);

-- The last number given to a version or a lease, the last position of an event, and the lineage that
-- the store has. Every transaction that writes locks the row first, so one is done after the other,
-- whatever the replica, and the numbers are in the order of the commits.
CREATE TABLE sequence (
    id         smallint PRIMARY KEY CHECK (id = 1),
    last       bigint NOT NULL,
    last_event bigint NOT NULL,
    lineage    text   NOT NULL
);

INSERT INTO sequence (id, last, last_event, lineage) VALUES (1, 0, 0, '');

-- The lineages of the store, and the last number when each began. A lineage begins when the store is
-- created, when another server has it (a standby that was promoted, a copy that was restored), and
-- when an operator's replica takes an older store for the newest one (`accepted`).
CREATE TABLE lineage (
    ordinal  bigint      NOT NULL PRIMARY KEY,
    lineage  text        NOT NULL UNIQUE,
    began_at bigint      NOT NULL,
    server   text,
    accepted boolean     NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);

-- The last batch of each replica, by which a commit whose answer was lost is told from one that did
-- not happen.
CREATE TABLE replica (
    id    text        NOT NULL PRIMARY KEY,
    batch bigint      NOT NULL,
    at    timestamptz NOT NULL DEFAULT now()
);

-- Something sealed, by which a wrong key is found out before it is used.
CREATE TABLE seal (
    id   smallint PRIMARY KEY CHECK (id = 1),
    body text NOT NULL
);

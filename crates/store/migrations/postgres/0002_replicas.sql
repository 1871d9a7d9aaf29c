-- Leases by their owner, whose first part is the ID of a replica: those of one that ended are found.
CREATE INDEX work_by_lease_owner ON work (lease_owner) WHERE lease_owner IS NOT NULL;

-- Tasks that one replica does at an interval. No other one takes a shift before `due_at`, which is the end of the
-- interval, or of the longest time that a shift takes while it lasts.
CREATE TABLE shift (
    task     text        NOT NULL PRIMARY KEY,
    number   bigint      NOT NULL,
    began_at timestamptz NOT NULL,
    due_at   timestamptz NOT NULL
);

-- The IDs of a replica's keys, that of the key that encrypts first.
ALTER TABLE replica ADD COLUMN keys text;

-- The rows in the order of their last change, by which a reader follows the changes.
CREATE INDEX record_by_version ON record (version);

-- The removed rows. The number is drawn from the same sequence as versions. Old ones are forgotten:
-- a reader that is so far behind reads everything again.
CREATE TABLE removal (
    number INTEGER NOT NULL PRIMARY KEY,
    kind   TEXT    NOT NULL,
    key    TEXT    NOT NULL
) STRICT;

-- Due work in the order of claims.
CREATE INDEX work_by_priority ON work (priority, ready_at, key);

-- The account of the object, once a pass found it out; empty before. Rows of one account do not wait
-- behind those of another.
ALTER TABLE work ADD COLUMN account TEXT NOT NULL DEFAULT '';

-- Due work in the order of claims, and the accounts.
CREATE INDEX work_by_account ON work (account, priority, ready_at, key);

DROP INDEX work_by_priority;
DROP INDEX work_by_ready_at;

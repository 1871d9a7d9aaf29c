-- Due work in the order of claims: the projects of an account take turns. It also finds the accounts.
-- An orphan belongs to no project; the place of the project has its account.
ALTER TABLE work ADD COLUMN project TEXT NOT NULL AS (
    substr(key, instr(key, '/') + 1, instr(substr(key, instr(key, '/') + 1), '/') - 1)
) VIRTUAL;
CREATE INDEX work_by_turn ON work (account, priority, project, ready_at, key);
DROP INDEX work_by_account;

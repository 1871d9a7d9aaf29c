-- Due work in the order of claims: the projects of an account take turns. An orphan belongs to no
-- project; the place of the project has its account. `work_by_account` stays for replicas of the
-- release before.
CREATE INDEX work_by_turn ON work (account, priority, split_part(key, '/', 2), ready_at, key);

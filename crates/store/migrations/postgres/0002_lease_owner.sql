-- Leases by their owner, whose first part is the ID of a replica: those of one that ended are found.
CREATE INDEX work_by_lease_owner ON work (lease_owner) WHERE lease_owner IS NOT NULL;

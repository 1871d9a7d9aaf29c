-- The lineage of the store: 32 hexadecimal digits, drawn at each opening. It shows that a copy is of
-- another line of changes, whatever its numbers.
CREATE TABLE lineage (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    lineage TEXT NOT NULL
) STRICT;

-- The format of each document. A version that does not know it sets the document aside.
ALTER TABLE record ADD COLUMN format INTEGER NOT NULL DEFAULT 1;

-- The oldest schema whose version of Underpass can use this store. The schema itself is the
-- user_version. A migration that only adds leaves the number as it is; a migration that removes or
-- changes what earlier versions use raises it to its own.
CREATE TABLE compatibility (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    min_reader INTEGER NOT NULL
) STRICT;

INSERT INTO compatibility (id, min_reader) VALUES (1, 6);

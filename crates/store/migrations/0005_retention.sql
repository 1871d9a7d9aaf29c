-- Numbers of events, by which the history is kept within limits: of a project, with an empty subject,
-- and of each of its services with what is below it.
CREATE TABLE event_count (
    project TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    events  INTEGER NOT NULL,
    PRIMARY KEY (project, subject)
) STRICT, WITHOUT ROWID;

INSERT INTO event_count (project, subject, events)
    SELECT project, '', count(*) FROM event GROUP BY project;

INSERT INTO event_count (project, subject, events)
    SELECT project, service, count(*) FROM (
        SELECT project, 'service/' || substr(rest, 1, instr(rest || '/', '/') - 1) AS service
        FROM (SELECT project, substr(subject, 9) AS rest FROM event WHERE subject GLOB 'service/*')
    ) GROUP BY project, service;

-- The ones above a limit.
CREATE INDEX event_count_by_events ON event_count ((subject = ''), events);

-- Rows that are kept for a time after the end of what they describe, by this end.
CREATE INDEX ended_connection_by_end
    ON record (CASE WHEN json_valid(body) THEN json_extract(body, '$.ended_at') END)
    WHERE kind = 'ended_connection';
CREATE INDEX ended_link_by_end
    ON record (CASE WHEN json_valid(body) THEN json_extract(body, '$.ended_at') END)
    WHERE kind = 'ended_link';
CREATE INDEX token_by_end
    ON record (CASE WHEN json_valid(body) THEN json_extract(body, '$.expires_at') END)
    WHERE kind = 'token';

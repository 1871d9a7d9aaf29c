-- What happened to one thing and what is below it. The position comes after the columns by itself.
CREATE INDEX event_by_subject ON event (project, subject);

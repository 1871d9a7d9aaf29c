//! The history in SQL.

use rusqlite::{Connection, Row, params};
use underpass_model::event::Event;
use underpass_model::name::ProjectName;

use super::{engine, unreadable};
use crate::Error;
use crate::moment::Moment;

const APPEND: &str = "INSERT INTO event (project, at, subject, actor, code, message, details)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const PAGE: &str = "SELECT seq, at, subject, actor, code, message, details FROM event
    WHERE project = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";

/// Appends to the history.
pub(super) fn append(connection: &Connection, event: &Event) -> Result<(), Error> {
    let write = || {
        connection.prepare_cached(APPEND)?.execute(params![
            event.project.as_str(),
            Moment::from(event.at).microseconds(),
            event.subject,
            event.actor,
            event.code,
            event.message,
            event.details.to_string(),
        ])
    };
    write().map(drop).map_err(engine("append event"))
}

/// A project's history after a position.
pub(super) fn page(
    connection: &Connection,
    project: &ProjectName,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Event)>, Error> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = || {
        let mut statement = connection.prepare_cached(PAGE)?;
        let rows = statement.query_map(params![project.as_str(), after, limit], Line::read)?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let lines = read().map_err(engine("read events"))?;
    lines.into_iter().map(|line| line.decode(project)).collect()
}

struct Line {
    position: i64,
    at: i64,
    subject: String,
    actor: String,
    code: String,
    message: String,
    details: String,
}

impl Line {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            position: row.get(0)?,
            at: row.get(1)?,
            subject: row.get(2)?,
            actor: row.get(3)?,
            code: row.get(4)?,
            message: row.get(5)?,
            details: row.get(6)?,
        })
    }

    fn decode(self, project: &ProjectName) -> Result<(u64, Event), Error> {
        let position = self.position.to_string();
        let at = Moment::stored(self.at).map_err(unreadable("event", &position))?;
        let details =
            serde_json::from_str(&self.details).map_err(unreadable("event", &position))?;
        let event = Event {
            at: at.timestamp(),
            project: project.clone(),
            subject: self.subject,
            actor: self.actor,
            code: self.code,
            message: self.message,
            details,
        };
        Ok((self.position.cast_unsigned(), event))
    }
}

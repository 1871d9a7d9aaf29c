//! The history of events in SQL.

use rusqlite::{Connection, Params, Row, params};
use underpass_model::event::Event;
use underpass_model::name::ProjectName;

use super::error::{engine, unreadable};
use super::event_counts;
use crate::error::Error;
use crate::history::{HistoryOrder, HistoryPage};
use crate::stored_timestamp::StoredTimestamp;

const APPEND: &str = "INSERT INTO event (project, at, subject, actor, code, message, details)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// The columns of an event, in the order that [`EventRow::read`] expects.
const SELECT: &str = "SELECT seq, at, subject, actor, code, message, details FROM event";

/// The condition of a page about all subjects, evaluated on the index of the project's positions.
const WITHIN: &str = "project = ?1 AND seq > ?2 AND seq < ?3";

/// The positions of a page about one subject and the subjects below it, read from the index of
/// subjects only. Subjects that sort between the two, as `pg-1-copy` sorts between `pg-1` and
/// `pg-1/`, are skipped.
const ABOUT: &str = "SELECT seq FROM event INDEXED BY event_by_subject
    WHERE project = ?1 AND subject >= ?5 AND subject < ?7 AND (subject = ?5 OR subject >= ?6)
    AND seq > ?2 AND seq < ?3";

/// Appends an event to the history.
pub(super) fn append(connection: &Connection, event: &Event) -> Result<(), Error> {
    let project = event.project.as_str();
    let write = || {
        connection.prepare_cached(APPEND)?.execute(params![
            project,
            StoredTimestamp::from(event.at).microseconds(),
            event.subject,
            event.actor,
            event.code,
            event.message,
            event.details.to_string(),
        ])?;
        event_counts::add(connection, project, &event.subject)
    };
    write().map_err(engine("append event"))
}

/// Reads a page of a project's history.
pub(super) fn page(
    connection: &Connection,
    project: &ProjectName,
    page: &HistoryPage,
) -> Result<Vec<(u64, Event)>, Error> {
    let position = |position: u64| i64::try_from(position).unwrap_or(i64::MAX);
    let after = position(page.after);
    let before = page.before.map_or(i64::MAX, position);
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let name = project.as_str();
    let sequence = match page.order {
        HistoryOrder::Oldest => "ORDER BY seq LIMIT ?4",
        HistoryOrder::Newest => "ORDER BY seq DESC LIMIT ?4",
    };
    let read = || match &page.subject {
        None => {
            let sql = format!("{SELECT} WHERE {WITHIN} {sequence}");
            event_rows(connection, &sql, params![name, after, before, limit])
        }
        Some(subject) => {
            let sql = format!("{SELECT} WHERE seq IN ({ABOUT} {sequence}) {sequence}");
            // `0` is the character after `/`.
            let (below, end) = (format!("{subject}/"), format!("{subject}0"));
            let values = params![name, after, before, limit, subject, below, end];
            event_rows(connection, &sql, values)
        }
    };
    let rows = read().map_err(engine("read events"))?;
    let decoded = rows
        .into_iter()
        .filter_map(|row| match row.decode(project) {
            Ok(event) => Some(event),
            Err(error) => {
                tracing::error!(%error, "failed to read an event: it is left out");
                None
            }
        });
    Ok(decoded.collect())
}

fn event_rows(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> rusqlite::Result<Vec<EventRow>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(values, EventRow::read)?;
    rows.collect()
}

struct EventRow {
    position: i64,
    at: i64,
    subject: String,
    actor: String,
    code: String,
    message: String,
    details: String,
}

impl EventRow {
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

    /// Decodes an event. Details that cannot be decoded do not hide the event, nor the events beside
    /// it.
    fn decode(self, project: &ProjectName) -> Result<(u64, Event), Error> {
        let position = self.position.to_string();
        let at = StoredTimestamp::stored(self.at).map_err(unreadable("event", &position))?;
        let event = Event {
            at: at.timestamp(),
            project: project.clone(),
            subject: self.subject,
            actor: self.actor,
            code: self.code,
            message: self.message,
            details: serde_json::from_str(&self.details).unwrap_or_default(),
        };
        Ok((self.position.cast_unsigned(), event))
    }
}

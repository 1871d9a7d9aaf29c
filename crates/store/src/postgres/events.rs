//! Reads of the history of events in SQL.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as PgError, Row};
use underpass_model::event::Event;
use underpass_model::name::ProjectName;

use crate::history::{HistoryOrder, HistoryPage};
use crate::stored_timestamp::StoredTimestamp;

const SELECT: &str = "SELECT seq, at, subject, actor, code, message, details FROM event
    WHERE project = $1 AND seq > $2 AND seq < $3";

/// Subjects that sort between the two, as `pg-1-copy` sorts between `pg-1` and `pg-1/`, are left out.
const ABOUT: &str = "AND subject >= $5 AND subject < $7 AND (subject = $5 OR subject >= $6)";

/// Reads a page of a project's history.
pub(super) async fn page(
    client: &ClientWrapper,
    project: &ProjectName,
    page: &HistoryPage,
) -> Result<Vec<(u64, Event)>, PgError> {
    let position = |position: u64| i64::try_from(position).unwrap_or(i64::MAX);
    let after = position(page.after);
    let before = page.before.map_or(i64::MAX, position);
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let name = project.as_str();
    let sequence = match page.order {
        HistoryOrder::Oldest => "ORDER BY seq LIMIT $4",
        HistoryOrder::Newest => "ORDER BY seq DESC LIMIT $4",
    };
    let rows = match &page.subject {
        None => {
            let sql = format!("{SELECT} {sequence}");
            let statement = client.prepare_cached(&sql).await?;
            let values: [&(dyn ToSql + Sync); 4] = [&name, &after, &before, &limit];
            client.query(&statement, &values).await?
        }
        Some(subject) => {
            let sql = format!("{SELECT} {ABOUT} {sequence}");
            let statement = client.prepare_cached(&sql).await?;
            // `0` is the character after `/`.
            let (below, end) = (format!("{subject}/"), format!("{subject}0"));
            let values: [&(dyn ToSql + Sync); 7] =
                [&name, &after, &before, &limit, subject, &below, &end];
            client.query(&statement, &values).await?
        }
    };
    let mut events = Vec::new();
    for row in rows {
        events.extend(event(project, &row)?);
    }
    Ok(events)
}

/// Decodes an event. Details that cannot be decoded do not hide the event, nor a time that cannot be
/// decoded the events beside it.
fn event(project: &ProjectName, row: &Row) -> Result<Option<(u64, Event)>, PgError> {
    let position = row.try_get::<_, i64>(0)?.cast_unsigned();
    let at = match StoredTimestamp::stored(row.try_get(1)?) {
        Ok(at) => at.timestamp(),
        Err(error) => {
            tracing::error!(position, %error, "failed to read an event: it is left out");
            return Ok(None);
        }
    };
    let event = Event {
        at,
        project: project.clone(),
        subject: row.try_get(2)?,
        actor: row.try_get(3)?,
        code: row.try_get(4)?,
        message: row.try_get(5)?,
        details: serde_json::from_str(row.try_get(6)?).unwrap_or_default(),
    };
    Ok(Some((position, event)))
}

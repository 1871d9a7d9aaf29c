//! Removal of events that are no longer kept.

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as PgError, Row};

use super::flush::{COUNT_EVENTS, WHOLE_PROJECT};
use crate::retention::{EventLimits, service_of_event};
use crate::stored_timestamp::StoredTimestamp;

const OLDEST: &str = "SELECT at FROM event ORDER BY seq LIMIT 1";

/// Each reads a range of the index of numbers.
const PROJECT_ABOVE: &str = "SELECT project, subject, events FROM event_count
    WHERE (subject = '') = true AND events > $1 LIMIT 1";
const SERVICE_ABOVE: &str = "SELECT project, subject, events FROM event_count
    WHERE (subject = '') = false AND events > $1 LIMIT 1";

const TRIM_PROJECT: &str = "DELETE FROM event WHERE seq IN (
        SELECT seq FROM event WHERE project = $1 ORDER BY seq LIMIT $2)
    RETURNING project, subject";

const TRIM_SERVICE: &str = "DELETE FROM event WHERE seq IN (
        SELECT seq FROM event
        WHERE project = $1 AND subject >= $3 AND subject < $5
        AND (subject = $3 OR subject >= $4)
        ORDER BY seq LIMIT $2)
    RETURNING project, subject";

const TRIM_OLD: &str = "DELETE FROM event WHERE seq IN (
        SELECT seq FROM (SELECT seq, at FROM event ORDER BY seq LIMIT $2) AS first WHERE at < $1)
    RETURNING project, subject";

const FORGET: &str = "DELETE FROM event_count c
    USING unnest($1::text[], $2::text[]) AS gone (project, subject)
    WHERE c.project = gone.project COLLATE \"C\" AND c.subject = gone.subject COLLATE \"C\"
    AND c.events <= 0";

/// Events that were counted together.
struct Counted {
    project: String,
    subject: String,
    events: i64,
}

/// Returns whether there are events that are no longer kept.
pub(super) async fn has_surplus(
    client: &ClientWrapper,
    limits: &EventLimits,
) -> Result<bool, PgError> {
    let oldest = StoredTimestamp::from(limits.oldest).microseconds();
    let statement = client.prepare_cached(OLDEST).await?;
    let first: Option<i64> = client
        .query_opt(&statement, &[])
        .await?
        .map(|row| row.try_get(0))
        .transpose()?;
    Ok(first.is_some_and(|at| at < oldest)
        || above(client, PROJECT_ABOVE, limits.per_project)
            .await?
            .is_some()
        || above(client, SERVICE_ABOVE, limits.per_service)
            .await?
            .is_some())
}

/// Removes events that are no longer kept, at most `limit` of them.
pub(super) async fn trim(
    client: &ClientWrapper,
    limits: &EventLimits,
    limit: usize,
) -> Result<(), PgError> {
    let mut room = i64::try_from(limit).unwrap_or(i64::MAX);
    let oldest = StoredTimestamp::from(limits.oldest).microseconds();
    room -= remove(client, TRIM_OLD, &[&oldest, &room]).await?;
    for (range, most) in [
        (SERVICE_ABOVE, limits.per_service),
        (PROJECT_ABOVE, limits.per_project),
    ] {
        while room > 0
            && let Some(counted) = above(client, range, most).await?
        {
            let removed = counted.trim(client, most, room).await?;
            if removed == 0 {
                break;
            }
            room -= removed;
        }
    }
    Ok(())
}

impl Counted {
    /// Removes the oldest events above a limit; returns their number.
    async fn trim(&self, client: &ClientWrapper, most: u64, room: i64) -> Result<i64, PgError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let surplus = (self.events - most).min(room);
        let (project, subject) = (&self.project, &self.subject);
        if subject == WHOLE_PROJECT {
            return remove(client, TRIM_PROJECT, &[project, &surplus]).await;
        }
        // `0` is the character after `/`.
        let (below, end) = (format!("{subject}/"), format!("{subject}0"));
        let values: [&(dyn ToSql + Sync); 5] = [project, &surplus, subject, &below, &end];
        remove(client, TRIM_SERVICE, &values).await
    }
}

async fn above(client: &ClientWrapper, range: &str, most: u64) -> Result<Option<Counted>, PgError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let statement = client.prepare_cached(range).await?;
    let counted = |row: Row| {
        Ok(Counted {
            project: row.try_get(0)?,
            subject: row.try_get(1)?,
            events: row.try_get(2)?,
        })
    };
    let row = client.query_opt(&statement, &[&most]).await?;
    row.map(counted).transpose()
}

/// Removes events and takes them from the numbers; returns how many were removed.
async fn remove(
    client: &ClientWrapper,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<i64, PgError> {
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, values).await?;
    let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in &rows {
        let project: String = row.try_get(0)?;
        let subject: String = row.try_get(1)?;
        if let Some(service) = service_of_event(&subject) {
            *counts
                .entry((project.clone(), service.to_owned()))
                .or_default() -= 1;
        }
        *counts
            .entry((project, WHOLE_PROJECT.to_owned()))
            .or_default() -= 1;
    }
    if !counts.is_empty() {
        let (mut projects, mut subjects, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        for ((project, subject), number) in counts {
            projects.push(project);
            subjects.push(subject);
            numbers.push(number);
        }
        let count = client.prepare_cached(COUNT_EVENTS).await?;
        client
            .execute(&count, &[&projects, &subjects, &numbers])
            .await?;
        let forget = client.prepare_cached(FORGET).await?;
        client.execute(&forget, &[&projects, &subjects]).await?;
    }
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

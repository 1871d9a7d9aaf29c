//! Numbers of events per project and per service, and the removal of events beyond a limit.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Params, params};

use super::error::engine;
use crate::error::Error;
use crate::retention::{EventLimits, service_of_event};
use crate::stored_timestamp::StoredTimestamp;

/// The subject under which the events of a whole project are counted.
const WHOLE_PROJECT: &str = "";

const ADD: &str = "INSERT INTO event_count (project, subject, events) VALUES (?1, ?2, ?3)
    ON CONFLICT (project, subject) DO UPDATE SET events = events + excluded.events";

const FORGET: &str = "DELETE FROM event_count WHERE project = ?1 AND subject = ?2 AND events <= 0";

/// Each reads a range of the index of numbers.
const PROJECT_ABOVE: &str = "SELECT project, subject, events FROM event_count
    INDEXED BY event_count_by_events WHERE (subject = '') = 1 AND events > ?1 LIMIT 1";
const SERVICE_ABOVE: &str = "SELECT project, subject, events FROM event_count
    INDEXED BY event_count_by_events WHERE (subject = '') = 0 AND events > ?1 LIMIT 1";

const OLDEST: &str = "SELECT at FROM event ORDER BY seq LIMIT 1";

const TRIM_PROJECT: &str = "DELETE FROM event WHERE seq IN (
        SELECT seq FROM event INDEXED BY event_by_project
        WHERE project = ?1 ORDER BY seq LIMIT ?2)
    RETURNING project, subject";

/// Reads the positions of one service only.
const TRIM_SERVICE: &str = "DELETE FROM event WHERE seq IN (
        SELECT seq FROM event INDEXED BY event_by_subject
        WHERE project = ?1 AND subject >= ?3 AND subject < ?5
        AND (subject = ?3 OR subject >= ?4)
        ORDER BY seq LIMIT ?2)
    RETURNING project, subject";

const TRIM_OLD: &str = "DELETE FROM event WHERE seq IN (
        SELECT seq FROM (SELECT seq, at FROM event ORDER BY seq LIMIT ?2) WHERE at < ?1)
    RETURNING project, subject";

/// Counts an appended event.
pub(super) fn add(connection: &Connection, project: &str, subject: &str) -> rusqlite::Result<()> {
    for counted in [Some(WHOLE_PROJECT), service_of_event(subject)]
        .into_iter()
        .flatten()
    {
        change(connection, project, counted, 1)?;
    }
    Ok(())
}

/// Returns whether there are events that are no longer kept.
pub(super) fn has_surplus(connection: &Connection, limits: &EventLimits) -> Result<bool, Error> {
    let read = || {
        let oldest = StoredTimestamp::from(limits.oldest).microseconds();
        let first: Option<i64> = connection
            .prepare_cached(OLDEST)?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(first.is_some_and(|at| at < oldest)
            || above(connection, PROJECT_ABOVE, limits.per_project)?.is_some()
            || above(connection, SERVICE_ABOVE, limits.per_service)?.is_some())
    };
    read().map_err(engine("look for events to remove"))
}

/// Removes events that are no longer kept, at most `limit` of them.
pub(super) fn trim(
    connection: &Connection,
    limits: &EventLimits,
    limit: usize,
) -> Result<(), Error> {
    let write = || {
        let mut room = i64::try_from(limit).unwrap_or(i64::MAX);
        let oldest = StoredTimestamp::from(limits.oldest).microseconds();
        room -= remove(connection, TRIM_OLD, params![oldest, room])?;
        for (range, most) in [
            (SERVICE_ABOVE, limits.per_service),
            (PROJECT_ABOVE, limits.per_project),
        ] {
            while room > 0
                && let Some(counted) = above(connection, range, most)?
            {
                let removed = counted.trim(connection, most, room)?;
                if removed == 0 {
                    break;
                }
                room -= removed;
            }
        }
        Ok(())
    };
    write().map_err(engine("remove old events"))
}

/// Events that were counted together.
struct Counted {
    project: String,
    subject: String,
    events: i64,
}

impl Counted {
    /// Removes the oldest events above a limit; returns their number.
    fn trim(&self, connection: &Connection, most: u64, room: i64) -> rusqlite::Result<i64> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let surplus = (self.events - most).min(room);
        let (project, subject) = (&self.project, &self.subject);
        if subject == WHOLE_PROJECT {
            return remove(connection, TRIM_PROJECT, params![project, surplus]);
        }
        // `0` is the character after `/`.
        let (below, end) = (format!("{subject}/"), format!("{subject}0"));
        let values = params![project, surplus, subject, below, end];
        remove(connection, TRIM_SERVICE, values)
    }
}

fn above(connection: &Connection, range: &str, most: u64) -> rusqlite::Result<Option<Counted>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    connection
        .prepare_cached(range)?
        .query_row([most], |row| {
            Ok(Counted {
                project: row.get(0)?,
                subject: row.get(1)?,
                events: row.get(2)?,
            })
        })
        .optional()
}

/// Removes events and takes them from the numbers; returns how many were removed.
fn remove(connection: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(sql)?;
    let removed: Vec<(String, String)> = statement
        .query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (project, subject) in &removed {
        *counts.entry((project, WHOLE_PROJECT)).or_default() += 1;
        if let Some(service) = service_of_event(subject) {
            *counts.entry((project, service)).or_default() += 1;
        }
    }
    for ((project, subject), count) in counts {
        change(connection, project, subject, -count)?;
        connection
            .prepare_cached(FORGET)?
            .execute([project, subject])?;
    }
    Ok(i64::try_from(removed.len()).unwrap_or(i64::MAX))
}

fn change(connection: &Connection, project: &str, subject: &str, by: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(ADD)?
        .execute(params![project, subject, by])
        .map(drop)
}

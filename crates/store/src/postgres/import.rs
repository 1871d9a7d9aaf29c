//! Filling an empty database with the rows of another store.

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper;
use serde_json::Value;
use tokio_postgres::Error as PgError;
use tokio_postgres::types::ToSql;

use super::flush::{COUNT_EVENTS, WHOLE_PROJECT};
use super::session::{BatchId, Failed, Session};
use crate::kind::Kind;
use crate::retention::service_of_event;
use crate::sqlite::{StoredEvent, StoredRow, StoredRows, StoredWork};

/// Rows in one statement: 1,000, a few megabytes at most.
const ROWS: usize = 1000;

const IS_EMPTY: &str = "SELECT NOT EXISTS (SELECT 1 FROM record)
    AND NOT EXISTS (SELECT 1 FROM work) AND NOT EXISTS (SELECT 1 FROM event)";

const COUNT: &str = "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM removal),
    (SELECT count(*) FROM work), (SELECT count(*) FROM event)";

const DOCUMENTS: &str = "INSERT INTO record (kind, key, version, format, body, ended_at, owner)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::text[],
        $7::text[])";

const REMOVALS: &str = "INSERT INTO removal (number, kind, key)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])";

/// Leases end, as at a start on SQLite: `lease_until` is `lease_since`.
const WORK: &str = "INSERT INTO work (key, due_at, requested_generation, priority,
        lease_owner, lease_since, lease_until, lease_epoch, lease_generation, account)
    SELECT w.key, w.due_at, w.requested, w.priority, w.owner, w.since, w.since, w.epoch,
        w.generation, w.account
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::text[])
        AS w (key, due_at, requested, priority, owner, since, epoch, generation, account)";

const EVENTS: &str = "INSERT INTO event (seq, project, at, subject, actor, code, message, details)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
        $7::text[], $8::text[])";

/// Numbers of rows that were written so far, and of all rows.
pub(super) type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// The end of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Imported {
    Whole,
    /// The database has a store; nothing was written.
    NotEmpty,
    /// The numbers of rows in the database differ from those that were written; nothing remains.
    OtherNumbers,
}

/// Writes rows to a database in one transaction, and counts them there before it commits.
pub(super) async fn import(
    session: &Session,
    rows: &StoredRows,
    batch: &BatchId,
    progress: Progress<'_>,
) -> Result<Imported, Failed> {
    let locked = session.lock_and(async { Ok(()) }).await;
    let (locked, ()) = locked.map_err(Failed::Whole)?;
    let filled = fill(&session.client, rows, locked.last, progress).await;
    match filled {
        Ok(Imported::Whole) => {}
        refused => {
            session.roll_back().await;
            return refused.map_err(Failed::Whole);
        }
    }
    let nothing_else = async { Ok(()) };
    session
        .commit(nothing_else, rows.last, rows.last_event, batch)
        .await
        .map(|()| Imported::Whole)
}

async fn fill(
    client: &ClientWrapper,
    rows: &StoredRows,
    last: u64,
    progress: Progress<'_>,
) -> Result<Imported, PgError> {
    let is_empty: bool = client.query_one(IS_EMPTY, &[]).await?.try_get(0)?;
    if !is_empty || last > 0 {
        return Ok(Imported::NotEmpty);
    }
    // A gigabyte takes longer than a statement of a request may.
    client
        .batch_execute("SET LOCAL statement_timeout = 0")
        .await?;
    let all = rows.documents.len() + rows.work.len() + rows.events.len();
    let mut done = 0;
    let mut advance = |rows: usize| {
        done += rows;
        progress(done, all);
    };
    for documents in rows.documents.chunks(ROWS) {
        insert_documents(client, documents).await?;
        advance(documents.len());
    }
    for removals in rows.removals.chunks(ROWS) {
        let numbers: Vec<_> = removals.iter().map(|it| it.0).collect();
        let kinds: Vec<_> = removals.iter().map(|it| &it.1).collect();
        let keys: Vec<_> = removals.iter().map(|it| &it.2).collect();
        client.execute(REMOVALS, &[&numbers, &kinds, &keys]).await?;
    }
    for work in rows.work.chunks(ROWS) {
        insert_work(client, work).await?;
        advance(work.len());
    }
    for events in rows.events.chunks(ROWS) {
        insert_events(client, events).await?;
        advance(events.len());
    }
    count_events(client, &rows.events).await?;
    let counted = client.query_one(COUNT, &[]).await?;
    let numbers = [
        rows.documents.len(),
        rows.removals.len(),
        rows.work.len(),
        rows.events.len(),
    ];
    for (index, number) in numbers.into_iter().enumerate() {
        if usize::try_from(counted.try_get::<_, i64>(index)?) != Ok(number) {
            return Ok(Imported::OtherNumbers);
        }
    }
    Ok(Imported::Whole)
}

async fn insert_documents(client: &ClientWrapper, rows: &[StoredRow]) -> Result<(), PgError> {
    let kinds: Vec<_> = rows.iter().map(|it| &it.kind).collect();
    let keys: Vec<_> = rows.iter().map(|it| &it.key).collect();
    let versions: Vec<_> = rows.iter().map(|it| it.version).collect();
    let formats: Vec<_> = rows.iter().map(|it| it.format).collect();
    let bodies: Vec<_> = rows.iter().map(|it| &it.body).collect();
    let ends: Vec<_> = rows.iter().map(|it| it.member(Kind::end_member)).collect();
    let owners: Vec<_> = rows
        .iter()
        .map(|it| it.member(Kind::owner_member))
        .collect();
    let values: [&(dyn ToSql + Sync); 7] =
        [&kinds, &keys, &versions, &formats, &bodies, &ends, &owners];
    client.execute(DOCUMENTS, &values).await.map(drop)
}

async fn insert_work(client: &ClientWrapper, rows: &[StoredWork]) -> Result<(), PgError> {
    let keys: Vec<_> = rows.iter().map(|it| &it.key).collect();
    let due_at: Vec<_> = rows.iter().map(|it| it.due_at).collect();
    let requested: Vec<_> = rows.iter().map(|it| it.requested).collect();
    let priorities: Vec<_> = rows.iter().map(|it| it.priority).collect();
    let owners: Vec<_> = rows.iter().map(|it| &it.owner).collect();
    let since: Vec<_> = rows.iter().map(|it| it.since).collect();
    let epochs: Vec<_> = rows.iter().map(|it| it.epoch).collect();
    let generations: Vec<_> = rows.iter().map(|it| it.generation).collect();
    let accounts: Vec<_> = rows.iter().map(|it| &it.account).collect();
    let values: [&(dyn ToSql + Sync); 9] = [
        &keys,
        &due_at,
        &requested,
        &priorities,
        &owners,
        &since,
        &epochs,
        &generations,
        &accounts,
    ];
    client.execute(WORK, &values).await.map(drop)
}

async fn insert_events(client: &ClientWrapper, rows: &[StoredEvent]) -> Result<(), PgError> {
    let positions: Vec<_> = rows.iter().map(|it| it.position).collect();
    let projects: Vec<_> = rows.iter().map(|it| &it.project).collect();
    let at: Vec<_> = rows.iter().map(|it| it.at).collect();
    let mut texts: [Vec<&String>; 5] = Default::default();
    for row in rows {
        for (column, text) in texts.iter_mut().zip(&row.texts) {
            column.push(text);
        }
    }
    let [subjects, actors, codes, messages, details] = &texts;
    let values: [&(dyn ToSql + Sync); 8] = [
        &positions, &projects, &at, subjects, actors, codes, messages, details,
    ];
    client.execute(EVENTS, &values).await.map(drop)
}

async fn count_events(client: &ClientWrapper, rows: &[StoredEvent]) -> Result<(), PgError> {
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for row in rows {
        *counts.entry((&row.project, WHOLE_PROJECT)).or_default() += 1;
        let [subject, ..] = &row.texts;
        if let Some(service) = service_of_event(subject) {
            *counts.entry((&row.project, service)).or_default() += 1;
        }
    }
    let projects: Vec<_> = counts.keys().map(|it| it.0).collect();
    let subjects: Vec<_> = counts.keys().map(|it| it.1).collect();
    let numbers: Vec<_> = counts.into_values().collect();
    let values: [&(dyn ToSql + Sync); 3] = [&projects, &subjects, &numbers];
    client.execute(COUNT_EVENTS, &values).await.map(drop)
}

impl StoredRow {
    /// Returns the text of a member by which rows of its kind are found.
    fn member(&self, of: impl Fn(Kind) -> Option<&'static str>) -> Option<String> {
        let name = of(Kind::stored(&self.kind)?)?;
        let body: Value = serde_json::from_str(&self.body).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}

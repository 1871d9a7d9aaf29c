//! Writes of evaluated changes, in one round trip.

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as PgError, Statement};

use super::batch::Batch;
use super::work::{account_text, rank};
use crate::changed_row::REMEMBERED;
use crate::retention::service_of_event;
use crate::stored_timestamp::StoredTimestamp;
use crate::work::Row;

const PUT: &str = "INSERT INTO record (kind, key, version, format, body, ended_at, owner)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::text[],
        $7::text[])
    ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, format = excluded.format,
        body = excluded.body, ended_at = excluded.ended_at, owner = excluded.owner";

const REMOVE: &str = "DELETE FROM record r USING unnest($1::text[], $2::text[]) AS gone (kind, key)
    WHERE r.kind = gone.kind COLLATE \"C\" AND r.key = gone.key COLLATE \"C\"";

const REMEMBER_REMOVALS: &str = "INSERT INTO removal (number, kind, key)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])";

/// Removals that no reader asks for any more.
const FORGET_REMOVALS: &str = "DELETE FROM removal WHERE number < $1";

const SAVE_WORK: &str = "INSERT INTO work (key, due_at, requested_generation, priority,
        lease_owner, lease_since, lease_until, lease_epoch, lease_generation, account)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::smallint[],
        $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
    ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at,
        requested_generation = excluded.requested_generation, priority = excluded.priority,
        lease_owner = excluded.lease_owner, lease_since = excluded.lease_since,
        lease_until = excluded.lease_until, lease_epoch = excluded.lease_epoch,
        lease_generation = excluded.lease_generation, account = excluded.account";

const REMOVE_WORK: &str = "DELETE FROM work WHERE key = ANY($1)";

const APPEND: &str = "INSERT INTO event (seq, project, at, subject, actor, code, message, details)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
        $7::text[], $8::text[])";

pub(super) const COUNT_EVENTS: &str = "INSERT INTO event_count (project, subject, events)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
    ON CONFLICT (project, subject) DO UPDATE SET events = event_count.events + excluded.events";

/// The subject under which the events of a whole project are counted.
pub(super) const WHOLE_PROJECT: &str = "";

/// The statements that write.
pub(super) struct Statements {
    put: Statement,
    remove: Statement,
    remember_removals: Statement,
    forget_removals: Statement,
    save_work: Statement,
    remove_work: Statement,
    append: Statement,
    count_events: Statement,
}

// === impl Statements ===

impl Statements {
    pub(super) async fn prepare(client: &ClientWrapper) -> Result<Self, PgError> {
        Ok(Self {
            put: client.prepare(PUT).await?,
            remove: client.prepare(REMOVE).await?,
            remember_removals: client.prepare(REMEMBER_REMOVALS).await?,
            forget_removals: client.prepare(FORGET_REMOVALS).await?,
            save_work: client.prepare(SAVE_WORK).await?,
            remove_work: client.prepare(REMOVE_WORK).await?,
            append: client.prepare(APPEND).await?,
            count_events: client.prepare(COUNT_EVENTS).await?,
        })
    }

    /// Writes what changes made of the rows. All statements are sent when the future is first polled.
    pub(super) async fn write(&self, client: &ClientWrapper, batch: &Batch) -> Result<(), PgError> {
        let (records, removals, work, events) = tokio::join!(
            biased;
            self.write_records(client, batch),
            self.write_removals(client, batch),
            self.write_work(client, batch),
            self.write_events(client, batch),
        );
        records.and(removals).and(work).and(events)
    }

    async fn write_records(&self, client: &ClientWrapper, batch: &Batch) -> Result<(), PgError> {
        let mut put = Records::default();
        let (mut gone_kinds, mut gone_keys) = (Vec::new(), Vec::new());
        for ((kind, key), slot) in &batch.rows {
            match (&slot.body, slot.version) {
                (Some(body), Some(version)) => {
                    put.kinds.push(kind.as_str());
                    put.keys.push(key);
                    put.versions.push(version.cast_signed());
                    put.formats.push(kind.format().cast_signed());
                    put.bodies.push(&body.text);
                    put.ends.push(body.ended_at.as_deref());
                    put.owners.push(body.owner.as_deref());
                }
                (_, None) if slot.stored.is_some() => {
                    gone_kinds.push(kind.as_str());
                    gone_keys.push(key.as_str());
                }
                _ => {}
            }
        }
        let values: [&(dyn ToSql + Sync); 7] = [
            &put.kinds,
            &put.keys,
            &put.versions,
            &put.formats,
            &put.bodies,
            &put.ends,
            &put.owners,
        ];
        let gone: [&(dyn ToSql + Sync); 2] = [&gone_kinds, &gone_keys];
        let (put, gone) = tokio::join!(
            biased;
            perform(client, &self.put, &values, !put.kinds.is_empty()),
            perform(client, &self.remove, &gone, !gone_kinds.is_empty()),
        );
        put.and(gone)
    }

    async fn write_removals(&self, client: &ClientWrapper, batch: &Batch) -> Result<(), PgError> {
        let (mut numbers, mut kinds, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for (number, kind, key) in &batch.removals {
            numbers.push(number.cast_signed());
            kinds.push(kind.as_str());
            keys.push(key);
        }
        let oldest = batch.last.saturating_sub(REMEMBERED).cast_signed();
        let values: [&(dyn ToSql + Sync); 3] = [&numbers, &kinds, &keys];
        let forgotten: [&(dyn ToSql + Sync); 1] = [&oldest];
        let (remembered, forgotten) = tokio::join!(
            biased;
            perform(client, &self.remember_removals, &values, !numbers.is_empty()),
            perform(client, &self.forget_removals, &forgotten, !numbers.is_empty()),
        );
        remembered.and(forgotten)
    }

    async fn write_work(&self, client: &ClientWrapper, batch: &Batch) -> Result<(), PgError> {
        let mut saved = Work::default();
        let mut gone = Vec::new();
        for (key, slot) in &batch.work {
            match &slot.row {
                Some(row) if slot.is_changed => saved.add(key, row),
                None if slot.is_changed && slot.was_stored => gone.push(key),
                _ => {}
            }
        }
        let values: [&(dyn ToSql + Sync); 10] = [
            &saved.keys,
            &saved.due_at,
            &saved.requested,
            &saved.priorities,
            &saved.owners,
            &saved.since,
            &saved.until,
            &saved.epochs,
            &saved.generations,
            &saved.accounts,
        ];
        let gone_keys: [&(dyn ToSql + Sync); 1] = [&gone];
        let (saved, gone) = tokio::join!(
            biased;
            perform(client, &self.save_work, &values, !saved.keys.is_empty()),
            perform(client, &self.remove_work, &gone_keys, !gone.is_empty()),
        );
        saved.and(gone)
    }

    async fn write_events(&self, client: &ClientWrapper, batch: &Batch) -> Result<(), PgError> {
        let mut rows = Events::default();
        let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for (position, event) in &batch.events {
            let project = event.project.as_str();
            rows.positions.push(position.cast_signed());
            rows.projects.push(project);
            rows.at.push(StoredTimestamp::from(event.at).microseconds());
            rows.subjects.push(&event.subject);
            rows.actors.push(&event.actor);
            rows.codes.push(&event.code);
            rows.messages.push(&event.message);
            rows.details.push(event.details.to_string());
            *counts.entry((project, WHOLE_PROJECT)).or_default() += 1;
            if let Some(service) = service_of_event(&event.subject) {
                *counts.entry((project, service)).or_default() += 1;
            }
        }
        let values: [&(dyn ToSql + Sync); 8] = [
            &rows.positions,
            &rows.projects,
            &rows.at,
            &rows.subjects,
            &rows.actors,
            &rows.codes,
            &rows.messages,
            &rows.details,
        ];
        let (mut projects, mut subjects, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        for ((project, subject), number) in &counts {
            projects.push(*project);
            subjects.push(*subject);
            numbers.push(*number);
        }
        let counted: [&(dyn ToSql + Sync); 3] = [&projects, &subjects, &numbers];
        let (appended, counted) = tokio::join!(
            biased;
            perform(client, &self.append, &values, !rows.positions.is_empty()),
            perform(client, &self.count_events, &counted, !projects.is_empty()),
        );
        appended.and(counted)
    }
}

/// Executes a statement, unless there is nothing to write.
async fn perform(
    client: &ClientWrapper,
    statement: &Statement,
    values: &[&(dyn ToSql + Sync)],
    is_needed: bool,
) -> Result<(), PgError> {
    if is_needed {
        client.execute(statement, values).await?;
    }
    Ok(())
}

/// Documents as columns.
#[derive(Default)]
struct Records<'a> {
    kinds: Vec<&'static str>,
    keys: Vec<&'a String>,
    versions: Vec<i64>,
    formats: Vec<i32>,
    bodies: Vec<&'a String>,
    ends: Vec<Option<&'a str>>,
    owners: Vec<Option<&'a str>>,
}

/// Rows of work as columns.
#[derive(Default)]
struct Work<'a> {
    keys: Vec<&'a String>,
    due_at: Vec<Option<i64>>,
    requested: Vec<Option<i64>>,
    priorities: Vec<i16>,
    owners: Vec<Option<&'a String>>,
    since: Vec<Option<i64>>,
    until: Vec<Option<i64>>,
    epochs: Vec<Option<i64>>,
    generations: Vec<Option<i64>>,
    accounts: Vec<&'a str>,
}

impl<'a> Work<'a> {
    fn add(&mut self, key: &'a String, row: &'a Row) {
        let (pending, lease) = (row.pending.as_ref(), row.lease.as_ref());
        self.keys.push(key);
        self.due_at.push(pending.map(|it| it.due_at.microseconds()));
        self.requested
            .push(pending.map(|it| it.generation.0.cast_signed()));
        self.priorities.push(rank(row.priority));
        self.owners.push(lease.map(|it| &it.owner));
        self.since.push(lease.map(|it| it.since.microseconds()));
        self.until.push(lease.map(|it| it.until.microseconds()));
        self.epochs.push(lease.map(|it| it.epoch.cast_signed()));
        self.generations
            .push(lease.map(|it| it.generation.0.cast_signed()));
        self.accounts.push(account_text(row.account.as_ref()));
    }
}

/// Events as columns.
#[derive(Default)]
struct Events<'a> {
    positions: Vec<i64>,
    projects: Vec<&'a str>,
    at: Vec<i64>,
    subjects: Vec<&'a String>,
    actors: Vec<&'a String>,
    codes: Vec<&'a String>,
    messages: Vec<&'a String>,
    details: Vec<String>,
}

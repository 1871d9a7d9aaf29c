//! Rows of work in SQL. Their transitions are defined in [`crate::work`].

use std::cmp::Reverse;

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, named_params, params};
use underpass_model::id::Generation;
use underpass_model::name::AccountName;
use underpass_model::work::{Enqueue, Priority, WorkKey};

use super::error::engine;
use super::numbers::Numbers;
use crate::claim::Claim;
use crate::error::Error;
use crate::room::Room;
use crate::stored_timestamp::StoredTimestamp;
use crate::work::{ClaimRequest, Lease, PendingRequest, Row};
use crate::work_edit::WorkEdit;

const LOAD: &str = "SELECT due_at, requested_generation, priority,
        lease_owner, lease_since, lease_until, lease_epoch, lease_generation, account
    FROM work WHERE key = ?1";

const SAVE: &str = "INSERT OR REPLACE INTO work (key, due_at, requested_generation, priority,
        lease_owner, lease_since, lease_until, lease_epoch, lease_generation, account)
    VALUES (:key, :due_at, :requested_generation, :priority,
        :lease_owner, :lease_since, :lease_until, :lease_epoch, :lease_generation,
        :account)";

/// The projects with rows of an account, each with the times of its first and its last row. Jumps from
/// project to project in the index, so a backlog of waiting rows costs nothing.
const PROJECTS: &str = "WITH RECURSIVE project (name) AS (
        SELECT min(project) FROM work WHERE account = ?1 AND priority = ?2
        UNION ALL
        SELECT (SELECT min(w.project) FROM work w
            WHERE w.account = ?1 AND w.priority = ?2 AND w.project > p.name)
        FROM project p WHERE p.name IS NOT NULL
    )
    SELECT p.name,
        (SELECT min(ready_at) FROM work w
            WHERE w.account = ?1 AND w.priority = ?2 AND w.project = p.name),
        (SELECT max(ready_at) FROM work w
            WHERE w.account = ?1 AND w.priority = ?2 AND w.project = p.name)
    FROM project p WHERE p.name IS NOT NULL";

const DUE: &str = "SELECT ready_at, key FROM work
    WHERE account = ?1 AND priority = ?2 AND project = ?3 AND ready_at <= ?4
    ORDER BY ready_at, key LIMIT ?5";

/// Rows that a clock that was ahead parked.
const PARKED: &str = "SELECT ready_at, key FROM work
    WHERE account = ?1 AND priority = ?2 AND project = ?3 AND ready_at > ?4
    ORDER BY ready_at, key LIMIT ?5";

/// Jumps from account to account in the index, so the cost is the number of accounts, not of rows.
const NEXT_ACCOUNT: &str = "SELECT min(account) FROM work WHERE account > ?1";

const PRIORITIES: [Priority; 2] = [Priority::User, Priority::Background];

/// Returns whether the work is leased with this epoch.
pub(super) fn is_leased_as(
    connection: &Connection,
    key: &WorkKey,
    epoch: u64,
) -> Result<bool, Error> {
    Ok(load(connection, &key.to_string())?.is_some_and(|row| row.is_leased_as(epoch)))
}

/// Ends every lease. The process that opens the store is its only user, so every holder of a lease
/// is gone. The work is due immediately instead of at the end of its lease.
pub(super) fn end_leases(connection: &Connection) -> Result<(), Error> {
    let read = || {
        connection
            .prepare("SELECT key FROM work WHERE lease_until IS NOT NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()
    };
    for key in read().map_err(engine("read leased work"))? {
        if let Some(row) = load(connection, &key)? {
            save(connection, &key, &row.after_loss())?;
        }
    }
    Ok(())
}

/// Enqueues work.
pub(super) fn enqueue(connection: &Connection, request: &Enqueue) -> Result<(), Error> {
    let key = request.key.to_string();
    let row = load(connection, &key)?;
    save(connection, &key, &Row::after_request(row, request))
}

/// Ends a lease, if its epoch is the row's.
pub(super) fn edit(connection: &Connection, edit: &WorkEdit) -> Result<(), Error> {
    let key = edit.key().to_string();
    let Some(row) = load(connection, &key)? else {
        return Ok(());
    };
    match row.after_edit(edit) {
        Some(row) => save(connection, &key, &row),
        None => remove(connection, &key),
    }
}

/// Leases due work.
pub(super) fn claim(
    connection: &Connection,
    request: &ClaimRequest,
    room: &Room,
    numbers: &mut Numbers,
) -> Result<Vec<Claim>, Error> {
    let mut found = Vec::new();
    for account in accounts(connection, room)? {
        found.extend(due(connection, request, account.as_ref(), room)?);
    }
    found.sort();
    found.truncate(room.total());
    let mut claims = Vec::new();
    for DueRow { key: text, .. } in found {
        let Ok(key) = text.parse() else {
            // Due again when the store is opened next, perhaps by the version that knows the kind.
            tracing::error!(
                work = text,
                "failed to read the key of due work: it is set aside"
            );
            set_aside(connection, &text, request, numbers)?;
            continue;
        };
        if let Some(row) = load(connection, &text)? {
            let epoch = numbers.draw();
            let (row, claim) = row.after_claim(key, request, epoch);
            save(connection, &text, &row)?;
            claims.push(claim);
        }
    }
    Ok(claims)
}

/// Leases a row that this version cannot work on, so that it hides no other row.
fn set_aside(
    connection: &Connection,
    key: &str,
    request: &ClaimRequest,
    numbers: &mut Numbers,
) -> Result<(), Error> {
    if let Some(row) = load(connection, key)? {
        let epoch = numbers.draw();
        save(connection, key, &row.after_setting_aside(request, epoch))?;
    }
    Ok(())
}

/// Reads the time of the next due row.
pub(super) fn next_due(
    connection: &Connection,
    room: &Room,
) -> Result<Option<StoredTimestamp>, Error> {
    let mut next: Option<StoredTimestamp> = None;
    for account in accounts(connection, room)? {
        for priority in PRIORITIES {
            let projects = projects(connection, account.as_ref(), priority)?;
            let first = projects.iter().map(|project| project.first);
            next = next.into_iter().chain(first).min();
        }
    }
    Ok(next)
}

/// Reads the accounts that contain rows and have room.
fn accounts(connection: &Connection, room: &Room) -> Result<Vec<Option<AccountName>>, Error> {
    let mut accounts = vec![None];
    let read = |after: &str| {
        connection
            .prepare_cached(NEXT_ACCOUNT)?
            .query_row([after], |row| row.get::<_, Option<String>>(0))
    };
    let mut last = String::new();
    while let Some(text) = read(&last).map_err(engine("read the accounts of work"))? {
        // An account that cannot be read hides no other.
        accounts.extend(text.parse().ok().map(Some));
        last = text;
    }
    accounts.retain(|account| room.of_account(account.as_ref()) > 0);
    Ok(accounts)
}

/// A due row in the order of claims.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DueRow {
    priority: Reverse<Priority>,
    /// Place in the order of its project, after the rows that are being worked on.
    place: usize,
    ready_at: StoredTimestamp,
    key: String,
}

/// A project with rows of one account and priority.
struct Project {
    name: String,
    first: StoredTimestamp,
    last: StoredTimestamp,
}

/// Reads the due rows of an account: of each project as many as there is room for, in turns.
fn due(
    connection: &Connection,
    request: &ClaimRequest,
    account: Option<&AccountName>,
    room: &Room,
) -> Result<Vec<DueRow>, Error> {
    let limit = room.of_account(account);
    let (now, horizon) = (request.now, request.horizon());
    let mut found: Vec<DueRow> = Vec::new();
    for priority in PRIORITIES {
        let mut projects = projects(connection, account, priority)?;
        projects.retain(|project| project.first <= now || project.last > horizon);
        projects.sort_by_cached_key(|project| (room.running_of(&project.name), project.first));
        // The first rows of so many projects come before every row of the others.
        for project in projects.iter().take(limit) {
            let mut rows = Vec::new();
            if project.first <= now {
                rows = ready(connection, DUE, account, priority, project, now, limit)?;
            }
            if project.last > horizon {
                let parked = ready(
                    connection, PARKED, account, priority, project, horizon, limit,
                )?;
                rows.extend(parked);
            }
            let running = room.running_of(&project.name);
            found.extend(rows.into_iter().zip(running..).map(|(row, place)| DueRow {
                priority: Reverse(priority),
                place,
                ready_at: row.0,
                key: row.1,
            }));
        }
    }
    found.sort();
    found.truncate(limit);
    Ok(found)
}

/// Reads the projects with rows of an account and a priority.
fn projects(
    connection: &Connection,
    account: Option<&AccountName>,
    priority: Priority,
) -> Result<Vec<Project>, Error> {
    let read = || {
        connection
            .prepare_cached(PROJECTS)?
            .query_map(params![account_text(account), rank(priority)], |row| {
                let time = |column| -> rusqlite::Result<StoredTimestamp> {
                    // A project in the index has a row.
                    stored_timestamp(row, column)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
                };
                Ok(Project {
                    name: row.get(0)?,
                    first: time(1)?,
                    last: time(2)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<Project>>>()
    };
    read().map_err(engine("read the projects of due work"))
}

fn ready(
    connection: &Connection,
    range: &str,
    account: Option<&AccountName>,
    priority: Priority,
    project: &Project,
    bound: StoredTimestamp,
    limit: usize,
) -> Result<Vec<(StoredTimestamp, String)>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = || {
        connection
            .prepare_cached(range)?
            .query_map(
                params![
                    account_text(account),
                    rank(priority),
                    project.name,
                    bound.microseconds(),
                    limit
                ],
                |row| {
                    let ready_at = stored_timestamp(row, 0)?.unwrap_or(bound);
                    Ok((ready_at, row.get(1)?))
                },
            )?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(engine("read due work"))
}

fn load(connection: &Connection, key: &str) -> Result<Option<Row>, Error> {
    let read = || {
        connection
            .prepare_cached(LOAD)?
            .query_row([key], row)
            .optional()
    };
    read().map_err(engine("read work"))
}

fn save(connection: &Connection, key: &str, row: &Row) -> Result<(), Error> {
    let pending = row.pending.as_ref();
    let lease = row.lease.as_ref();
    let write = || {
        connection.prepare_cached(SAVE)?.execute(named_params! {
            ":key": key,
            ":due_at": pending.map(|pending| pending.due_at.microseconds()),
            ":requested_generation": pending.map(|pending| pending.generation.0.cast_signed()),
            ":priority": rank(row.priority),
            ":lease_owner": lease.map(|lease| &lease.owner),
            ":lease_since": lease.map(|lease| lease.since.microseconds()),
            ":lease_until": lease.map(|lease| lease.until.microseconds()),
            ":lease_epoch": lease.map(|lease| lease.epoch.cast_signed()),
            ":lease_generation": lease.map(|lease| lease.generation.0.cast_signed()),
            ":account": account_text(row.account.as_ref()),
        })
    };
    write().map(drop).map_err(engine("write work"))
}

fn remove(connection: &Connection, key: &str) -> Result<(), Error> {
    let write = || {
        connection
            .prepare_cached("DELETE FROM work WHERE key = ?1")?
            .execute([key])
    };
    write().map(drop).map_err(engine("remove work"))
}

fn row(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let pending = match stored_timestamp(row, 0)? {
        Some(due_at) => Some(PendingRequest {
            due_at,
            generation: generation(row, 1)?,
        }),
        None => None,
    };
    let lease = match (stored_timestamp(row, 4)?, stored_timestamp(row, 5)?) {
        (Some(since), Some(until)) => Some(Lease {
            owner: row.get(3)?,
            since,
            until,
            epoch: row.get::<_, i64>(6)?.cast_unsigned(),
            generation: generation(row, 7)?,
        }),
        _ => None,
    };
    Ok(Row {
        pending,
        lease,
        priority: priority(row.get(2)?),
        account: row.get::<_, String>(8)?.parse().ok(),
    })
}

fn stored_timestamp(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<StoredTimestamp>> {
    let stored: Option<i64> = row.get(column)?;
    stored
        .map(StoredTimestamp::stored)
        .transpose()
        .map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                column,
                rusqlite::types::Type::Integer,
                Box::new(error),
            )
        })
}

fn generation(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Generation> {
    Ok(Generation(row.get::<_, i64>(column)?.cast_unsigned()))
}

/// The text of an account; empty if the account is not known.
fn account_text(account: Option<&AccountName>) -> &str {
    account.map_or("", AccountName::as_str)
}

const fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::Background => 0,
        Priority::User => 1,
    }
}

const fn priority(rank: i64) -> Priority {
    match rank {
        0 => Priority::Background,
        _ => Priority::User,
    }
}

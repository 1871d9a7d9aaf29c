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

/// Reads a range of the index, so a backlog of waiting rows costs nothing.
const DUE: &str = "SELECT ready_at, key FROM work
    WHERE account = ?1 AND priority = ?2 AND ready_at <= ?3
    ORDER BY ready_at, key LIMIT ?4";

/// Rows that a clock that was ahead parked.
const PARKED: &str = "SELECT ready_at, key FROM work
    WHERE account = ?1 AND priority = ?2 AND ready_at > ?3
    ORDER BY ready_at, key LIMIT ?4";

/// Jumps from account to account in the index, so the cost is the number of accounts, not of rows.
const NEXT_ACCOUNT: &str = "SELECT min(account) FROM work WHERE account > ?1";

const FIRST_DUE: &str = "SELECT min(ready_at) FROM work WHERE account = ?1 AND priority = ?2";

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
    for (_, _, text) in found {
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
            let read = || {
                connection.prepare_cached(FIRST_DUE)?.query_row(
                    params![account_text(account.as_ref()), rank(priority)],
                    |row| stored_timestamp(row, 0),
                )
            };
            let first = read().map_err(engine("read next due time"))?;
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
type DueRow = (Reverse<Priority>, StoredTimestamp, String);

fn due(
    connection: &Connection,
    request: &ClaimRequest,
    account: Option<&AccountName>,
    room: &Room,
) -> Result<Vec<DueRow>, Error> {
    let mut found = Vec::new();
    for priority in PRIORITIES {
        for (range, bound) in [(DUE, request.now), (PARKED, request.horizon())] {
            let room = room.of_account(account).saturating_sub(found.len());
            if room > 0 {
                found.extend(ready(connection, range, account, priority, bound, room)?);
            }
        }
    }
    Ok(found)
}

fn ready(
    connection: &Connection,
    range: &str,
    account: Option<&AccountName>,
    priority: Priority,
    bound: StoredTimestamp,
    limit: usize,
) -> Result<Vec<DueRow>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = || {
        connection
            .prepare_cached(range)?
            .query_map(
                params![
                    account_text(account),
                    rank(priority),
                    bound.microseconds(),
                    limit
                ],
                |row| {
                    let ready_at = stored_timestamp(row, 0)?.unwrap_or(bound);
                    Ok((Reverse(priority), ready_at, row.get(1)?))
                },
            )?
            .collect::<rusqlite::Result<Vec<DueRow>>>()
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

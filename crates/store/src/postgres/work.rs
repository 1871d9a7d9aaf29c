//! Rows of work in SQL. Their transitions are defined in [`crate::work`].

use std::cmp::Reverse;
use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as PgError, Row as SqlRow, Statement};
use underpass_model::id::Generation;
use underpass_model::name::AccountName;
use underpass_model::work::Priority;

use crate::room::Room;
use crate::stored_timestamp::StoredTimestamp;
use crate::work::{ClaimRequest, Lease, PendingRequest, Row, project_of};

/// The columns of a row, in the order that [`row`] expects.
const COLUMNS: &str = "key, due_at, requested_generation, priority,
    lease_owner, lease_since, lease_until, lease_epoch, lease_generation, account";

/// The accounts that contain rows, read by jumps in the index, each with its room.
const ACCOUNTS: &str = "WITH RECURSIVE account (name) AS (
        (SELECT account FROM work ORDER BY account LIMIT 1)
        UNION ALL
        SELECT (SELECT w.account FROM work w WHERE w.account > a.name ORDER BY w.account LIMIT 1)
        FROM account a WHERE a.name IS NOT NULL
    ), roomy AS (
        SELECT a.name, least(coalesce(own.room, $2), $1) AS room
        FROM account a
        LEFT JOIN unnest($3::text[], $4::bigint[]) AS own (account, room)
            ON own.account COLLATE \"C\" = a.name
        WHERE a.name IS NOT NULL
    )";

/// Work that is locked by another session, of a person for instance, hides no other.
const CLAIM: &str = "WHERE key = ANY($1) ORDER BY key FOR UPDATE SKIP LOCKED";

/// The statements about work.
pub(super) struct Statements {
    load: Statement,
    lock: Statement,
    due: Statement,
}

/// A due row in the order of claims: priority, place of its project, time, key, and account.
pub(super) type DueRow = (Reverse<Priority>, usize, StoredTimestamp, String, String);

// === impl Statements ===

impl Statements {
    pub(super) async fn prepare(client: &ClientWrapper) -> Result<Self, PgError> {
        let select = format!("SELECT {COLUMNS} FROM work");
        Ok(Self {
            load: client
                .prepare(&format!("{select} WHERE key = ANY($1)"))
                .await?,
            lock: client.prepare(&format!("{select} {CLAIM}")).await?,
            due: client.prepare(&due_sql()).await?,
        })
    }

    /// Reads rows by their keys.
    pub(super) async fn load(
        &self,
        client: &ClientWrapper,
        keys: &[String],
    ) -> Result<BTreeMap<String, Row>, PgError> {
        let rows = client.query(&self.load, &[&keys]).await?;
        rows.iter().map(row).collect()
    }

    /// Reads rows by their keys and locks them, without those that are locked.
    pub(super) async fn lock(
        &self,
        client: &ClientWrapper,
        keys: &[&String],
    ) -> Result<BTreeMap<String, Row>, PgError> {
        let rows = client.query(&self.lock, &[&keys]).await?;
        rows.iter().map(row).collect()
    }

    /// Reads the rows that a claim takes, in its order.
    pub(super) async fn due(
        &self,
        client: &ClientWrapper,
        request: &ClaimRequest,
        room: &Room,
    ) -> Result<Vec<DueRow>, PgError> {
        due(client, &self.due, request, room).await
    }
}

fn due_sql() -> String {
    let ranges: Vec<_> = [1_i16, 0]
        .into_iter()
        .flat_map(|priority| {
            ["<= $5", "> $6"].map(|bound| {
                format!(
                    "(SELECT {priority} AS priority, w.ready_at, w.key FROM ({PROJECTS}) AS p
                        CROSS JOIN LATERAL (SELECT w.ready_at, w.key FROM work w
                            WHERE w.account = r.name AND w.priority = {priority}
                            AND split_part(w.key, '/', 2) = p.name
                            AND w.ready_at {bound} ORDER BY w.ready_at, w.key LIMIT r.room
                        ) AS w)",
                    PROJECTS = projects_sql(priority)
                )
            })
        })
        .collect();
    format!(
        "{ACCOUNTS} SELECT d.priority, d.ready_at, d.key, r.name FROM roomy r
        CROSS JOIN LATERAL ({}) AS d WHERE r.room > 0",
        ranges.join(" UNION ALL ")
    )
}

/// The projects with rows of the account `r`, read by jumps in the index.
fn projects_sql(priority: i16) -> String {
    let first = |more: &str| {
        format!(
            "SELECT split_part(w.key, '/', 2) AS name FROM work w
                WHERE w.account = r.name AND w.priority = {priority} {more}
                ORDER BY split_part(w.key, '/', 2) LIMIT 1"
        )
    };
    format!(
        "WITH RECURSIVE project (name) AS (
            ({}) UNION ALL
            SELECT ({}) FROM project p WHERE p.name IS NOT NULL
        ) SELECT name FROM project WHERE name IS NOT NULL",
        first(""),
        first("AND split_part(w.key, '/', 2) > p.name")
    )
}

async fn due(
    client: &ClientWrapper,
    statement: &Statement,
    request: &ClaimRequest,
    room: &Room,
) -> Result<Vec<DueRow>, PgError> {
    let rooms = Rooms::of(room);
    let (now, horizon) = (request.now.microseconds(), request.horizon().microseconds());
    let values: [&(dyn ToSql + Sync); 6] = [
        &rooms.total,
        &rooms.each,
        &rooms.accounts,
        &rooms.own,
        &now,
        &horizon,
    ];
    let mut rows: Vec<(Reverse<Priority>, StoredTimestamp, String, String)> = Vec::new();
    for row in client.query(statement, &values).await? {
        let rank: i32 = row.try_get(0)?;
        rows.push((
            Reverse(priority(i16::from(rank != 0))),
            timestamp(row.try_get(1)?),
            row.try_get(2)?,
            row.try_get(3)?,
        ));
    }
    rows.sort();
    // The projects of an account take turns.
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    let in_order = rows.into_iter().map(|(priority, ready_at, key, account)| {
        let project = project_of(&key).to_owned();
        let running = room.running_of(&project);
        let place = places
            .entry((priority, account.clone(), project))
            .or_insert(running);
        *place += 1;
        (priority, *place, ready_at, key, account)
    });
    let mut found: Vec<DueRow> = in_order.collect();
    found.sort();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    found.retain(|(.., account)| {
        let name: Option<AccountName> = account.parse().ok();
        let taken = taken.entry(account.clone()).or_default();
        *taken += 1;
        *taken <= room.of_account(name.as_ref())
    });
    found.truncate(room.total());
    Ok(found)
}

/// Reads whether a claim would take anything, outside of the writer.
pub(super) async fn is_any_due(
    client: &ClientWrapper,
    request: &ClaimRequest,
    room: &Room,
) -> Result<bool, PgError> {
    let statement = client.prepare_cached(&due_sql()).await?;
    Ok(!due(client, &statement, request, room).await?.is_empty())
}

/// Reads the time of the next due row.
pub(super) async fn next_due(
    client: &ClientWrapper,
    room: &Room,
) -> Result<Option<StoredTimestamp>, PgError> {
    let sql = format!(
        "{ACCOUNTS} SELECT min(d.ready_at) FROM roomy r CROSS JOIN LATERAL (
            (SELECT w.ready_at FROM work w WHERE w.account = r.name AND w.priority = 1
                ORDER BY w.ready_at LIMIT 1)
            UNION ALL
            (SELECT w.ready_at FROM work w WHERE w.account = r.name AND w.priority = 0
                ORDER BY w.ready_at LIMIT 1)) AS d WHERE r.room > 0"
    );
    let rooms = Rooms::of(room);
    let statement = client.prepare_cached(&sql).await?;
    let values: [&(dyn ToSql + Sync); 4] = [&rooms.total, &rooms.each, &rooms.accounts, &rooms.own];
    let row = client.query_one(&statement, &values).await?;
    let ready_at: Option<i64> = row.try_get(0)?;
    Ok(ready_at.map(timestamp))
}

/// Room as columns.
struct Rooms {
    total: i64,
    each: i64,
    accounts: Vec<String>,
    own: Vec<i64>,
}

impl Rooms {
    fn of(room: &Room) -> Self {
        let rows = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
        let (accounts, own) = room
            .own()
            .map(|(account, room)| (account_text(account).to_owned(), rows(room)))
            .unzip();
        Self {
            total: rows(room.total()),
            each: rows(room.each()),
            accounts,
            own,
        }
    }
}

fn row(row: &SqlRow) -> Result<(String, Row), PgError> {
    let generation = |index: usize| -> Result<Option<Generation>, PgError> {
        let stored: Option<i64> = row.try_get(index)?;
        Ok(stored.map(|stored| Generation(stored.cast_unsigned())))
    };
    let time = |index: usize| -> Result<Option<StoredTimestamp>, PgError> {
        let stored: Option<i64> = row.try_get(index)?;
        Ok(stored.map(timestamp))
    };
    let pending = time(1)?.map(|due_at| PendingRequest {
        due_at,
        generation: Generation::default(),
    });
    let pending = match (pending, generation(2)?) {
        (Some(pending), Some(generation)) => Some(PendingRequest {
            generation,
            ..pending
        }),
        _ => None,
    };
    let lease = match (time(5)?, time(6)?) {
        (Some(since), Some(until)) => Some(Lease {
            owner: row.try_get(4)?,
            since,
            until,
            epoch: row.try_get::<_, i64>(7)?.cast_unsigned(),
            generation: generation(8)?.unwrap_or_default(),
        }),
        _ => None,
    };
    let read = Row {
        pending,
        lease,
        priority: priority(row.try_get(3)?),
        account: row.try_get::<_, &str>(9)?.parse().ok(),
    };
    Ok((row.try_get(0)?, read))
}

/// A time that was never written by an engine is one that is due.
fn timestamp(microseconds: i64) -> StoredTimestamp {
    StoredTimestamp::stored(microseconds)
        .unwrap_or_else(|_| StoredTimestamp::from(jiff::Timestamp::UNIX_EPOCH))
}

/// The text of an account; empty if the account is not known.
pub(super) fn account_text(account: Option<&AccountName>) -> &str {
    account.map_or("", AccountName::as_str)
}

pub(super) const fn rank(priority: Priority) -> i16 {
    match priority {
        Priority::Background => 0,
        Priority::User => 1,
    }
}

const fn priority(rank: i16) -> Priority {
    match rank {
        0 => Priority::Background,
        _ => Priority::User,
    }
}

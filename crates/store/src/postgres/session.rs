//! The writer's connection: the lock under which every transaction writes, and its statements.

use std::future::Future;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as PgError, Statement};

use super::connector::Connector;
use super::lineage::{History, Position};
use super::locked::Locked;
use super::presence::Presence;
use super::{flush, prefetch, work};
use crate::lineage::Lineage;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Waits until no other transaction writes, and reads what it left.
const LOCK: &str = "SELECT s.last, s.last_event, s.lineage, c.min_reader
    FROM sequence s, compatibility c WHERE s.id = 1 AND c.id = 1 FOR UPDATE OF s";

/// Frees the lock at the commit.
const ADVANCE: &str = "UPDATE sequence SET last = $1, last_event = $2 WHERE id = 1";

const NOTE_BATCH: &str = "INSERT INTO replica (id, batch) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, at = now()";

const READ_BATCH: &str = "SELECT batch FROM replica WHERE id = $1";

/// Wakes the other replicas. They read the changes in any case, so a lost one delays only.
const NOTIFY: &str = "SELECT pg_notify('underpass', '')";

/// Rows of replicas that have ended; a replica that is only idle writes its row again.
const FORGET_REPLICAS: &str = "DELETE FROM replica WHERE at < now() - interval '30 days'";

/// The server and its timeline, which a promotion or a recovery changes. No connection outlives that.
const SERVER: &str =
    "SELECT system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
    FROM pg_control_system()";

const LINEAGES: &str = "SELECT lineage, began_at, server, accepted FROM lineage ORDER BY ordinal";

const BEGIN_LINEAGE: &str = "INSERT INTO lineage (ordinal, lineage, began_at, server, accepted)
    SELECT coalesce(max(ordinal), 0) + 1, $1, $2, $3, $4 FROM lineage";

/// A batch of a replica, by which its commit is recognised.
#[derive(Debug, Clone)]
pub(super) struct BatchId {
    pub(super) replica: String,
    pub(super) number: i64,
}

/// A failed transaction.
#[derive(Debug)]
pub(super) enum Failed {
    /// Nothing was committed.
    Whole(PgError),
    /// The connection was lost after the commit was sent.
    Unknown(PgError),
}

/// A connection with the prepared statements of the writer.
pub(super) struct Session {
    pub(super) client: ClientWrapper,
    pub(super) reads: prefetch::Statements,
    pub(super) writes: flush::Statements,
    pub(super) work: work::Statements,
    pub(super) presence: Presence,
    lock: Statement,
    advance: Statement,
    note_batch: Statement,
    notify: Statement,
    server: Option<String>,
}

// === impl Session ===

impl Session {
    /// Opens the connection of a replica, and announces it.
    pub(super) async fn open(
        connector: &Connector,
        replica: &str,
        keys: &str,
    ) -> Result<Self, PgError> {
        let client = connector.open().await?;
        let server = match client.query_one(SERVER, &[]).await {
            Ok(row) => row.try_get(0)?,
            Err(error) if super::outage::is_lost(&error) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "failed to read the identity of the database server");
                None
            }
        };
        Ok(Self {
            reads: prefetch::Statements::prepare(&client).await?,
            writes: flush::Statements::prepare(&client).await?,
            work: work::Statements::prepare(&client).await?,
            presence: Presence::announce(&client, replica, keys).await?,
            lock: client.prepare(LOCK).await?,
            advance: client.prepare(ADVANCE).await?,
            note_batch: client.prepare(NOTE_BATCH).await?,
            notify: client.prepare(NOTIFY).await?,
            server,
            client,
        })
    }

    /// Begins a transaction, takes the lock and reads, in one round trip.
    pub(super) async fn lock_and<T>(
        &self,
        reads: impl Future<Output = Result<T, PgError>>,
    ) -> Result<(Locked, T), PgError> {
        // Each sends its statements when it is first polled, so they arrive in this order. A statement has
        // a snapshot of its own, taken once the one before it, and so the lock, is done.
        let (begun, locked, read) = tokio::join!(
            biased;
            self.client.batch_execute(BEGIN),
            self.client.query_one(&self.lock, &[]),
            reads,
        );
        let done = begun.and_then(|()| Ok((locked.and_then(|row| Locked::read(&row))?, read?)));
        if done.is_err() {
            self.roll_back().await;
        }
        done
    }

    /// Performs the last writes of a transaction and commits it, in one round trip.
    ///
    /// `writes` sends all its statements when it is first polled.
    pub(super) async fn commit(
        &self,
        writes: impl Future<Output = Result<(), PgError>>,
        last: u64,
        last_event: u64,
        batch: &BatchId,
    ) -> Result<(), Failed> {
        let (last, last_event) = (last.cast_signed(), last_event.cast_signed());
        let numbers: [&(dyn ToSql + Sync); 2] = [&last, &last_event];
        let this: [&(dyn ToSql + Sync); 2] = [&batch.replica, &batch.number];
        let (written, advanced, noted, notified, committed) = tokio::join!(
            biased;
            writes,
            self.client.execute(&self.advance, &numbers),
            self.client.execute(&self.note_batch, &this),
            self.client.execute(&self.notify, &[]),
            // Rolls back if one of them failed.
            self.client.batch_execute("COMMIT"),
        );
        let done = written
            .and(advanced)
            .and(noted)
            .and(notified)
            .map(drop)
            .and(committed);
        done.map_err(|error| {
            if super::outage::is_lost(&error) {
                Failed::Unknown(error)
            } else {
                Failed::Whole(error)
            }
        })
    }

    /// Ends a transaction that wrote nothing.
    pub(super) async fn roll_back(&self) {
        // A lost connection has no transaction.
        drop(self.client.batch_execute("ROLLBACK").await);
    }

    /// Returns whether a batch was committed. The lock waits for the end of every transaction before.
    pub(super) async fn has_committed(&self, batch: &BatchId) -> Result<bool, PgError> {
        let read = async { self.client.query_opt(READ_BATCH, &[&batch.replica]).await };
        let (begun, locked) = tokio::join!(
            biased;
            self.client.batch_execute(BEGIN),
            self.client.query_one(&self.lock, &[]),
        );
        begun.and(locked)?;
        let row = read.await;
        self.roll_back().await;
        let found: Option<i64> = row?.map(|row| row.try_get(0)).transpose()?;
        Ok(found == Some(batch.number))
    }

    /// Reads the lineages of the store, and begins one if the server has none yet.
    pub(super) async fn lineages(&self, next: Lineage) -> Result<(History, Locked), PgError> {
        let (mut locked, ()) = self.lock_and(async { Ok(()) }).await?;
        let read = self.begin_lineage_of_server(&mut locked, next).await;
        match read {
            Ok(history) => {
                self.client.batch_execute("COMMIT").await?;
                Ok((history, locked))
            }
            Err(error) => {
                self.roll_back().await;
                Err(error)
            }
        }
    }

    async fn begin_lineage_of_server(
        &self,
        locked: &mut Locked,
        next: Lineage,
    ) -> Result<History, PgError> {
        self.client.execute(FORGET_REPLICAS, &[]).await?;
        let rows = self.client.query(LINEAGES, &[]).await?;
        let server: Option<Option<String>> = rows.last().map(|row| row.try_get(2)).transpose()?;
        let is_same = |server: Option<String>| self.server.is_none() || server == self.server;
        if locked.lineage.is_some() && server.is_some_and(is_same) {
            return History::read(&rows);
        }
        self.write_lineage(next, locked.last, false).await?;
        locked.lineage = Some(next);
        History::read(&self.client.query(LINEAGES, &[]).await?)
    }

    async fn write_lineage(&self, next: Lineage, last: u64, accepted: bool) -> Result<(), PgError> {
        let text = next.to_string();
        let last = last.cast_signed();
        self.client
            .execute(BEGIN_LINEAGE, &[&text, &last, &self.server, &accepted])
            .await?;
        self.client
            .execute("UPDATE sequence SET lineage = $1 WHERE id = 1", &[&text])
            .await
            .map(drop)
    }

    /// Begins a lineage that takes an older store for the newest one.
    pub(super) async fn accept(&self, next: Lineage) -> Result<Position, PgError> {
        let (locked, ()) = self.lock_and(async { Ok(()) }).await?;
        if let Err(error) = self.write_lineage(next, locked.last, true).await {
            self.roll_back().await;
            return Err(error);
        }
        self.client.batch_execute("COMMIT").await?;
        Ok(Position {
            lineage: next,
            number: locked.last,
        })
    }
}

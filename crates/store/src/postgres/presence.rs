//! Presence of the replicas, and the end of the leases of those that ended.
//!
//! A replica holds an advisory lock on the connection by which it writes, and writes the time into its row
//! every few seconds. The server frees the lock when the process ends, and within half a minute when its
//! machine is lost. A replica whose lock is free and whose row is old cannot commit anything, so any other
//! one ends its leases, and the work goes on.
//!
//! A replica that only lost its connection is not taken for one that ended: it takes the lock again before
//! its row is old, and after an outage of the database each replica first gives the others time for that.
//! If it comes back later, its leases are no longer valid, as after the end of their time.

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use tokio::time::Instant;
use tokio_postgres::{Error as PgError, Statement};

/// Interval at which a replica writes the time into its row: 2 s.
pub(super) const BEAT: Duration = Duration::from_secs(2);

/// Age of a replica's connection from which it judges others: 3 s, which is several attempts to connect.
const JUDGES_AFTER: Duration = Duration::from_secs(3);

/// Not waited for: a connection that the server has not given up yet may hold it.
const TAKE: &str = "SELECT pg_try_advisory_lock(hashtextextended('underpass replica ' || $1, 0))";

const WRITE_TIME: &str = "INSERT INTO replica (id, batch, keys) VALUES ($1, 0, $2)
    ON CONFLICT (id) DO UPDATE SET at = now(), keys = excluded.keys";

/// The replicas with leases whose lock is free and whose row is older than 5 s. The lock is held until the
/// end of the transaction.
const GONE: &str = "SELECT o.id FROM (
        SELECT DISTINCT split_part(lease_owner, '/', 1) AS id FROM work
        WHERE lease_owner IS NOT NULL AND lease_until > lease_since) o
    JOIN replica r ON r.id = o.id
    WHERE o.id <> $1 AND r.at < now() - interval '5 s'
    AND pg_try_advisory_xact_lock(hashtextextended('underpass replica ' || o.id, 0))";

/// A lease from its beginning to its beginning has ended.
const END_LEASES: &str = "UPDATE work SET lease_until = lease_since
    WHERE lease_owner IS NOT NULL AND split_part(lease_owner, '/', 1) = ANY($1)
    AND lease_until > lease_since";

const END_OWN: &str = "UPDATE work SET lease_until = lease_since
    WHERE lease_owner IS NOT NULL AND split_part(lease_owner, '/', 1) = $1
    AND lease_epoch = ANY($2) AND lease_until > lease_since";

/// The statements about replicas, and the age of the connection.
pub(super) struct Presence {
    since: Instant,
    /// IDs of the keys of this replica.
    keys: String,
    write_time: Statement,
    gone: Statement,
    end_leases: Statement,
    end_own: Statement,
}

/// The owner of leases of a replica.
pub(super) fn lease_owner(replica: &str, name: &str) -> String {
    format!("{replica}/{name}")
}

// === impl Presence ===

impl Presence {
    /// Announces a replica on its new connection.
    pub(super) async fn announce(
        client: &ClientWrapper,
        replica: &str,
        keys: &str,
    ) -> Result<Self, PgError> {
        if !client.query_one(TAKE, &[&replica]).await?.try_get(0)? {
            tracing::debug!("the server still holds an earlier connection of this replica");
        }
        let this = Self {
            since: Instant::now(),
            keys: keys.to_owned(),
            write_time: client.prepare(WRITE_TIME).await?,
            gone: client.prepare(GONE).await?,
            end_leases: client.prepare(END_LEASES).await?,
            end_own: client.prepare(END_OWN).await?,
        };
        this.beat(client, replica).await?;
        Ok(this)
    }

    /// Writes the time into the row of a replica.
    pub(super) async fn beat(&self, client: &ClientWrapper, replica: &str) -> Result<(), PgError> {
        client
            .execute(&self.write_time, &[&replica, &self.keys])
            .await
            .map(drop)
    }

    /// Returns the replicas that ended and left leases.
    pub(super) async fn gone(
        &self,
        client: &ClientWrapper,
        replica: &str,
    ) -> Result<Vec<String>, PgError> {
        if self.since.elapsed() < JUDGES_AFTER {
            return Ok(Vec::new());
        }
        let rows = client.query(&self.gone, &[&replica]).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// Ends leases of a replica by their epochs; returns their number. Sends its statement when it is first
    /// polled.
    pub(super) async fn end_own(
        &self,
        client: &ClientWrapper,
        replica: &str,
        epochs: &[i64],
    ) -> Result<u64, PgError> {
        client.execute(&self.end_own, &[&replica, &epochs]).await
    }

    /// Ends the leases of replicas; returns their number. The caller holds the lock of all writers.
    pub(super) async fn end_leases(
        &self,
        client: &ClientWrapper,
        replicas: &[String],
    ) -> Result<u64, PgError> {
        client.execute(&self.end_leases, &[&replicas]).await
    }
}

//! Limits of the engine.

use std::time::Duration;

/// Jobs that may wait for the writer: 1,024, as on SQLite.
pub(super) const WAITING_JOBS: usize = 1024;

/// Changes in one transaction: 256, as on SQLite. They are evaluated within milliseconds.
pub(super) const CHANGES_PER_TRANSACTION: usize = 256;

/// Time to open a connection: 5 s. Clients of the API wait longer than that.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for which reads and the writer try to reach the database before they refuse the callers: 5 s, so that
/// a restart of the database or a fail-over of a few seconds is not noticed.
pub(super) const RECONNECT_TIME: Duration = Duration::from_secs(5);

/// Time for which the writer tries to learn the outcome of a commit whose answer was lost: 20 s. The
/// callers wait for it.
pub(super) const OUTCOME_TIME: Duration = Duration::from_secs(20);

/// Pause between two attempts to connect: 100 ms.
pub(super) const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

/// Time for a read, and for a round trip of the writer: 20 s. Only an unreachable server, or a lock that a
/// person holds, takes as long.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(20);

/// Pause before the connection for notifications is opened again: 1 s. Readers do not depend on it.
pub(super) const LISTEN_PAUSE: Duration = Duration::from_secs(1);

/// Attempts of a read without a pause: 3. A pooled connection may have been lost since its last use.
pub(super) const READ_ATTEMPTS: usize = 3;

/// Attempts of a transaction that the server ended for a reason that passes: 5.
pub(super) const WRITE_ATTEMPTS: usize = 5;

/// Idle time after which TCP checks a connection: 10 s, and the time after which it gives up one with
/// unacknowledged bytes.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(10);

/// Pause between two writes of the file with the position: 3 s, as on SQLite.
pub(super) const WITNESS_PAUSE: Duration = Duration::from_secs(3);

/// Settings of every session, in milliseconds.
///
/// - Statements are planned once: they read by keys, and their plans do not depend on values.
/// - A replica that was suspended inside a transaction loses it after 15 s, and with it the lock for which
///   the other replicas wait.
/// - The server gives up the connection of a machine that is lost after 25 s, and frees its locks.
pub(super) const SESSION: &str = "SET plan_cache_mode = force_generic_plan;
    SET jit = off;
    SET statement_timeout = 20000;
    SET lock_timeout = 15000;
    SET idle_in_transaction_session_timeout = 15000;
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
    SET client_min_messages = warning";

//! The engine's bounds.

use std::time::Duration;

/// Jobs that may wait for the writer: 1,024. Whoever comes later waits to be let in, which slows
/// callers rather than growing memory.
pub(super) const WAITING_JOBS: usize = 1024;

/// Jobs in one transaction: 256. At some tens of microseconds each, the first one waits for some
/// ten milliseconds at most, while the cost of syncing the file is spread over all.
pub(super) const JOBS_PER_TRANSACTION: usize = 256;

/// Wait for another process that holds the database, for instance one that copies it: 5 s.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections kept open for reading: 16. A read occupies its thread and never waits for another
/// one, so there are no more at once than threads; beyond this many they are opened for one use.
pub(super) const IDLE_READERS: usize = 16;

/// Prepared statements kept for each connection: 64, above the number there are in this engine.
pub(super) const PREPARED_STATEMENTS: usize = 64;

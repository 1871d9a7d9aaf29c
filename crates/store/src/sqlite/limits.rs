//! Limits of the engine.

use std::time::Duration;

/// Jobs that may wait for the writer: 1,024. Further callers wait for room in the queue, which
/// applies backpressure and bounds memory.
pub(super) const WAITING_JOBS: usize = 1024;

/// Jobs in one transaction: 256. At tens of microseconds for each (measured), the first job waits
/// at most about ten milliseconds, and all share the cost of one sync of the file.
pub(super) const JOBS_PER_TRANSACTION: usize = 256;

/// Wait for another process that locks the database, for instance to copy it: 5 s, the default of
/// rusqlite.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Read connections kept open: 16, above the number of threads on common machines. A read occupies
/// its thread, so concurrent reads never exceed threads. Further connections are closed after use.
pub(super) const IDLE_READERS: usize = 16;

/// Prepared statements cached for each connection: 64, above the number of statements of this
/// engine.
pub(super) const PREPARED_STATEMENTS: usize = 64;

/// Pause between two writes of the file beside the store: 3 s. An earlier copy of the store that is
/// put back within this time after a crash may not be recognised by the file.
pub(super) const WITNESS_PAUSE: Duration = Duration::from_secs(3);

/// Pages that the writer keeps in memory: 16 MiB, in KiB. Its changes go to pages all over the file, of
/// which the default of 2 MB holds too few with thousands of links; those it lacks it reads and
/// checks again.
pub(super) const WRITER_CACHE: i64 = 16 * 1024;

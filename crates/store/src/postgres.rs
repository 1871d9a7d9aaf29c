//! The engine on PostgreSQL: one writer for each replica with group commit, and a pool of readers.
//!
//! Theory of operation.
//! Every transaction that writes first locks the one row of `sequence`. So the transactions of all
//! replicas are done one after the other, each sees what was committed before, and the numbers that it
//! draws are in the order of the commits. Expectations, including those about rows that do not exist,
//! need no further locks and no retries.
//!
//! The lock is held for two round trips, whatever the number of changes that share it: the first locks
//! the row and reads what the changes depend on, then they are evaluated in memory one after the
//! other ([`batch`]), and the second writes the results and commits.
//!
//! A commit whose answer was lost with the connection is looked up by its number of a batch, which is
//! written with it: under the lock, the answer is certain ([`writer`]).

mod batch;
mod changes;
mod connector;
mod copy;
mod engine;
mod error;
mod events;
mod flush;
mod import;
mod keys;
mod limits;
mod lineage;
mod listener;
mod locked;
mod options;
mod outage;
mod prefetch;
mod presence;
mod readers;
mod rows;
mod schema;
mod session;
mod shifts;
mod trim;
mod witness;
mod work;
mod writer;

pub use self::copy::{CopiedRows, copy_to_postgres};
pub use self::engine::Postgres;
pub use self::keys::{encrypt_again_in_postgres, keys_of_replicas};
pub use self::options::PostgresOptions;
pub(crate) use self::outage::{is_outage, is_uncertain};

//! The engine on SQLite: one writer thread with group commit; readers run on the caller's thread.

mod changes;
mod copy;
mod engine;
mod error;
mod event_counts;
mod events;
mod export;
mod keys;
mod limits;
mod lineage;
pub(crate) mod moved;
mod numbers;
mod outage;
mod readers;
mod restore;
mod rows;
mod schema;
mod witness;
mod work;
mod writer;

pub use self::engine::Sqlite;
pub(crate) use self::export::{StoredEvent, StoredRow, StoredRows, StoredWork, export};
pub use self::keys::encrypt_again_in_sqlite;
pub(crate) use self::outage::is_outage;
pub use self::restore::Restored;

#[cfg(test)]
mod backup_tests;

//! The engine on SQLite: one writer thread with group commit; readers run on the caller's thread.

mod engine;
mod error;
mod events;
mod limits;
mod outage;
mod readers;
mod rows;
mod schema;
mod work;
mod writer;

pub use self::engine::Sqlite;
pub(crate) use self::outage::is_outage;

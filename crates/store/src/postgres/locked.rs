//! The last numbers of the store, read under the lock under which every transaction writes.

use tokio_postgres::{Error as PgError, Row};

use super::lineage::Position;
use crate::lineage::Lineage;

/// The last numbers, read under the lock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locked {
    pub(super) last: u64,
    pub(super) last_event: u64,
    pub(super) lineage: Option<Lineage>,
    pub(super) min_reader: i64,
}

impl Locked {
    pub(super) const fn position(&self) -> Option<Position> {
        match self.lineage {
            Some(lineage) => Some(Position {
                lineage,
                number: self.last,
            }),
            None => None,
        }
    }

    /// Reads the row of the lock.
    pub(super) fn read(row: &Row) -> Result<Self, PgError> {
        Ok(Self {
            last: row.try_get::<_, i64>(0)?.cast_unsigned(),
            last_event: row.try_get::<_, i64>(1)?.cast_unsigned(),
            // The first lineage of a new store is written when it is opened.
            lineage: row.try_get::<_, &str>(2)?.parse().ok(),
            min_reader: row.try_get(3)?,
        })
    }
}

//! Signs that a store is not the newest one.

use jiff::Timestamp;

use crate::lineage::Lineage;

/// A store that is older than it was, or went another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OlderStore {
    /// A backup was restored at this time.
    Restored(Timestamp),
    /// The store is empty, and there was one with changes in its place.
    Lost {
        /// The last number that the lost store is known to have had.
        expected: u64,
    },
    /// A copy from earlier in the same lineage was put in its place.
    PutBack {
        /// The last number of the store.
        found: u64,
        /// The last number that it is known to have had.
        expected: u64,
    },
    /// A store of another lineage was put in its place: a copy from before the last opening, or one
    /// that was changed elsewhere. Its number may be the higher one.
    OtherLineage {
        /// Lineage of the store; `None` if it is of an earlier version.
        found: Option<Lineage>,
        /// Lineage of the store that was here.
        expected: Lineage,
    },
    /// The record beside the store is missing or cannot be understood, so nothing is known.
    Unknown,
}

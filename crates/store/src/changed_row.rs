//! Changes of rows, in the order in which they were committed.
//!
//! A version is drawn from one sequence of the store, so the rows of a version above a position are
//! the rows that changed after it. A reader keeps the position up to which it has read, and reads
//! the changed rows themselves: several changes of a row count as one.

use crate::key::Key;
use crate::kind::Kind;
use crate::lineage::Lineage;

/// Numbers for which removed rows are remembered: 1,000,000. A reader that is further behind reads
/// everything again, so this bounds the table of removed rows and not the correctness of readers.
pub(crate) const REMEMBERED: u64 = 1_000_000;

/// A row that was written or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRow {
    /// Its kind.
    pub kind: Kind,
    /// Its key.
    pub key: Key,
    /// The number of its last change.
    pub number: u64,
}

/// Rows that changed after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRows {
    /// The rows, each at its last change. A row that was removed and written again may be listed
    /// twice.
    pub rows: Vec<ChangedRow>,
    /// The position up to which these are all changed rows.
    pub position: u64,
    /// More rows changed after [`Self::position`].
    pub has_more: bool,
    /// The lineage that the numbers belong to. Another one than before, or a lower position than asked
    /// for, means that committed changes may be lost: the reader begins again at 0. `None`: no change
    /// can be lost while the store is open.
    pub lineage: Option<Lineage>,
}

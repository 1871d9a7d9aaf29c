//! The rows to read.

use crate::key::Key;
use crate::kind::Kind;
use crate::owner::OwnedRows;
use crate::retention::EndedRows;

/// A selection of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The row of this key, if it exists.
    One(Kind, Key),
    /// Every row below this key, in key order. The row of the key itself is excluded.
    Under(Kind, Key),
    /// The rows of things that have ended and are no longer kept.
    Ended(EndedRows),
    /// The rows that belong to one thing.
    Owned(OwnedRows),
}

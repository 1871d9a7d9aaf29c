//! The rows to read.

use crate::key::Key;
use crate::kind::Kind;

/// A selection of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The row of this key, if it exists.
    One(Kind, Key),
    /// Every row below this key, in key order. The row of the key itself is excluded.
    Under(Kind, Key),
}

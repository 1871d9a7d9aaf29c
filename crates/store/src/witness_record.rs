//! The memory of the newest store, which is kept apart from the store, and the rule that compares.
//!
//! Theory of operation.
//! A store has a lineage, which is drawn anew at each opening, and counts its changes. A record outside
//! of it, which no copy and no backup of it contains, has the same lineage and a number of changes that
//! are known to be committed. A store is the newest one if it has this lineage and not fewer changes.
//!
//! The change to a new lineage takes three writes, each durable before the next:
//! 1. The record announces the new lineage beside what it says.
//! 2. The store gets it.
//! 3. The record forgets the rest.
//!
//! After a crash between them the store is judged by what the record said before (after 1), or is the
//! announced one (after 2). No change is committed between 1 and 3, so neither conclusion is false.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lineage::{Lineage, StorePosition};
use crate::older_store::OlderStore;

/// The memory of the newest store. Its default accepts no store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WitnessRecord {
    /// The last number that is known to be committed; `None`: nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    /// The lineage of the store; `None` in a record of an earlier version, which compares numbers
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lineage: Option<Lineage>,
    /// A lineage that the store is about to get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Lineage>,
    /// Time of a restore after which the store was not accepted yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restored_at: Option<Timestamp>,
}

impl WitnessRecord {
    /// A record that accepts the store from this position on.
    pub(crate) const fn of(store: StorePosition) -> Self {
        Self {
            position: Some(store.number),
            lineage: store.lineage,
            next: None,
            restored_at: None,
        }
    }

    /// The lineage and the last number that is known to be committed; `None` in a record that accepts no
    /// store.
    pub(crate) const fn position(&self) -> Option<StorePosition> {
        match self.position {
            Some(number) => Some(StorePosition {
                lineage: self.lineage,
                number,
            }),
            None => None,
        }
    }

    /// Reads the text of a record. One that cannot be understood accepts no store.
    pub(crate) fn read(text: &[u8]) -> Self {
        serde_json::from_slice(text).unwrap_or_default()
    }

    /// The record that announces a lineage.
    pub(crate) fn announcing(self, next: Lineage) -> Self {
        Self {
            next: Some(next),
            ..self
        }
    }

    /// The record after a restore. What is restored has no lineage that was announced.
    pub(crate) fn restored(self, at: Timestamp) -> Self {
        Self {
            // An earlier version of Underpass requires a number.
            position: self.position.or(Some(0)),
            next: None,
            restored_at: Some(at),
            ..self
        }
    }

    /// Returns why a store is not the newest one; `None` if it is.
    pub(crate) fn compare(&self, store: StorePosition) -> Option<OlderStore> {
        if store.lineage.is_some() && store.lineage == self.next {
            return None;
        }
        if let Some(at) = self.restored_at {
            return Some(OlderStore::Restored(at));
        }
        let Some(expected) = self.position else {
            return Some(OlderStore::Unknown);
        };
        let is_of_other_lineage = self.lineage.is_some() && store.lineage != self.lineage;
        let is_short = store.number < expected;
        match self.lineage {
            _ if store.number == 0 && (is_short || is_of_other_lineage) => {
                Some(OlderStore::Lost { expected })
            }
            Some(lineage) if is_of_other_lineage => Some(OlderStore::OtherLineage {
                found: store.lineage,
                expected: lineage,
            }),
            _ if is_short => Some(OlderStore::PutBack {
                found: store.number,
                expected,
            }),
            _ => None,
        }
    }
}

/// Returns why a store without a record is not the newest one.
///
/// A store of an earlier version, and one that was just created, has no lineage and no record. One with
/// a lineage had a record, which was announced there first.
pub(crate) const fn compare_without_record(store: StorePosition) -> Option<OlderStore> {
    match store.lineage {
        None => None,
        Some(_) => Some(OlderStore::Unknown),
    }
}

#[cfg(test)]
mod tests;

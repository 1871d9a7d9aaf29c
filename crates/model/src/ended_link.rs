//! Deleted links, remembered so that a listing that is older than the deletion is not taken for a
//! store that is older than the cloud.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ended_connection::ENDED_KEPT;

/// A link that was deleted with all its cloud resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedLink {
    /// Its work key.
    pub managed: String,
    /// The time at which its last part was gone.
    pub ended_at: Timestamp,
}

impl EndedLink {
    /// Returns whether the row is no longer kept.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.duration_since(self.ended_at) >= ENDED_KEPT
    }
}

//! Deleted links, remembered so that a listing that is older than the deletion is not taken for a
//! store that is older than the cloud.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A link that was deleted with all its cloud resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedLink {
    /// Its work key.
    pub managed: String,
    /// The time at which its last part was gone.
    pub ended_at: Timestamp,
}

impl EndedLink {
    /// Returns whether the row of a link that a cloud still shows is to be written anew, so that the
    /// link never counts as unknown: after half the `age` until which it is kept.
    pub fn is_to_be_renewed(&self, age: SignedDuration, now: Timestamp) -> bool {
        now.duration_since(self.ended_at) >= age / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ended_connection::ENDED_KEPT;

    #[test]
    fn a_row_is_renewed_well_before_it_expires() {
        let ended_at = Timestamp::from_second(1_800_000_000).unwrap();
        let row = EndedLink {
            managed: "link/demo/pg-1/azure".to_owned(),
            ended_at,
        };
        let half = ended_at + ENDED_KEPT / 2;
        assert!(!row.is_to_be_renewed(ENDED_KEPT, ended_at));
        assert!(row.is_to_be_renewed(ENDED_KEPT, half));
    }
}

//! Ended connections, kept so that a connection that is shown again is the same one.
//!
//! A proof of absence can be wrong: a cloud may lie for longer than the proof takes. So a connection
//! that ended leaves a row with everything that was decided about it. When a provider lists its
//! identity again, the connection returns with its decision, ordinal, label and address. A rejected
//! one returns rejected. The rows end with the link.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::connection::{Connection, Decision, Identity, RejectReason};
use crate::link::Link;

/// The time for which an ended connection is kept by default: 30 days. An outage of a provider that
/// shows nothing for longer is not known, and a name may be looked up in logs for as long.
pub const ENDED_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The largest number of ended connections kept per link by default: 128. A consumer who deletes and
/// creates endpoints in a loop fills no store.
pub const ENDED_MOST: usize = 128;

/// Limits within which ended connections and links are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedLimits {
    /// Ended connections per link. The newest stay.
    pub per_link: usize,
    /// Age of ended connections and links.
    pub age: SignedDuration,
}

impl Default for EndedLimits {
    fn default() -> Self {
        Self {
            per_link: ENDED_MOST,
            age: ENDED_KEPT,
        }
    }
}

/// A connection that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedConnection {
    /// The connection as it was at its end.
    pub connection: Connection,
    /// The time at which its absence was proven.
    pub ended_at: Timestamp,
}

impl EndedConnection {
    /// Returns the connection as it returns to its link, if the identity is its own.
    ///
    /// An approved connection returns rejected if its subscription left the link's list meanwhile.
    pub fn revive(&self, link: &Link, identity: &Identity, now: Timestamp) -> Option<Connection> {
        if !self.connection.identity.is_same(identity) {
            return None;
        }
        // The identity stays as first seen: the provider shows our decision in place of the
        // consumer's message.
        let mut connection = self.connection.clone();
        let rejected = matches!(connection.decision, Decision::Rejected(_));
        if !rejected && !link.admits(identity) {
            connection.decide(Decision::Rejected(RejectReason::NotAllowed), now);
        }
        Some(connection)
    }
}

/// Removes the ended connections that are no longer kept: the older ones.
pub fn expire(ended: &mut Vec<EndedConnection>, limits: &EndedLimits, now: Timestamp) {
    ended.retain(|row| now.duration_since(row.ended_at) < limits.age);
    ended.sort_by_key(|row| row.ended_at);
    let surplus = ended.len().saturating_sub(limits.per_link);
    ended.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ConnectionId;

    fn row(number: usize, ended_at: Timestamp) -> EndedConnection {
        let bits = u64::try_from(number).unwrap();
        EndedConnection {
            connection: Connection {
                id: ConnectionId::from_bits(bits),
                ordinal: u32::try_from(number).unwrap(),
                identity: Identity {
                    name: format!("pe-{number}"),
                    link_identifier: None,
                    endpoint: String::new(),
                    location: None,
                    message: None,
                },
                decision: Decision::Approved,
                revision: 1,
                address: None,
                label: None,
                first_seen_at: ended_at,
                decided_at: None,
            },
            ended_at,
        }
    }

    #[test]
    fn the_most_recent_rows_are_kept_for_thirty_days() {
        let limits = EndedLimits::default();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let day = SignedDuration::from_hours(24);
        let mut ended: Vec<_> = (0..=ENDED_MOST).map(|number| row(number, now)).collect();
        ended[5].ended_at = now - day * 29;
        ended[6].ended_at = now - day * 30;
        expire(&mut ended, &limits, now);
        assert_eq!(ended.len(), ENDED_MOST);
        assert_eq!(ended[0].connection.ordinal, 5, "the oldest comes first");
        assert!(ended.iter().all(|row| row.connection.ordinal != 6));
        ended.push(row(ENDED_MOST + 1, now));
        expire(&mut ended, &limits, now);
        assert_eq!(ended.len(), ENDED_MOST);
        assert!(ended.iter().all(|row| row.connection.ordinal != 5));
        let few = EndedLimits {
            per_link: 3,
            ..limits
        };
        expire(&mut ended, &few, now);
        assert_eq!(ended.len(), 3);
        let newest = ended.last().unwrap();
        assert_eq!(
            usize::try_from(newest.connection.ordinal),
            Ok(ENDED_MOST + 1)
        );
    }
}

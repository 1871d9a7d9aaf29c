//! One consumer endpoint's connection to a link.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, SubscriptionId};
use crate::part::Admission;

/// A connection: whose endpoint it is and what was decided about it.
///
/// Bound to the provider's own identity of the connection, never to the endpoint's path:
/// an endpoint that is deleted and made again is a new connection, pending again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Our id.
    pub id: ConnectionId,
    /// Position in the order of sighting, from 1; never reused within a link's life.
    pub ordinal: u32,
    /// The provider's identity of it.
    pub identity: Identity,
    /// What was decided.
    pub verdict: Verdict,
    /// The endpoint's address in the consumer's network, told by the consumer.
    pub address: Option<Ipv4Addr>,
    /// When it was first seen.
    pub sighted_at: Timestamp,
    /// When the verdict last changed.
    pub decided_at: Option<Timestamp>,
}

/// What a provider says a connection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The provider's name of the connection, unique within the link: what decisions are written
    /// under (Azure: the connection's name; Google: the endpoint's path with its number).
    pub name: String,
    /// The number that tells the connection apart on the wire, where the provider has one.
    pub link_identifier: Option<String>,
    /// The consumer's endpoint, as the provider prints it for people. Hostile text.
    pub endpoint: String,
    /// Where the endpoint is. Hostile text.
    #[serde(default)]
    pub location: Option<String>,
    /// The consumer's words. Hostile text.
    #[serde(default)]
    pub message: Option<String>,
}

impl Identity {
    /// Whether both tell of the same connection.
    pub fn is_same(&self, other: &Identity) -> bool {
        self.name.eq_ignore_ascii_case(&other.name) && self.link_identifier == other.link_identifier
    }

    /// The consumer's Azure subscription, read from the endpoint's resource id.
    pub fn azure_subscription(&self) -> Option<SubscriptionId> {
        let mut segments = self.endpoint.split('/').skip(1);
        let root = segments.next()?;
        if !root.eq_ignore_ascii_case("subscriptions") {
            return None;
        }
        segments.next()?.parse().ok()
    }
}

/// What was decided about a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing yet.
    Undecided,
    /// Let in.
    Approved,
    /// Turned away, and why.
    Rejected(RejectReason),
}

/// Why a connection was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// A person rejected it.
    ByUser,
    /// Its subscription is not on the link's list.
    NotAllowed,
    /// It was approved at the provider instead of here.
    ApprovedElsewhere,
}

impl RejectReason {
    /// For people.
    pub const fn explain(self) -> &'static str {
        match self {
            Self::ByUser => "rejected by a member of the project",
            Self::NotAllowed => {
                "its subscription is not on the link's list of allowed subscriptions"
            }
            Self::ApprovedElsewhere => {
                "it was approved at the provider instead of through Underpass, which the \
                 project's `external_approval` setting forbids"
            }
        }
    }
}

/// A connection as a provider lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighted {
    /// Which one.
    pub identity: Identity,
    /// Where it stands.
    pub admission: Admission,
    /// The provider's full id of the connection object.
    pub id: String,
    /// The provider's version tag.
    pub tag: Option<String>,
}

//! One consumer endpoint's connection to a link.

use std::net::Ipv4Addr;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, SubscriptionId};
use crate::refusal::Refusal;

/// A connection: the endpoint's identity and the decision about it.
///
/// Bound to the provider's own identity of the connection, never to the endpoint's path: an
/// endpoint that is deleted and created again is a new, pending connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Our id.
    pub id: ConnectionId,
    /// The position in the order of first observation among the connections of the service, from 1;
    /// never reused while the service exists.
    pub ordinal: u32,
    /// The provider's identity of it.
    pub identity: Identity,
    /// The decision.
    #[serde(rename = "verdict")]
    pub decision: Decision,
    /// The number of decisions so far. A proof at the provider with a higher one shows that the
    /// store is older than the provider ([`crate::recovery`]).
    #[serde(default)]
    pub revision: u32,
    /// The endpoint's address in the consumer's network, as reported by the consumer.
    pub address: Option<Ipv4Addr>,
    /// The provider's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The time of the first observation.
    #[serde(rename = "sighted_at")]
    pub first_seen_at: Timestamp,
    /// The time of the last change of the decision.
    pub decided_at: Option<Timestamp>,
}

/// Most characters of a label: 64, one line of a table.
const LABEL_MAX: usize = 64;

/// A display name of a connection: one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

impl Label {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let fits = (1..=LABEL_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::invalid(
            "connection_label",
            format!(
                "A connection's label is 1 to {LABEL_MAX} characters on one line. To remove it, \
                 send null"
            ),
        ))
    }
}

impl Connection {
    /// Sets the decision.
    pub fn decide(&mut self, decision: Decision, now: Timestamp) {
        self.decision = decision;
        self.revision = self.revision.saturating_add(1);
        self.decided_at = Some(now);
    }

    /// Sets or removes the label. Returns whether it changed.
    pub fn name_it(&mut self, label: Option<Label>) -> bool {
        let changes = self.label != label;
        self.label = label;
        changes
    }
}

/// The provider's identity of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The provider's name of the connection, unique within the link; decisions are recorded under
    /// it (Azure: the connection's name; Google: the endpoint's path with its number).
    pub name: String,
    /// The number that distinguishes the connection in proxy protocol headers, if the provider has
    /// one.
    pub link_identifier: Option<String>,
    /// The consumer's endpoint, as the provider displays it. Untrusted text.
    pub endpoint: String,
    /// The endpoint's location. Untrusted text.
    #[serde(default)]
    pub location: Option<String>,
    /// The consumer's message. Untrusted text.
    #[serde(default)]
    pub message: Option<String>,
}

impl Identity {
    /// Reports whether both identify the same connection.
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

/// The decision about a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// No decision yet.
    Undecided,
    /// Approved.
    Approved,
    /// Rejected, with the reason.
    Rejected(RejectReason),
}

/// The reason for a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// A member rejected it.
    ByUser,
    /// Its subscription is not on the link's list.
    NotAllowed,
    /// It was approved in the cloud instead of here.
    ApprovedElsewhere,
}

impl RejectReason {
    /// The reason in words.
    pub const fn explain(self) -> &'static str {
        match self {
            Self::ByUser => "rejected by a member of the project",
            Self::NotAllowed => {
                "its subscription is not on the link's list of allowed subscriptions"
            }
            Self::ApprovedElsewhere => {
                "it was approved in the cloud instead of through Underpass, which the \
                 project's `external_approval` setting forbids"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_line_of_a_table() {
        let label: Label = "  team blue ".parse().unwrap();
        assert_eq!(label.as_str(), "team blue");
        assert!("é".repeat(LABEL_MAX).parse::<Label>().is_ok());
        for text in ["", "  ", "a\nb", "\u{1b}[2J", &"x".repeat(LABEL_MAX + 1)] {
            let refusal = text.parse::<Label>().unwrap_err();
            assert_eq!(refusal.code, "connection_label", "{text:?}");
        }
    }
}

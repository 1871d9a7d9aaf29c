//! The connection of a consumer's endpoint to a service attachment.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::ResourceId;

/// What makes a forwarding rule a consumer's endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Connection {
    /// The PSC connection id.
    pub(super) number: u64,
    /// The service attachment it asked for, and the number of that: a later attachment of the same
    /// name is another one.
    pub(super) attachment: ResourceId,
    pub(super) attachment_number: u64,
    /// When the attachment got to know it; `None` while its insert is under way.
    pub(super) joined: Option<Timestamp>,
    pub(super) status: Status,
    /// The addresses it is translated to; none unless it is accepted.
    pub(super) nat_ips: Vec<Ipv4Addr>,
}

/// Where a connection stands, on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    /// The provider has not decided.
    Pending,
    /// Let in, and carrying bytes.
    Accepted,
    /// Turned away.
    Rejected,
    /// What it led to is gone; for good.
    Closed,
    /// Let in, but the provider must act first: no NAT address was left for it.
    NeedsAttention,
}

impl Status {
    /// The word for it on the wire.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "PENDING",
            Status::Accepted => "ACCEPTED",
            Status::Rejected => "REJECTED",
            Status::Closed => "CLOSED",
            Status::NeedsAttention => "NEEDS_ATTENTION",
        }
    }

    /// Whether the provider let it in, with or without an address for it.
    pub(super) const fn is_let_in(self) -> bool {
        match self {
            Status::Accepted | Status::NeedsAttention => true,
            Status::Pending | Status::Rejected | Status::Closed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_on_the_wire_are_those_that_are_kept() {
        for status in [
            Status::Pending,
            Status::Accepted,
            Status::Rejected,
            Status::Closed,
            Status::NeedsAttention,
        ] {
            let kept = serde_json::to_value(status).unwrap();
            assert_eq!(kept, status.as_str());
        }
    }
}

//! The connection of a consumer's endpoint or backend to a service attachment.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::ResourceId;

/// The connection of a forwarding rule that is a consumer's endpoint, or of a regional network
/// endpoint group that is a consumer's backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Connection {
    /// The PSC connection id.
    pub(super) number: u64,
    /// The service attachment that the endpoint targets.
    pub(super) attachment: ResourceId,
    /// The numeric id of that attachment, which tells it from a later one of the same name.
    pub(super) attachment_number: u64,
    /// The time at which the endpoint's insert completed.
    #[serde(rename = "joined")]
    pub(super) connected_at: Option<Timestamp>,
    pub(super) status: ConnectionStatus,
    /// The NAT addresses of its flows; empty unless it is accepted.
    pub(super) nat_ips: Vec<Ipv4Addr>,
}

/// The status of a connection, as `pscConnectionStatus` and `connectedEndpoints` show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ConnectionStatus {
    /// Waits for the provider's decision.
    Pending,
    /// Accepted; carries bytes.
    Accepted,
    /// Rejected by the provider.
    Rejected,
    /// The service attachment was deleted; final.
    Closed,
    /// Accepted, but the NAT subnets are exhausted.
    NeedsAttention,
}

impl ConnectionStatus {
    /// The value in documents of the API.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            ConnectionStatus::Pending => "PENDING",
            ConnectionStatus::Accepted => "ACCEPTED",
            ConnectionStatus::Rejected => "REJECTED",
            ConnectionStatus::Closed => "CLOSED",
            ConnectionStatus::NeedsAttention => "NEEDS_ATTENTION",
        }
    }

    /// Reports whether the provider accepted it, with or without a NAT address.
    pub(super) const fn is_accepted(self) -> bool {
        match self {
            ConnectionStatus::Accepted | ConnectionStatus::NeedsAttention => true,
            ConnectionStatus::Pending | ConnectionStatus::Rejected | ConnectionStatus::Closed => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_value_is_the_value_of_the_api() {
        for status in [
            ConnectionStatus::Pending,
            ConnectionStatus::Accepted,
            ConnectionStatus::Rejected,
            ConnectionStatus::Closed,
            ConnectionStatus::NeedsAttention,
        ] {
            let stored = serde_json::to_value(status).unwrap();
            assert_eq!(stored, status.as_str());
        }
    }
}

//! The admission of a connection in the cloud.

use serde::{Deserialize, Serialize};

/// State of a connection in the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// Awaits a decision.
    Pending,
    /// Approved.
    Approved,
    /// Rejected.
    Rejected,
    /// Approved, but the provider cannot carry it until something changes on our side: for
    /// instance, no NAT address is left.
    NeedsAttention,
    /// Closed permanently in the cloud; the consumer can only delete the endpoint.
    Disconnected,
}

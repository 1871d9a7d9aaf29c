//! Health of a link's backends, as the load balancer of its cloud finds it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::NodeName;

/// A part of a link whose health is one question to its cloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthSubject {
    /// A load balancing rule, by its name (Azure).
    Rule(String),
    /// The endpoint group of a zone (Google).
    Zone(String),
}

/// The answer of a cloud to a question about health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthAnswer {
    /// The cloud prepares the answer.
    InProgress {
        /// The operation to poll.
        operation: String,
        /// The time of the next poll.
        check_after: Timestamp,
    },
    /// The members that the cloud knows.
    Known(Vec<MemberHealth>),
}

/// The health of a member of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberHealth {
    /// The network interface's ID or the instance's path, in the provider's spelling.
    pub handle: String,
    /// The probed port, if the answer tells it.
    pub port: Option<u16>,
    /// The member passes its probe.
    pub is_healthy: bool,
    /// The provider's word for the reason, which is untrusted.
    pub reason: Option<String>,
}

/// The health of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendStatus {
    /// No answer of the cloud about it is known.
    NotChecked,
    /// It passes its health probe, as last read.
    Healthy,
    /// It fails its health probe, as last read.
    Unhealthy,
}

/// A backend of a link: a node on the port of a component that is open on the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The node.
    pub node: NodeName,
    /// The name of the rule that leads to it.
    pub rule: String,
    /// The port on the node.
    pub port: u16,
    /// Its health.
    pub status: BackendStatus,
    /// The first of the answers in a row with this status.
    pub since: Option<Timestamp>,
    /// The time of the last answer.
    pub checked_at: Option<Timestamp>,
    /// The provider's word for the reason, which is untrusted.
    pub reason: Option<String>,
}

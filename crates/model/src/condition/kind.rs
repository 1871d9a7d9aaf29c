//! The condition document: kind, status, severity.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::ConnectionId;
use crate::remedy::Remedy;

/// One condition of a link or of one of its connections, of a project VPC or of a static IP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The statement that is true, false or unknown.
    pub kind: ConditionKind,
    /// The status.
    pub status: ConditionStatus,
    /// The severity while the status is not true.
    pub severity: Severity,
    /// The connection it is about; absent if it is about the link.
    pub connection: Option<ConnectionId>,
    /// A stable word for programs: one of ours in CamelCase, or the provider's error code.
    pub reason: String,
    /// A sentence for display. May contain the provider's text, which is untrusted.
    pub message: String,
    /// The action that resolves it; absent where there is none to take.
    pub remedy: Option<Remedy>,
    /// The time at which the condition took this status, if known.
    pub since: Option<Timestamp>,
}

/// The kinds of conditions, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// The cloud account of the link answers.
    AccountReachable,
    /// The cloud holds what is desired, as desired.
    Reconciled,
    /// The project VPC of the link and the static IPs of its service are in the cloud as desired.
    NetworkIntact,
    /// The provider carries an approved connection.
    Established,
    /// The service's registration is complete enough for its link to reach a node.
    BackendRegistered,
    /// The backends that were checked pass the health probes of the cloud.
    BackendsHealthy,
    /// The address of an approved endpoint is known, so that its name can be answered.
    AddressKnown,
    /// No other link and no other internal load balancer uses a network interface of the service's
    /// nodes (Azure).
    InterfaceExclusive,
    /// The certificate that was last issued for the service has the names of its approved
    /// connections.
    CertificateCurrent,
}

/// The status of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionStatus {
    /// It holds, as last checked.
    True,
    /// It does not hold, and does not come to by itself.
    False,
    /// A change is under way, or the present was not read yet.
    Unknown,
}

/// The severity of a condition while it is not true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something that should work does not.
    Error,
    /// Something is missing before it can work.
    Warning,
    /// Nothing to do.
    Info,
}

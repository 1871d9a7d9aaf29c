//! Parts of a link, a project VPC or a static IP: the cloud objects that it consists of.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A part of a managed object with its desired and its observed state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartView {
    /// Name of the part, for instance `balancer` or `admission:plc…`.
    pub part: String,
    /// Observed phase.
    pub phase: PartPhase,
    /// True if the part belongs to the desired state.
    pub desired: bool,
    /// True if the observed state equals the desired state.
    pub satisfied: bool,
    /// Time since which the phase lasts; null for phases that do not wait.
    pub since: Option<String>,
    /// Failure of the last attempt; null if it succeeded.
    pub failure: Option<PartFailure>,
}

/// Observed phase of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartPhase {
    /// Never observed.
    Absent,
    /// Observed to be deleted.
    Gone,
    /// Not known: an operation on it may or may not have taken effect.
    Unknown,
    /// An operation of the provider is in progress.
    Making,
    /// Exists.
    Ready,
    /// The provider has accepted a decision and does not show it yet.
    Awaited,
    /// An operation of the provider failed.
    Failed,
    /// Confirmed before and not found since; its absence is not proven yet.
    Missing,
}

impl PartPhase {
    /// Returns the word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
            Self::Making => "making",
            Self::Ready => "ready",
            Self::Awaited => "awaited",
            Self::Failed => "failed",
            Self::Missing => "missing",
        }
    }
}

impl fmt::Display for PartPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Failure that keeps a part from its desired state. The message may contain the provider's text,
/// which is untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFailure {
    /// Failed attempts in a row.
    pub attempts: u32,
    /// Code of the provider or of Underpass.
    pub code: String,
    /// Attempted operation and its answer.
    pub message: String,
    /// Instruction to the operator; null if a retry alone may help.
    pub next_action: Option<String>,
    /// Name of the part.
    pub part: String,
    /// Time of the next attempt.
    pub retry_at: String,
    /// Time of the first failure in the row.
    pub since: String,
}

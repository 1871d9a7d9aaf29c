//! Writes of parts, as the observed state remembers them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::spec::Spec;
use crate::id::Generation;

/// A write that was made, to recognise a provider that does not keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatedWrite {
    /// The written spec.
    pub spec: Spec,
    /// The generation for which it was written.
    pub generation: Generation,
    /// The writes of this spec for this generation.
    pub count: u32,
    /// The time of the first of them.
    pub since: Timestamp,
    /// The time of the last of them.
    pub last: Timestamp,
}

/// A write that may have reached the cloud, without proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteAttempt {
    /// The spec; `None`: the deletion of the part, which stays here once it is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Spec>,
    /// The time of the attempt, or of the confirmation of a deletion.
    pub at: Timestamp,
}

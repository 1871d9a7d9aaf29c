//! A connection as a provider lists it.

use crate::connection::Identity;
use crate::decision_proof::DecisionProof;
use crate::part::Admission;

/// A connection as a provider lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedConnection {
    /// The connection's identity.
    pub identity: Identity,
    /// Its state at the provider.
    pub admission: Admission,
    /// The provider's full id of the connection object.
    pub id: String,
    /// The provider's version tag.
    pub tag: Option<String>,
    /// The proof of our decision about it. Untrusted until verified.
    pub proof: Option<DecisionProof>,
}

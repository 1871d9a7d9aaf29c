//! Requests for the health of a load balancing rule, in progress or answered.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::id::ResourceId;

/// The operations in progress, by ID.
pub(super) type HealthOperations = BTreeMap<String, HealthOperation>;

/// A request for the health of a rule.
#[derive(Debug, Clone)]
pub(super) struct HealthOperation {
    pub(super) balancer: ResourceId,
    pub(super) rule: String,
    pub(super) started: Timestamp,
    /// Path of the URL of the result, without the ID and the query.
    pub(super) location: String,
    /// Query of the URL: the api-version and the signature.
    pub(super) query: Vec<(String, String)>,
}

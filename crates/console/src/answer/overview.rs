//! A project at a glance, by our own API.

use std::collections::BTreeMap;

use serde::Deserialize;
use underpass_api_types::condition::ServiceCondition;

use super::connection::ProjectConnections;

/// A project at a glance.
#[derive(Deserialize)]
pub(crate) struct Overview {
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Connections that wait for a decision.
    pub(crate) waiting: ProjectConnections,
}

/// Numbers of objects, and the conditions that are false.
#[derive(Deserialize)]
pub(crate) struct Counts {
    pub(crate) services: usize,
    /// By provider and state.
    pub(crate) links: BTreeMap<String, BTreeMap<String, usize>>,
    /// By state.
    pub(crate) connections: BTreeMap<String, usize>,
    /// Conditions that are false, the most pressing first.
    pub(crate) conditions: Vec<ServiceCondition>,
    /// Number of them, shown or not.
    pub(crate) conditions_total: usize,
}

//! A project at a glance, by our own API.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::connection::ProjectConnections;

/// A project at a glance.
#[derive(Deserialize)]
pub(crate) struct Overview {
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Connections that wait for a decision.
    pub(crate) waiting: ProjectConnections,
}

/// Numbers of objects, and what needs attention.
#[derive(Deserialize)]
pub(crate) struct Counts {
    pub(crate) services: usize,
    /// By provider and state.
    pub(crate) links: BTreeMap<String, BTreeMap<String, usize>>,
    /// By state.
    pub(crate) connections: BTreeMap<String, usize>,
    pub(crate) attention: Vec<Attention>,
    /// Number of problems, shown or not.
    pub(crate) attention_total: usize,
}

/// A problem that needs an operator.
#[derive(Deserialize)]
pub(crate) struct Attention {
    pub(crate) service_name: String,
    pub(crate) provider: String,
    pub(crate) state: String,
    pub(crate) connection: Option<String>,
    pub(crate) reason: String,
    pub(crate) next_action: Option<String>,
}

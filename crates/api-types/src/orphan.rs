//! Links in a cloud that carry the tag of Underpass and belong to nothing in the store.

use serde::{Deserialize, Serialize};

use crate::part::PartFailure;

/// Orphans: `GET /v1/underpass/recovery/orphans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanList {
    /// Orphans, by account and ID.
    pub orphans: Vec<OrphanView>,
    /// Sentences that tell why the list may lack objects; empty if it is complete.
    #[serde(default)]
    pub incomplete: Vec<String>,
}

/// An orphan: `DELETE /v1/underpass/recovery/{account}/orphans/{orphan}` answers with it, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanView {
    /// ID of the link that it was.
    pub orphan_id: String,
    /// Name of the cloud account that lists it.
    pub account: String,
    /// The cloud's name of its main object. The confirmation of a removal repeats it.
    pub name: String,
    /// Cloud resource ID of its main object.
    pub resource_id: String,
    /// Kind of its main object, as "published service" or "load balancer".
    pub kind: String,
    /// Cloud: `azure` or `google`.
    pub provider: String,
    /// The cloud's name of its region.
    pub region: String,
    /// Resource group that contains it; `null` on Google.
    pub resource_group: Option<String>,
    /// Project of the link that it was, as its tag says; `null` if no tag says it.
    pub project_name: Option<String>,
    /// Service of the link that it was, as its tag says; `null` if no tag says it.
    pub service_name: Option<String>,
    /// True if it is proven that this installation made it.
    pub is_proven: bool,
    /// State: `found`, `removing`, or `failing` if a removal does not succeed.
    pub state: String,
    /// Connections that its removal cuts.
    pub approved_connections: usize,
    /// The first 64 connections at its published service, approved ones first.
    pub connections: Vec<OrphanConnectionView>,
    /// All its connections.
    pub connection_count: usize,
    /// Cloud resources that its removal deletes or changes, in the order of their creation.
    pub parts: Vec<OrphanPartView>,
    /// First listing that showed it.
    pub first_seen: String,
    /// Last listing that showed it.
    pub last_seen: String,
    /// First listing since that did not show it; `null` if the last one did.
    pub missing_since: Option<String>,
    /// Reason for which a removal would be refused now, with the next step; `null` if it can be
    /// removed.
    pub removal_refused: Option<String>,
    /// Requested removal; `null` if none was requested.
    pub removal: Option<OrphanRemovalView>,
}

/// A connection at the published service of an orphan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanConnectionView {
    /// Consumer's endpoint, as the cloud displays it.
    pub endpoint: String,
    /// State in the cloud: `pending`, `approved`, `rejected`, `needs-attention` or `disconnected`.
    pub state: String,
}

/// A cloud resource of an orphan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanPartView {
    /// Stable word for programs.
    pub part: String,
    /// Name for display, as "load balancer".
    pub display_name: String,
    /// Cloud resource ID.
    pub resource_id: String,
    /// True once it is deleted.
    pub is_gone: bool,
}

/// The requested removal of an orphan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanRemovalView {
    /// Time of the first request.
    pub requested_at: String,
    /// Token or user of the last request.
    pub requested_by: String,
    /// Failures that keep parts from being deleted.
    pub failures: Vec<PartFailure>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn an_orphan_is_read_as_it_was_written() {
        let removal = OrphanRemovalView {
            requested_at: "2026-01-01T00:00:00Z".to_owned(),
            requested_by: "operator".to_owned(),
            failures: Vec::new(),
        };
        let orphan = OrphanView {
            orphan_id: "s0a1b2c3d4e5f".to_owned(),
            account: "azure".to_owned(),
            name: "up-s0a1b2c3d4e5f".to_owned(),
            resource_id: "/subscriptions/s".to_owned(),
            kind: "published service".to_owned(),
            provider: "azure".to_owned(),
            region: "westeurope".to_owned(),
            resource_group: Some("g".to_owned()),
            project_name: Some("demo".to_owned()),
            service_name: None,
            is_proven: true,
            state: "removing".to_owned(),
            approved_connections: 1,
            connections: vec![OrphanConnectionView {
                endpoint: "/pe".to_owned(),
                state: "approved".to_owned(),
            }],
            connection_count: 1,
            parts: vec![OrphanPartView {
                part: "attachment".to_owned(),
                display_name: "published service".to_owned(),
                resource_id: "/subscriptions/s".to_owned(),
                is_gone: false,
            }],
            first_seen: "2026-01-01T00:00:00Z".to_owned(),
            last_seen: "2026-01-01T00:00:00Z".to_owned(),
            missing_since: None,
            removal_refused: None,
            removal: Some(removal),
        };
        assert_round_trip(&OrphanList {
            incomplete: vec!["A link cannot be read".to_owned()],
            orphans: vec![orphan],
        });
    }
}

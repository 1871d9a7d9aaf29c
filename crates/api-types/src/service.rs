//! Services of a project, each with its links in one line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use underpass_model::cloud::Provider;
use underpass_model::link::{ConnectionState, LinkState};

/// A page of the services of a project: `GET …/services`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePage {
    /// Services by name.
    pub services: Vec<ServiceSummary>,
    /// Number of matching services on all pages.
    pub total: usize,
    /// Value of `after` for the next page; null on the last page.
    pub next_after: Option<String>,
}

/// A service of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSummary {
    /// Name of the service.
    pub service_name: String,
    /// Type of the service.
    pub service_type: String,
    /// State of the service, as in the compatible API.
    pub state: String,
    /// Plan, as it was registered.
    pub plan: String,
    /// Cloud and region, for instance `azure-westeurope`.
    pub cloud_name: String,
    /// ID of the project VPC; null outside of project VPCs.
    pub project_vpc_id: Option<String>,
    /// Number of nodes.
    pub node_count: usize,
    /// Time of the registration.
    pub create_time: String,
    /// Time of the last change.
    pub update_time: String,
    /// Links of the service.
    pub links: Vec<LinkSummary>,
    /// Number of conditions that are false; the overview lists them.
    pub problems: usize,
}

/// A link of a service of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSummary {
    /// Cloud of the link.
    pub provider: Provider,
    /// State of the link.
    pub state: LinkState,
    /// True if every part has its desired state.
    pub settled: bool,
    /// Numbers of connections by state; states without connections are omitted.
    pub connections: BTreeMap<String, usize>,
    /// Instruction to the operator; null if there is nothing to do.
    pub next_action: Option<String>,
}

impl LinkSummary {
    /// Returns the number of connections that wait for a decision.
    pub fn pending(&self) -> usize {
        self.count(ConnectionState::PendingUserApproval)
    }

    /// Returns the number of connections that carry bytes.
    pub fn active(&self) -> usize {
        self.count(ConnectionState::Active)
    }

    fn count(&self, state: ConnectionState) -> usize {
        self.connections
            .get(state.as_str())
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    fn link() -> LinkSummary {
        LinkSummary {
            provider: Provider::Azure,
            state: LinkState::Active,
            settled: true,
            connections: BTreeMap::from([("active".to_owned(), 2)]),
            next_action: None,
        }
    }

    #[test]
    fn a_page_is_read_back() {
        assert_round_trip(&ServicePage {
            services: vec![ServiceSummary {
                service_name: "pg-1".to_owned(),
                service_type: "pg".to_owned(),
                state: "RUNNING".to_owned(),
                plan: "startup-4".to_owned(),
                cloud_name: "azure-westeurope".to_owned(),
                project_vpc_id: None,
                node_count: 2,
                create_time: "2026-01-01T00:00:00Z".to_owned(),
                update_time: "2026-01-01T00:00:00Z".to_owned(),
                links: vec![link()],
                problems: 0,
            }],
            total: 1,
            next_after: None,
        });
    }

    #[test]
    fn states_without_connections_count_none() {
        assert_eq!((link().active(), link().pending()), (2, 0));
    }
}

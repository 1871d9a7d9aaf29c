//! Links.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use underpass_model::backend_health::BackendStatus;
use underpass_model::broker_port::BrokerPorts;
use underpass_model::link::{LinkState, Topology};

use crate::condition::ConditionView;
use crate::part::PartView;

/// A link with the conditions of its parts: `GET …/privatelink/{provider}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkView {
    /// State of the link.
    pub state: LinkState,
    /// Number of the desired state; each change increments it.
    pub generation: u64,
    /// Path from the cloud's entry to the service.
    pub topology: Topology,
    /// Effect of a rejection or a closed port on established flows: `unverified`, since it is the
    /// cloud's behaviour.
    pub established_flow_revocation: String,
    /// Members of the link's cloud, in the same object.
    #[serde(flatten)]
    pub published: PublishedLink,
    /// Ports that are open on the link.
    pub open_ports: Vec<OpenPort>,
    /// Backends: each node on each open port, with the last answer of the cloud about its health.
    #[serde(default)]
    pub backends: Vec<BackendView>,
    /// Ports reserved for the link's life, open or not, by component.
    pub reserved_ports: BTreeMap<String, u16>,
    /// Ports of single brokers reserved for the link's life, open or not, by listener and node;
    /// omitted if there are none.
    #[serde(default, skip_serializing_if = "BrokerPorts::is_empty")]
    pub broker_ports: BrokerPorts,
    /// Parts in build order.
    pub parts: Vec<PartView>,
    /// True if every part has its desired state.
    pub settled: bool,
    /// Next step of the reconcile loop, as a sentence; null if nothing is left to do.
    pub next_step: Option<String>,
    /// Conditions of the link and of its connections, the most pressing first.
    pub conditions: Vec<ConditionView>,
    /// Instruction to the operator; null if there is nothing to do.
    pub next_action: Option<String>,
    /// Time of creation.
    pub create_time: String,
    /// Time of the last change of the desired state.
    pub update_time: String,
}

/// Cloud-specific members of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PublishedLink {
    /// An Azure private link service.
    Azure {
        /// Alias that consumers connect to; null until the service exists.
        azure_service_alias: Option<String>,
        /// Resource ID; null until the service exists.
        azure_service_id: Option<String>,
        /// Subscriptions that may connect.
        user_subscription_ids: Vec<String>,
    },
    /// A Google service attachment.
    Google {
        /// URI that consumers connect to; null until the attachment exists.
        google_service_attachment: Option<String>,
        /// Ranges that consumers' addresses are translated to.
        nat_ranges: Vec<NatRange>,
        /// Connections that the ranges can serve, one address each.
        nat_capacity: usize,
        /// Approved connections.
        nat_in_use: usize,
    },
}

/// A range for network address translation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatRange {
    /// Range in CIDR notation.
    pub range: String,
    /// Connections that the range can serve.
    pub capacity: usize,
}

/// A port that is open on a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPort {
    /// Component of the service.
    pub component: String,
    /// Port on the link.
    pub link_port: u16,
    /// Port on the nodes.
    pub backend_port: u16,
    /// Node that the port leads to; omitted if it leads to all nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
}

/// A node on a port that is open on a link, and its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendView {
    /// Node.
    pub node_name: String,
    /// Component of the service, and listener where it has several.
    pub component: String,
    /// Port on the node.
    pub port: u16,
    /// Result of the cloud's health probe: `healthy`, `unhealthy` or `not_checked`.
    pub health: BackendStatus,
    /// Time of the first of the answers in a row with this result; null if not checked.
    pub since: Option<String>,
    /// Time of the last answer; null if not checked.
    pub checked_at: Option<String>,
    /// The provider's word for the reason, if it has one.
    pub reason: Option<String>,
}

/// Steps that the reconcile loop will take if none fails: `GET …/privatelink/{provider}/plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanView {
    /// Number of the desired state that the plan leads to.
    pub generation: u64,
    /// Steps in order.
    pub steps: Vec<StepView>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Action of the step.
    pub action: StepAction,
    /// Name of the part.
    pub part: String,
}

/// Action of a step on a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepAction {
    /// Reads the part.
    Read,
    /// Creates or changes the part.
    Put,
    /// Deletes the part.
    Delete,
    /// Asks for the outcome of the provider's operation.
    Poll,
}

impl LinkView {
    /// Returns the name that consumers connect to, once the link has one.
    pub fn target(&self) -> Option<&str> {
        match &self.published {
            PublishedLink::Azure {
                azure_service_alias,
                ..
            } => azure_service_alias.as_deref(),
            PublishedLink::Google {
                google_service_attachment,
                ..
            } => google_service_attachment.as_deref(),
        }
    }

    /// Returns the Azure subscriptions that may connect; none on other clouds.
    pub fn subscriptions(&self) -> &[String] {
        match &self.published {
            PublishedLink::Azure {
                user_subscription_ids,
                ..
            } => user_subscription_ids,
            PublishedLink::Google { .. } => &[],
        }
    }

    /// Reports whether established flows are known to end when their port is closed.
    pub fn ends_flows(&self) -> bool {
        self.established_flow_revocation != "unverified"
    }

    /// Reports whether the link is being deleted.
    pub fn is_deleting(&self) -> bool {
        self.state == LinkState::Deleting
    }

    /// Returns how many parts of the desired state are satisfied, and of how many.
    pub fn progress(&self) -> (usize, usize) {
        let desired = self.parts.iter().filter(|part| part.desired);
        let ready = desired.clone().filter(|part| part.satisfied).count();
        (ready, desired.count())
    }

    /// Returns the parts that do not have their desired state.
    pub fn unfinished(&self) -> impl Iterator<Item = &PartView> {
        self.parts.iter().filter(|part| !part.satisfied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::PartPhase;
    use crate::round_trip::assert_round_trip;

    fn link(published: PublishedLink) -> LinkView {
        LinkView {
            state: LinkState::Active,
            generation: 2,
            topology: Topology::Direct,
            established_flow_revocation: "unverified".to_owned(),
            published,
            open_ports: vec![OpenPort {
                component: "pg".to_owned(),
                link_port: 5432,
                backend_port: 5432,
                node_name: None,
            }],
            backends: vec![BackendView {
                node_name: "n1".to_owned(),
                component: "pg".to_owned(),
                port: 5432,
                health: BackendStatus::Healthy,
                since: Some("2026-01-01T00:00:00Z".to_owned()),
                checked_at: None,
                reason: None,
            }],
            reserved_ports: BTreeMap::from([("pg".to_owned(), 5432)]),
            broker_ports: BrokerPorts::default(),
            parts: vec![PartView {
                part: "balancer".to_owned(),
                phase: PartPhase::Ready,
                desired: true,
                satisfied: true,
                since: None,
                failure: None,
            }],
            settled: true,
            next_step: None,
            conditions: Vec::new(),
            next_action: None,
            create_time: "2026-01-01T00:00:00Z".to_owned(),
            update_time: "2026-01-01T00:00:00Z".to_owned(),
        }
    }

    #[test]
    fn a_link_of_each_cloud_is_read_back() {
        assert_round_trip(&link(PublishedLink::Azure {
            azure_service_alias: Some("alias".to_owned()),
            azure_service_id: None,
            user_subscription_ids: vec!["s".to_owned()],
        }));
        assert_round_trip(&link(PublishedLink::Google {
            google_service_attachment: None,
            nat_ranges: vec![NatRange {
                range: "10.9.0.0/29".to_owned(),
                capacity: 4,
            }],
            nat_capacity: 4,
            nat_in_use: 1,
        }));
    }

    #[test]
    fn a_plan_is_read_back() {
        let actions = [
            StepAction::Read,
            StepAction::Put,
            StepAction::Delete,
            StepAction::Poll,
        ];
        let step = |action| StepView {
            action,
            part: "balancer".to_owned(),
        };
        assert_round_trip(&PlanView {
            generation: 3,
            steps: actions.map(step).into(),
        });
    }
}

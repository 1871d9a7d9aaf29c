//! The desired state of a link.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::broker_port::BrokerPorts;
use crate::cloud::Provider;
use crate::connection::Identity;
use crate::id::{ConnectionId, Generation, LinkId, ProjectVpcId, SubscriptionId};
use crate::name::{ProjectName, ServiceName};
use crate::refusal::Refusal;
use crate::remedy::{ConnectionRef, LinkRef, Remedy};
use crate::service::component::Component;
use crate::vpc::VpcResident;
use crate::work::WorkKey;

/// The desired state of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The ID of this incarnation; a link that is created again gets another.
    pub id: LinkId,
    /// The project.
    pub project: ProjectName,
    /// The published service.
    pub service: ServiceName,
    /// The cloud.
    pub provider: Provider,
    /// The network it is published from.
    pub vpc: ProjectVpcId,
    /// The topology; immutable while connections exist.
    pub topology: Topology,
    /// The subscriptions whose endpoints may request a connection (Azure).
    pub subscriptions: BTreeSet<SubscriptionId>,
    /// The ranges that consumers' addresses are translated to, reserved as long as the link exists
    /// (Google).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nat_ranges: Vec<Ipv4Net>,
    /// The ranges that the cloud refused, because something of the network that is not ours overlaps
    /// them; the link gets none of them (Google).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_ranges: Vec<Ipv4Net>,
    /// The ports reserved as long as the link exists, by rule name.
    pub ports: BTreeMap<String, u16>,
    /// The ports of single brokers, reserved as long as the link exists (Kafka).
    #[serde(default, skip_serializing_if = "BrokerPorts::is_empty")]
    pub broker_ports: BrokerPorts,
    /// Increases with each change of the desired state.
    pub generation: Generation,
    /// Requests the deletion of the link.
    pub deleting: bool,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change of the desired state.
    pub updated_at: Timestamp,
}

/// The forwarding from the cloud's entry to the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// Directly to the nodes.
    #[default]
    Direct,
}

impl Link {
    /// The link as remedies name it.
    pub fn reference(&self) -> LinkRef {
        LinkRef::new(self.provider, &self.service)
    }

    /// A connection of the link as remedies name it.
    pub fn reference_to(&self, connection: &ConnectionId) -> ConnectionRef {
        ConnectionRef::new(self.provider, &self.service, connection)
    }

    /// The key of its work.
    pub fn work_key(&self) -> WorkKey {
        WorkKey::Link(self.project.clone(), self.service.clone(), self.provider)
    }

    /// Reports whether an endpoint of this identity may request a connection.
    pub fn admits(&self, identity: &Identity) -> bool {
        match self.provider {
            Provider::Azure => identity
                .azure_subscription()
                .is_some_and(|subscription| self.subscriptions.contains(&subscription)),
            // Any endpoint may request a connection if it knows the attachment; each is decided
            // separately.
            Provider::Google | Provider::Aws => true,
        }
    }

    /// Requests the deletion of the link. A second request changes nothing.
    pub fn delete(&mut self, now: Timestamp) {
        if !self.deleting {
            self.deleting = true;
            self.touch(now);
        }
    }

    /// Marks the desired state as changed, so that a pass on an older one does not complete it.
    pub fn touch(&mut self, now: Timestamp) {
        self.generation = self.generation.next();
        self.updated_at = now;
    }

    /// Reserves the ports of new components; refuses to change a reserved one.
    pub(super) fn reserve_ports(&mut self, components: &[Component]) -> Result<(), Refusal> {
        for (rule, port) in reserve(components) {
            match self.ports.get(&rule) {
                Some(reserved) if *reserved != port => {
                    return Err(Refusal::conflict(
                        "link_port_reserved",
                        format!(
                            "Component `{rule}` has port {reserved} on the link as long as the \
                             link exists, because consumers have opened it in their firewalls"
                        ),
                    )
                    .with_remedy(self.keep_ports(
                        components,
                        &rule,
                        &reserved.to_string(),
                    )));
                }
                Some(_) => {}
                None => {
                    if let Some((other, _)) = self.ports.iter().find(|(_, taken)| **taken == port) {
                        return Err(Refusal::conflict(
                            "link_port_reserved",
                            format!(
                                "Port {port} on the link is reserved for `{other}`, so component \
                                 `{rule}` needs another one"
                            ),
                        )
                        .with_remedy(self.keep_ports(components, &rule, "PORT")));
                    }
                    self.ports.insert(rule, port);
                }
            }
        }
        Ok(())
    }

    /// Returns the remedy that registers the components with another link port of one of them.
    fn keep_ports(&self, components: &[Component], rule: &str, link_port: &str) -> Remedy {
        let argument = |component: &Component| {
            if component.rule_name() == rule {
                component.argument_with(Some(link_port))
            } else {
                component.argument()
            }
        };
        Remedy::KeepLinkPorts {
            service: self.service.clone(),
            components: components.iter().map(argument).collect(),
        }
    }

    pub(super) fn refuse_while_deleting(&self) -> Result<(), Refusal> {
        if !self.deleting {
            return Ok(());
        }
        Err(Refusal::conflict(
            "link_deleting",
            format!(
                "The private link of service `{}` is being deleted. Wait until it is deleted",
                self.service
            ),
        ))
    }
}

/// The refusal for a link that does not exist. Its wording avoids "Service … does not exist": the
/// Go clients retry a 404 with that text.
pub fn link_not_found(service: &ServiceName, provider: Provider) -> Refusal {
    Refusal::not_found(
        "privatelink_not_found",
        format!("Privatelink not found for service {service}: it has none on {provider}"),
    )
    .with_remedy(Remedy::CreateLink(LinkRef::new(provider, service)))
}

/// The refusal for a connection that does not exist.
pub fn connection_not_found(service: &ServiceName, id: &ConnectionId) -> Refusal {
    Refusal::not_found(
        "connection_not_found",
        format!(
            "Privatelink connection {id} not found for service {service}. Refresh, then list the \
             connections: an endpoint that was created again has a new ID"
        ),
    )
}

pub(super) fn reserve(components: &[Component]) -> BTreeMap<String, u16> {
    components
        .iter()
        .map(|component| (component.rule_name(), component.link_port))
        .collect()
}

impl VpcResident for Link {
    fn project_vpc_id(&self) -> Option<ProjectVpcId> {
        Some(self.vpc)
    }

    fn describe(&self) -> String {
        format!(
            "the {} privatelink of service `{}`",
            self.provider, self.service
        )
    }
}

//! Links: the private entry of a service in one cloud.

mod azure_rules;
pub(crate) mod brokers;
mod decision;
mod google;
mod lifecycle;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::azure_rules::reserved_rules;
pub use self::brokers::check_brokers;
use self::brokers::first_brokers;
pub use self::lifecycle::{
    ConnectionState, LinkState, Trigger, diagram, moves, shown_connection, shown_link,
};
use crate::broker_port::BrokerPorts;
use crate::cloud::Provider;
use crate::connection::{Connection, Decision, Identity, RejectReason};
use crate::id::{ConnectionId, Generation, LinkId, ProjectVpcId, SubscriptionId};
use crate::name::{ProjectName, ServiceName};
use crate::project::{Feature, Project};
use crate::refusal::Refusal;
use crate::remedy::{ConnectionRef, LinkRef, Remedy};
use crate::service::{Component, Neighbours, Service};
use crate::static_ip;
use crate::vpc::ProjectVpc;
use crate::work::WorkKey;

/// Most subscriptions on a link's list (Azure: visibility takes 100).
pub const MAX_SUBSCRIPTIONS: usize = 100;

/// A link as wished for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// This life of the link; a link made again gets another.
    pub id: LinkId,
    /// Whose it is.
    pub project: ProjectName,
    /// The service it leads to.
    pub service: ServiceName,
    /// Whose product carries it.
    pub provider: Provider,
    /// The network it is published from.
    pub vpc: ProjectVpcId,
    /// How the entry leads to the service; immutable while connections exist.
    pub topology: Topology,
    /// Whose endpoints may ask for a connection (Azure).
    pub subscriptions: BTreeSet<SubscriptionId>,
    /// The ranges that consumers' addresses are translated to, kept for the link's life (Google).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nat_ranges: Vec<Ipv4Net>,
    /// The ports reserved for the link's life, by rule name.
    pub ports: BTreeMap<String, u16>,
    /// The ports of single brokers, reserved for the link's life (Kafka).
    #[serde(default, skip_serializing_if = "BrokerPorts::is_empty")]
    pub broker_ports: BrokerPorts,
    /// Grows with each change of the wish.
    pub generation: Generation,
    /// Whether it is to go.
    pub deleting: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the wish last changed.
    pub updated_at: Timestamp,
}

/// How the cloud's entry leads to the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// Straight to the nodes.
    #[default]
    Direct,
}

/// What a new link is judged by.
#[derive(Debug, Clone, Copy)]
pub struct CreateContext<'a> {
    /// Whose it is to be.
    pub project: &'a Project,
    /// The service it is to lead to.
    pub service: &'a Service,
    /// The service's network.
    pub vpc: Option<&'a ProjectVpc>,
    /// Static IPs kept for the service.
    pub static_ips: usize,
    /// A link of the service in the same cloud.
    pub existing: Option<&'a Link>,
    /// What other services have on its machines.
    pub neighbours: &'a Neighbours,
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

    /// Judges and makes the wish for a link on Azure.
    pub fn create_azure(
        context: CreateContext<'_>,
        subscriptions: BTreeSet<SubscriptionId>,
        id: LinkId,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let CreateContext {
            project,
            service,
            vpc,
            static_ips,
            existing,
            neighbours,
        } = context;
        project.require(Feature::PrivatelinkAzure)?;
        if let Some(link) = existing {
            return Err(already_exists(link));
        }
        check_place(service, Provider::Azure)?;
        let vpc = check_vpc(service, vpc)?;
        let needed = static_ip::required(service.nodes.len().max(1));
        if static_ips < needed || !service.uses_static_ips() {
            return Err(Refusal::invalid(
                "static_ips_missing",
                format!(
                    "Service `{}` needs {needed} static IP addresses for Azure Private Link, in \
                     use: the load balancer probes the nodes from outside the network. It has \
                     {static_ips}{}",
                    service.name,
                    if service.uses_static_ips() {
                        ""
                    } else {
                        ", and `static_ips` is off"
                    },
                ),
            )
            .with_remedy(Remedy::ProvideStaticIps {
                service: service.name.clone(),
                cloud: service.cloud.clone(),
            }));
        }
        check_subscriptions(&subscriptions)?;
        azure_rules::check(service, neighbours)?;
        Ok(Self {
            id,
            project: project.name.clone(),
            service: service.name.clone(),
            provider: Provider::Azure,
            vpc: vpc.id,
            topology: Topology::Direct,
            subscriptions,
            nat_ranges: Vec::new(),
            ports: reserve(&service.components),
            broker_ports: first_brokers(service, neighbours)?,
            generation: Generation(1),
            deleting: false,
            created_at: now,
            updated_at: now,
        })
    }

    /// Replaces the list of subscriptions.
    ///
    /// Connections that wait for a decision and whose subscription leaves the list are turned
    /// away: they are returned changed. Approved ones are never cut by this: it is refused.
    pub fn allow(
        &mut self,
        subscriptions: BTreeSet<SubscriptionId>,
        connections: &[Connection],
        now: Timestamp,
    ) -> Result<Vec<Connection>, Refusal> {
        self.refuse_while_deleting()?;
        check_subscriptions(&subscriptions)?;
        let leaves = |connection: &&Connection| {
            connection
                .identity
                .azure_subscription()
                .is_none_or(|subscription| !subscriptions.contains(&subscription))
        };
        let cut: Vec<_> = connections
            .iter()
            .filter(leaves)
            .filter(|connection| connection.decision == Decision::Approved)
            .map(|connection| format!("{} ({})", connection.id, connection.identity.endpoint))
            .collect();
        if !cut.is_empty() {
            return Err(Refusal::conflict(
                "would_cut_connections",
                format!(
                    "The new list would cut approved connections: {}. Keep their subscriptions on \
                     the list",
                    cut.join(", "),
                ),
            )
            .with_remedy(Remedy::RejectConnections(self.reference())));
        }
        let turned_away = connections
            .iter()
            .filter(leaves)
            .filter(|connection| connection.decision == Decision::Undecided)
            .map(|connection| Connection {
                decision: Decision::Rejected(RejectReason::NotAllowed),
                decided_at: Some(now),
                ..connection.clone()
            })
            .collect();
        if self.subscriptions != subscriptions {
            self.subscriptions = subscriptions;
        }
        self.touch(now);
        Ok(turned_away)
    }

    /// Whether an endpoint of this identity may ask for a connection at all.
    pub fn admits(&self, identity: &Identity) -> bool {
        match self.provider {
            Provider::Azure => identity
                .azure_subscription()
                .is_some_and(|subscription| self.subscriptions.contains(&subscription)),
            // Whoever knows the attachment may ask; every endpoint is decided on by itself.
            Provider::Google | Provider::Aws => true,
        }
    }

    /// Asks for the link to go. Asking again changes nothing.
    pub fn delete(&mut self, now: Timestamp) {
        if !self.deleting {
            self.deleting = true;
            self.touch(now);
        }
    }

    /// Marks the wish as changed, so that a pass that looks at an older one does not end it.
    pub fn touch(&mut self, now: Timestamp) {
        self.generation = self.generation.next();
        self.updated_at = now;
    }

    /// Reserves the ports of components that appeared; refuses to move one that is reserved.
    fn reserve_ports(&mut self, components: &[Component]) -> Result<(), Refusal> {
        for (rule, port) in reserve(components) {
            match self.ports.get(&rule) {
                Some(reserved) if *reserved != port => {
                    return Err(Refusal::conflict(
                        "link_port_reserved",
                        format!(
                            "Component `{rule}` has port {reserved} on the link for the link's \
                             life, because consumers have opened it in their firewalls; give \
                             `link_port={reserved}`, or delete the link first"
                        ),
                    ));
                }
                Some(_) => {}
                None => {
                    if let Some((other, _)) = self.ports.iter().find(|(_, taken)| **taken == port) {
                        return Err(Refusal::conflict(
                            "link_port_reserved",
                            format!(
                                "Port {port} on the link is reserved for `{other}`; give \
                                 component `{rule}` another `link_port`"
                            ),
                        ));
                    }
                    self.ports.insert(rule, port);
                }
            }
        }
        Ok(())
    }

    fn refuse_while_deleting(&self) -> Result<(), Refusal> {
        if !self.deleting {
            return Ok(());
        }
        Err(Refusal::conflict(
            "link_deleting",
            format!(
                "The privatelink of service `{}` is being deleted; wait until it is gone",
                self.service
            ),
        ))
    }
}

/// The refusal for a link that is not there. Its wording avoids "Service … does not exist":
/// the Go clients retry a 404 that says so.
pub fn link_not_found(service: &ServiceName, provider: Provider) -> Refusal {
    Refusal::not_found(
        "privatelink_not_found",
        format!("Privatelink not found for service {service}: it has none on {provider}"),
    )
    .with_remedy(Remedy::CreateLink(LinkRef::new(provider, service)))
}

/// The refusal for a connection that is not there.
pub fn connection_not_found(service: &ServiceName, id: &ConnectionId) -> Refusal {
    Refusal::not_found(
        "connection_not_found",
        format!(
            "Privatelink connection {id} not found for service {service}: refresh, then list the \
             connections; an endpoint that was made again has a new id"
        ),
    )
}

fn already_exists(link: &Link) -> Refusal {
    if link.deleting {
        return Refusal::conflict(
            "link_deleting",
            format!(
                "The privatelink of service `{}` is being deleted; create it again when it is gone",
                link.service
            ),
        );
    }
    let remedy = match link.provider {
        Provider::Azure | Provider::Aws => Remedy::UpdateLink(link.reference()),
        // A link on Google has nothing to change.
        Provider::Google => Remedy::ShowLink(link.reference()),
    };
    Refusal::conflict(
        "link_exists",
        format!(
            "A privatelink already exists for service `{}` on {}",
            link.service, link.provider
        ),
    )
    .with_remedy(remedy)
}

/// Refuses to publish a service with a cloud it does not run in, or whose type is not offered.
pub fn check_place(service: &Service, provider: Provider) -> Result<(), Refusal> {
    if service.cloud.provider() != provider {
        return Err(Refusal::invalid(
            "wrong_cloud",
            format!(
                "Service `{}` runs in {}, so it cannot be published with {}; use `privatelink {}`",
                service.name,
                service.cloud,
                provider.product(),
                service.cloud.provider()
            ),
        ));
    }
    let offered = service
        .facts()
        .is_some_and(|facts| facts.providers.contains(&provider));
    if !offered {
        return Err(Refusal::invalid(
            "type_not_offered",
            format!(
                "Services of type `{}` cannot be published with {}",
                service.service_type,
                provider.product()
            ),
        ));
    }
    Ok(())
}

fn check_vpc<'a>(
    service: &Service,
    vpc: Option<&'a ProjectVpc>,
) -> Result<&'a ProjectVpc, Refusal> {
    let Some(vpc) = vpc else {
        return Err(Refusal::invalid(
            "no_project_vpc",
            format!(
                "Service `{}` is not in a project VPC, which a privatelink needs",
                service.name
            ),
        )
        .with_remedy(Remedy::CreateVpc {
            cloud: service.cloud.clone(),
        }));
    };
    if vpc.byoc {
        return Err(Refusal::invalid(
            "byoc",
            format!(
                "Project VPC {} is hosted by the customer (BYOC), where privatelinks are not \
                 offered",
                vpc.id
            ),
        )
        .with_remedy(Remedy::MoveService {
            service: service.name.clone(),
        }));
    }
    if vpc.cloud != service.cloud {
        return Err(Refusal::invalid(
            "region_differs",
            format!(
                "Service `{}` is in {}, its project VPC in {}: they must be equal",
                service.name, service.cloud, vpc.cloud
            ),
        )
        .with_remedy(Remedy::MoveService {
            service: service.name.clone(),
        }));
    }
    if vpc.deleting {
        return Err(Refusal::conflict(
            "vpc_deleting",
            format!("Project VPC {} is being deleted", vpc.id),
        ));
    }
    if vpc.account.is_none() {
        return Err(Refusal::conflict(
            "no_account",
            format!(
                "No cloud account is configured for {}, so nothing can be published there; add one to the configuration",
                vpc.cloud
            ),
        ));
    }
    Ok(vpc)
}

fn check_subscriptions(subscriptions: &BTreeSet<SubscriptionId>) -> Result<(), Refusal> {
    if subscriptions.len() > MAX_SUBSCRIPTIONS {
        return Err(Refusal::invalid(
            "too_many_subscriptions",
            format!(
                "{} subscriptions are more than the {MAX_SUBSCRIPTIONS} that Azure takes for one \
                 link",
                subscriptions.len()
            ),
        ));
    }
    Ok(())
}

fn reserve(components: &[Component]) -> BTreeMap<String, u16> {
    components
        .iter()
        .map(|component| (component.rule_name(), component.link_port))
        .collect()
}

#[cfg(test)]
mod tests;

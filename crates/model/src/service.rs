//! Services: things that run already, on nodes, with components on ports.

mod handle;
mod maintenance;
mod neighbours;
mod offer;
mod published;
mod route_address;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::handle::NodeHandle;
pub use self::maintenance::Maintenance;
pub use self::neighbours::Neighbours;
pub use self::offer::KafkaSslCa;
pub use self::published::{check_change, check_removal};
pub use self::route_address::RouteAddress;
use crate::cloud::{CloudName, Provider};
use crate::id::ProjectVpcId;
use crate::name::{HostLabel, NodeName, ProjectName, ServiceName};
use crate::part::Rule;
use crate::refusal::Refusal;
use crate::route::Route;
use crate::service_type::{self, ServiceTypeFacts};

/// Most nodes of one service: Azure's 300 rules per network interface leave room for far more
/// ports; the limit keeps one reconcile pass short.
pub const MAX_NODES: usize = 64;

/// The type whose clients dial each node by itself, and its component that they dial.
const KAFKA: &str = "kafka";

/// A service as registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Whose it is.
    pub project: ProjectName,
    /// Its name, unique in the project.
    pub name: ServiceName,
    /// The label of its host names, unique in the installation.
    pub host_label: HostLabel,
    /// A word of [`service_type::SERVICE_TYPES`].
    pub service_type: String,
    /// Kept as given.
    pub plan: String,
    /// Where it runs.
    pub cloud: CloudName,
    /// The network it runs in.
    pub project_vpc_id: Option<ProjectVpcId>,
    /// Options, checked against the type's schema.
    pub user_config: Map<String, Value>,
    /// Where its components answer.
    pub nodes: Vec<Node>,
    /// What answers there; main component first.
    pub components: Vec<Component>,
    /// The CA that signs its certificates, if not the project's.
    pub ca_pem: Option<String>,
    /// Free words of the owner.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Refuses deletion while set.
    pub termination_protection: bool,
    /// Switched off: shown as such; Underpass stops nothing.
    pub powered: bool,
    /// When maintenance may happen; kept for clients.
    pub maintenance: Maintenance,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Where a service's components answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Unique in the service.
    pub name: NodeName,
    /// The address clients of the provider's network use.
    pub address: IpAddr,
    /// The machine in the cloud, needed for a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<NodeHandle>,
    /// Where clients come to it from the internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_address: Option<RouteAddress>,
    /// Where clients come to it from a network that its owner peered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_address: Option<RouteAddress>,
}

/// One listener of every node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// A component of the service's type.
    pub component: String,
    /// The port the nodes listen on.
    pub port: u16,
    /// The port consumers dial on the link.
    pub link_port: u16,
    /// Whether it takes writes.
    #[serde(default)]
    pub usage: Usage,
    /// How clients of this listener log in, where the component has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka_authentication_method: Option<KafkaAuthentication>,
    /// Who signed its certificate; left out where it is the service's CA.
    #[serde(default, skip_serializing_if = "KafkaSslCa::is_project_ca")]
    pub kafka_ssl_ca: KafkaSslCa,
    /// Whether it speaks TLS; left out where it does.
    #[serde(default, skip_serializing_if = "Tls::is_on")]
    pub tls: Tls,
}

/// Whether a listener speaks TLS; a truth value on the wire.
///
/// The names of a link are in certificates, so TLS is what is expected: a listener without it, as
/// on a developer's machine, says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub enum Tls {
    /// It does.
    #[default]
    On,
    /// It speaks in the clear.
    Off,
}

impl Tls {
    /// Whether it does.
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::On)
    }
}

impl From<bool> for Tls {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl From<Tls> for bool {
    fn from(tls: Tls) -> Self {
        tls.is_on()
    }
}

/// What a listener is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// Reads and writes.
    #[default]
    Primary,
    /// Reads.
    Replica,
}

impl Usage {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// How a Kafka client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KafkaAuthentication {
    /// By a client certificate.
    Certificate,
    /// By SASL.
    Sasl,
}

impl KafkaAuthentication {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Sasl => "sasl",
        }
    }
}

/// Where nodes may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodePolicy {
    /// On this machine: the embedded default, whose clouds are emulated.
    Loopback {
        /// Where emulated endpoints live, so no node may.
        consumers: Ipv4Net,
    },
    /// Inside the project VPC's range.
    InsideVpc,
}

impl Service {
    /// The facts of its type.
    pub fn facts(&self) -> Option<&'static ServiceTypeFacts> {
        service_type::find(&self.service_type)
    }

    /// The state as the compatible API calls it.
    pub const fn state(&self) -> &'static str {
        if self.powered { "RUNNING" } else { "POWEROFF" }
    }

    /// Whether the service uses its static IPs.
    pub fn uses_static_ips(&self) -> bool {
        self.user_config
            .get("static_ips")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// The ports that are open on the link.
    pub fn open_rules(&self) -> BTreeSet<Rule> {
        self.components
            .iter()
            .filter(|component| self.offers(component, Route::Privatelink))
            .map(|component| Rule {
                name: component.rule_name(),
                link_port: component.link_port,
                backend_port: component.port,
                node: None,
            })
            .collect()
    }

    /// The listeners whose clients dial each node by itself: those of Kafka brokers.
    pub fn broker_listeners(&self) -> impl Iterator<Item = &Component> {
        let brokers = self.service_type == KAFKA;
        let listens = move |component: &&Component| brokers && component.component == KAFKA;
        self.components.iter().filter(listens)
    }

    /// Whether clients are let in who dial each node by itself.
    pub fn opens_brokers(&self) -> bool {
        self.broker_listeners()
            .any(|listener| self.offers(listener, Route::Privatelink))
    }

    /// Whether a link of the service would be built of the same things as one of `other`.
    pub fn is_published_like(&self, other: &Service) -> bool {
        let machines = |service: &Service| -> Vec<_> {
            // Only the entry of a broker is told by the node's name.
            let is_named = service.broker_listeners().next().is_some();
            let nodes = service.nodes.iter();
            nodes
                .map(|node| (is_named.then(|| node.name.clone()), node.cloud.clone()))
                .collect()
        };
        self.open_rules() == other.open_rules() && machines(self) == machines(other)
    }

    /// Refuses to replace nodes that are no longer what somebody made the new ones from: a list
    /// replaces the whole, so what others changed meanwhile would be lost.
    pub fn check_nodes_were(&self, were: &[Node]) -> Result<(), Refusal> {
        if self.nodes == were {
            return Ok(());
        }
        Err(Refusal::conflict(
            "nodes_changed",
            format!(
                "The nodes of service `{}` were changed meanwhile, so the new list was not taken: \
                 it would undo that. Read the service again and make the change to what it has now",
                self.name
            ),
        ))
    }

    /// Completes a new list of nodes: a node that stays where it is, and of which nobody says
    /// which machine it is, is still that machine. Otherwise whoever lists the nodes to add one
    /// would take the others out of the link.
    pub fn lend_handles(&self, nodes: &mut [Node]) {
        for node in nodes.iter_mut().filter(|node| node.cloud.is_none()) {
            let same = |known: &&Node| known.name == node.name && known.address == node.address;
            if let Some(known) = self.nodes.iter().find(same) {
                node.cloud.clone_from(&known.cloud);
            }
        }
    }

    /// Checks where the service says it runs.
    pub fn check_registration(
        facts: &ServiceTypeFacts,
        cloud: &CloudName,
        nodes: &[Node],
        components: &[Component],
        policy: &NodePolicy,
        vpc: Option<Ipv4Net>,
    ) -> Result<(), Refusal> {
        check_nodes(nodes, policy, vpc)?;
        handle::check(nodes, cloud)?;
        check_components(facts, components)?;
        check_link_ports(cloud.provider(), components)
    }
}

/// Refuses text that is not a certificate in PEM.
pub fn check_ca(pem: &str) -> Result<(), Refusal> {
    let text = pem.trim();
    let framed = text.starts_with("-----BEGIN CERTIFICATE-----")
        && text.ends_with("-----END CERTIFICATE-----");
    if framed && !text.contains("PRIVATE KEY") {
        return Ok(());
    }
    Err(Refusal::invalid(
        "ca_pem",
        "`ca_pem` must be one or more certificates in PEM, from `-----BEGIN CERTIFICATE-----` to \
         `-----END CERTIFICATE-----`, and nothing else",
    ))
}

/// The refusal for a service that is not there. Its wording is part of the contract: the Go
/// clients wait for a service that is about to appear when, and only when, a 404 says so.
pub fn service_not_found(name: &ServiceName) -> Refusal {
    Refusal::not_found(
        "service_not_found",
        format!("Service {name} does not exist"),
    )
}

/// Refuses to publish what Underpass itself listens on: a consumer would reach the control plane.
///
/// `own` with an unspecified address stands for every address of this machine.
pub fn check_not_ours(
    nodes: &[Node],
    components: &[Component],
    own: &[SocketAddr],
) -> Result<(), Refusal> {
    for node in nodes {
        for component in components {
            let ours = own.iter().find(|own| {
                let everywhere = own.ip().is_unspecified() && node.address.is_loopback();
                own.port() == component.port && (own.ip() == node.address || everywhere)
            });
            if let Some(own) = ours {
                return Err(Refusal::invalid(
                    "own_listener",
                    format!(
                        "Component `{}` on node `{}` is {}:{}, where Underpass itself listens \
                         ({own}); it is never published. Give the service's own address and port",
                        component.rule_name(),
                        node.name,
                        node.address,
                        component.port
                    ),
                ));
            }
        }
    }
    Ok(())
}

impl Component {
    fn proves_by_certificate(&self) -> bool {
        self.kafka_authentication_method == Some(KafkaAuthentication::Certificate)
    }

    /// Names the rule of this listener in a cloud.
    pub fn rule_name(&self) -> String {
        let mut name = self.component.clone();
        if let Some(method) = self.kafka_authentication_method {
            name = format!("{name}-{}", method.as_str());
        }
        if !self.kafka_ssl_ca.is_project_ca() {
            name = format!("{name}-{}", self.kafka_ssl_ca.as_str());
        }
        if self.usage == Usage::Replica {
            name.push_str("-replica");
        }
        name
    }
}

fn check_nodes(nodes: &[Node], policy: &NodePolicy, vpc: Option<Ipv4Net>) -> Result<(), Refusal> {
    let refuse = |code, message: String| Err(Refusal::invalid(code, message));
    if nodes.len() > MAX_NODES {
        return refuse(
            "too_many_nodes",
            format!("A service may have at most {MAX_NODES} nodes"),
        );
    }
    let mut names = BTreeSet::new();
    for node in nodes {
        let (name, address) = (&node.name, node.address);
        if !names.insert(name) {
            return refuse(
                "node_twice",
                format!("Node `{name}` is given twice; names must differ"),
            );
        }
        let IpAddr::V4(v4) = address else {
            return refuse(
                "node_ipv6",
                format!("Node `{name}` has address {address}: private links carry IPv4 only"),
            );
        };
        if v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() || v4.is_link_local() {
            return refuse(
                "node_address",
                format!(
                    "Node `{name}` has address {address}: unspecified, multicast and link-local \
                     addresses (the clouds' metadata services among them) are never dialled"
                ),
            );
        }
        match policy {
            NodePolicy::Loopback { consumers } if !v4.is_loopback() || consumers.contains(&v4) => {
                return refuse(
                    "node_not_local",
                    format!(
                        "Node `{name}` has address {address}: with emulated clouds nodes are on \
                         this machine, so use 127.0.0.1 or another loopback address outside \
                         {consumers}"
                    ),
                );
            }
            NodePolicy::InsideVpc if !vpc.is_some_and(|range| range.contains(&v4)) => {
                let range =
                    vpc.map_or_else(|| "no project VPC".to_owned(), |range| range.to_string());
                return refuse(
                    "node_outside_vpc",
                    format!(
                        "Node `{name}` has address {address}, outside the service's network ({range})"
                    ),
                );
            }
            NodePolicy::Loopback { .. } | NodePolicy::InsideVpc => {}
        }
    }
    Ok(())
}

/// Refuses ports that the provider cannot translate: Google's entry hands packets on with the port
/// they came to.
pub fn check_link_ports(provider: Provider, components: &[Component]) -> Result<(), Refusal> {
    let differs = |component: &&Component| component.link_port != component.port;
    match components.iter().find(differs) {
        Some(component) if provider == Provider::Google => Err(Refusal::invalid(
            "link_port_differs",
            format!(
                "Component `{}` listens on port {}, but is to be reached on port {} of the link: \
                 {} hands packets on with the port they came to. Leave `link_port` out, or let the \
                 component listen on {}",
                component.rule_name(),
                component.port,
                component.link_port,
                provider.product(),
                component.link_port
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

/// Checks what answers on the nodes.
pub fn check_components(facts: &ServiceTypeFacts, components: &[Component]) -> Result<(), Refusal> {
    let refuse = |code, message: String| Err(Refusal::invalid(code, message));
    let mut rules = BTreeSet::new();
    let mut link_ports: BTreeMap<u16, String> = BTreeMap::new();
    let mut ports: BTreeMap<u16, String> = BTreeMap::new();
    for component in components {
        let name = component.rule_name();
        if facts.component(&component.component).is_none() {
            let known: Vec<_> = facts.components.iter().map(|known| known.name).collect();
            return refuse(
                "unknown_component",
                format!(
                    "Service type `{}` has no component `{}`; it has {}",
                    facts.name,
                    component.component,
                    known.join(", ")
                ),
            );
        }
        if component.port == 0 || component.link_port == 0 {
            return refuse(
                "port_zero",
                format!("Component `{name}` needs a port from 1 to 65535"),
            );
        }
        if component.proves_by_certificate() && !component.tls.is_on() {
            return refuse(
                "certificate_without_tls",
                format!(
                    "Component `{name}` lets clients in by certificate, which they show within \
                     TLS; leave `tls=off` out, or give it another login method"
                ),
            );
        }
        offer::check_ssl_ca(component)?;
        if !rules.insert(name.clone()) {
            return refuse(
                "component_twice",
                format!("Component `{name}` is given twice"),
            );
        }
        if let Some(other) = link_ports.insert(component.link_port, name.clone()) {
            return refuse(
                "link_port_twice",
                format!(
                    "Components `{other}` and `{name}` both want port {} on the link; give one \
                     another `link_port`",
                    component.link_port
                ),
            );
        }
        // Azure refuses two rules with one backend port in one pool
        // (RulesUseSameBackendPortProtocolAndPool).
        if let Some(other) = ports.insert(component.port, name.clone()) {
            return refuse(
                "port_twice",
                format!(
                    "Components `{other}` and `{name}` both listen on port {}",
                    component.port
                ),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! What Kafka brokers must listen on and advertise for a link, as their configuration says it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::broker_port::RANGE;
use crate::cloud::Provider;
use crate::link::Link;
use crate::name::NodeName;
use crate::refusal::Refusal;
use crate::service::{Component, KafkaAuthentication, Node, Service};

/// What every broker of a service is to be configured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaListeners {
    /// The name that brokers advertise to clients of every connection.
    pub host: String,
    /// One for each node, in the order of registration.
    pub brokers: Vec<Broker>,
    /// The ports that nodes must let in: those of components, then the range of broker ports.
    pub node_ports: Vec<String>,
    /// A command that lets them in, where Underpass does not do it itself.
    pub firewall: Option<String>,
}

/// One node's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// The node.
    pub node: NodeName,
    /// Its address in the provider's network.
    pub address: IpAddr,
    /// What it listens on for links.
    pub listeners: Vec<KafkaListener>,
}

/// One listener of one broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaListener {
    /// Its name in the configuration.
    pub name: String,
    /// Whether any broker may be reached through it, or this one alone.
    pub role: ListenerRole,
    /// How clients log in.
    pub authentication: Option<KafkaAuthentication>,
    /// The address it is bound to.
    pub bind: IpAddr,
    /// The port it is bound to.
    pub port: u16,
    /// The port that it tells clients to dial: that of this broker alone.
    pub advertised_port: u16,
}

/// What a listener is reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListenerRole {
    /// The component's port on the link, which leads to any broker.
    Bootstrap,
    /// The broker's own port on the link.
    Broker,
}

impl ListenerRole {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bootstrap => "bootstrap",
            Self::Broker => "broker",
        }
    }
}

impl KafkaListeners {
    /// Derives them from the ports that a link has reserved.
    pub fn of(service: &Service, link: &Link, domain: &str) -> Result<Self, Refusal> {
        if service.broker_listeners().next().is_none() {
            return Err(Refusal::invalid(
                "no_brokers",
                format!(
                    "Service `{}` of type `{}` has no component `kafka`; listeners of single \
                     brokers are for services of type `kafka` that have one",
                    service.name, service.service_type
                ),
            ));
        }
        let brokers = service.nodes.iter().map(|node| Broker {
            node: node.name.clone(),
            address: node.address,
            listeners: listeners(service, link, node),
        });
        let mut node_ports: Vec<String> = service
            .broker_listeners()
            .map(|component| component.port.to_string())
            .collect();
        node_ports.push(format!("{}-{}", RANGE.start(), RANGE.end()));
        let firewall = match link.provider {
            Provider::Azure => Some(azure_rule(&node_ports)),
            // The link's own firewall rules open them.
            Provider::Google | Provider::Aws => None,
        };
        Ok(Self {
            host: service.host_label.brokers(domain),
            brokers: brokers.collect(),
            node_ports,
            firewall,
        })
    }
}

impl Broker {
    /// The entries for this broker's configuration: property and value.
    pub fn properties(&self, host: &str) -> [(&'static str, String); 3] {
        let join = |entry: &dyn Fn(&KafkaListener) -> String| {
            let entries: Vec<_> = self.listeners.iter().map(entry).collect();
            entries.join(",")
        };
        [
            (
                "listeners",
                join(&|it| format!("{}://{}:{}", it.name, it.bind, it.port)),
            ),
            (
                "advertised.listeners",
                join(&|it| format!("{}://{host}:{}", it.name, it.advertised_port)),
            ),
            (
                "listener.security.protocol.map",
                join(&|it| format!("{}:{}", it.name, it.protocol())),
            ),
        ]
    }
}

impl KafkaListener {
    /// Kafka's word for how clients connect and log in. Of a listener that was registered without a
    /// method nothing is known, so it is shown with what Kafka takes for granted.
    pub const fn protocol(&self) -> &'static str {
        match self.authentication {
            Some(KafkaAuthentication::Certificate) => "SSL",
            Some(KafkaAuthentication::Sasl) => "SASL_SSL",
            None => "PLAINTEXT",
        }
    }
}

/// Both listeners of each way to log in. They advertise the same: Kafka tells a client about the
/// listener that it came through, and the client must not be sent back to any broker.
fn listeners(service: &Service, link: &Link, node: &Node) -> Vec<KafkaListener> {
    let mut listeners = Vec::new();
    for component in service.broker_listeners() {
        let Some(advertised_port) = link.broker_ports.of(&component.rule_name(), &node.name) else {
            continue;
        };
        let name = name(component);
        let listener = |role, name, port| KafkaListener {
            name,
            role,
            authentication: component.kafka_authentication_method,
            bind: bind(node),
            port,
            advertised_port,
        };
        let own = format!("{name}_BROKER");
        listeners.push(listener(ListenerRole::Bootstrap, name, component.port));
        listeners.push(listener(ListenerRole::Broker, own, advertised_port));
    }
    listeners
}

/// `PRIVATELINK`, with how clients log in.
fn name(component: &Component) -> String {
    let rule = component.rule_name();
    let rest = rule.strip_prefix(component.component.as_str());
    let rest = rest.unwrap_or_default().replace('-', "_");
    format!("PRIVATELINK{}", rest.to_ascii_uppercase())
}

/// Every address, because an entry may hand on packets with its own address as the destination
/// (Google); on one machine with emulated clouds the node's, because every loopback address would
/// be the consumers' as well.
fn bind(node: &Node) -> IpAddr {
    if node.address.is_loopback() {
        node.address
    } else {
        IpAddr::from([0, 0, 0, 0])
    }
}

/// The rule of a network security group. Flows of a published service come from addresses of the
/// provider's own network; the balancer's probes are let in by a rule that every group has.
fn azure_rule(ports: &[String]) -> String {
    format!(
        "az network nsg rule create --resource-group GROUP --nsg-name NSG --name underpass-kafka \
         --priority 200 --direction Inbound --access Allow --protocol Tcp \
         --source-address-prefixes VirtualNetwork --destination-port-ranges {}",
        ports.join(" ")
    )
}

#[cfg(test)]
mod tests;

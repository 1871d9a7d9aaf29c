//! Listener configuration of Kafka brokers for a link: bind and advertised addresses.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::broker_port::RANGE;
use crate::cloud::Provider;
use crate::link::Link;
use crate::name::NodeName;
use crate::refusal::Refusal;
use crate::service::{Component, KafkaAuthentication, Node, Service};

/// The listener configuration of all brokers of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaListeners {
    /// The name that brokers advertise to clients of every connection.
    pub host: String,
    /// The brokers, in the order of the nodes.
    pub brokers: Vec<Broker>,
    /// The ports to allow on the nodes: those of components, then the range of broker ports.
    pub node_ports: Vec<String>,
    /// A command that allows them, if Underpass does not.
    pub firewall: Option<String>,
}

/// The configuration of one broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// The node.
    pub node: NodeName,
    /// Its address in the provider's network.
    pub address: IpAddr,
    /// Its listeners for links.
    pub listeners: Vec<KafkaListener>,
}

/// One listener of one broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaListener {
    /// Its name in the configuration.
    pub name: String,
    /// The role.
    pub role: ListenerRole,
    /// The login method.
    pub authentication: Option<KafkaAuthentication>,
    /// The bind address.
    pub bind: IpAddr,
    /// The bind port.
    pub port: u16,
    /// The port that it advertises: that of this broker alone.
    pub advertised_port: u16,
}

/// The role of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListenerRole {
    /// The component's port on the link, which any broker may answer.
    Bootstrap,
    /// The broker's own port on the link.
    Broker,
}

impl ListenerRole {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bootstrap => "bootstrap",
            Self::Broker => "broker",
        }
    }
}

impl KafkaListeners {
    /// Derives the configuration from the ports that a link has reserved.
    ///
    /// # Errors
    /// * `no_brokers`: the service has no Kafka listener.
    pub fn of(service: &Service, link: &Link, domain: &str) -> Result<Self, Refusal> {
        if service.broker_listeners().next().is_none() {
            return Err(Refusal::invalid(
                "no_brokers",
                format!(
                    "Service `{}` of type `{}` has no component `kafka`. Only services of type \
                     `kafka` with that component have listeners of single brokers",
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
            // The link's own firewall rules allow them.
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
    /// Kafka's security protocol. A listener that was registered without a login method is shown
    /// with Kafka's default.
    pub const fn protocol(&self) -> &'static str {
        match self.authentication {
            Some(KafkaAuthentication::Certificate) => "SSL",
            Some(KafkaAuthentication::Sasl) => "SASL_SSL",
            None => "PLAINTEXT",
        }
    }
}

/// The two listeners of each login method. Both advertise the broker's own port: Kafka answers with
/// the metadata of the listener that the client used, and the client must reach this broker again.
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

/// `PRIVATELINK`, with the login method.
fn name(component: &Component) -> String {
    let rule = component.rule_name();
    let rest = rule.strip_prefix(component.component.as_str());
    let rest = rest.unwrap_or_default().replace('-', "_");
    format!("PRIVATELINK{}", rest.to_ascii_uppercase())
}

/// The bind address: every address, because Google's forwarding rule keeps its own address as the
/// destination. With emulated clouds on one machine it is the node's address, because every
/// loopback address would include the consumers'.
fn bind(node: &Node) -> IpAddr {
    if node.address.is_loopback() {
        node.address
    } else {
        IpAddr::from([0, 0, 0, 0])
    }
}

/// The rule of a network security group. Flows of a published service come from addresses of the
/// provider's own network; a default rule of every group allows the balancer's probes.
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

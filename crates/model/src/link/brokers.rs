//! Entries of single Kafka brokers on a link, and clouds that do not support them.

use std::collections::BTreeSet;

use super::azure_rules;
use super::desired::{Link, reserve};
use super::neighbours::Neighbours;
use crate::broker_port::BrokerPorts;
use crate::cloud::Provider;
use crate::part::Rule;
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::route::Route;
use crate::service::{Component, Service};

impl Link {
    /// Returns the open ports of the link: those of components and of single brokers.
    pub fn open_rules(&self, service: &Service) -> BTreeSet<Rule> {
        let mut rules = service.open_rules();
        let open = |listener: &&Component| service.offers(listener, Route::Privatelink);
        for listener in service.broker_listeners().filter(open) {
            let listener = listener.rule_name();
            for node in &service.nodes {
                let Some(port) = self.broker_ports.of(&listener, &node.name) else {
                    continue;
                };
                rules.insert(Rule {
                    // Named after the port, because a node's name may be too long for a rule's.
                    name: format!("{listener}-{port}"),
                    link_port: port,
                    backend_port: port,
                    node: Some(node.name.clone()),
                });
            }
        }
        rules
    }

    /// Reserves the ports of new components and new brokers of the service. Reserved ports never
    /// change.
    ///
    /// # Errors
    /// * `broker_port_reserved`, `link_port_reserved`: a component's port is reserved, or differs from the
    ///   one that is reserved for it.
    /// * `broker_ports_exhausted`: no broker port is left.
    pub fn reserve(&mut self, service: &Service, neighbours: &Neighbours) -> Result<(), Refusal> {
        self.broker_ports.check(&service.components)?;
        self.reserve_ports(&service.components)?;
        let mut taken = taken(service, neighbours);
        taken.extend(self.ports.values());
        self.broker_ports = add_brokers(&self.broker_ports, service, &taken)?;
        Ok(())
    }

    /// Refuses a service that would exceed the cloud's limits, compared with the service `before`.
    ///
    /// # Errors
    /// * `too_many_rules`: it would.
    /// * `interface_in_use`: another link uses the interface of a new node.
    pub fn check_room(
        &self,
        service: &Service,
        before: &Service,
        neighbours: &Neighbours,
    ) -> Result<(), Refusal> {
        match self.provider {
            Provider::Azure => {
                azure_rules::check(service)?;
                azure_rules::check_interfaces(service, Some(before), neighbours)
            }
            // One entry on all ports, one firewall rule.
            Provider::Google | Provider::Aws => Ok(()),
        }
    }
}

/// The broker ports of a new link.
pub(super) fn first_brokers(
    service: &Service,
    neighbours: &Neighbours,
) -> Result<BrokerPorts, Refusal> {
    let mut taken = taken(service, neighbours);
    taken.extend(reserve(&service.components).into_values());
    add_brokers(&BrokerPorts::default(), service, &taken)
}

fn add_brokers(
    ports: &BrokerPorts,
    service: &Service,
    taken: &BTreeSet<u16>,
) -> Result<BrokerPorts, Refusal> {
    let listeners = service.broker_listeners().map(Component::rule_name);
    let nodes = service.nodes.iter().map(|node| &node.name);
    ports.reserve(&listeners.collect(), nodes, taken)
}

/// Returns the ports that brokers cannot use: those of components and of other services.
fn taken(service: &Service, neighbours: &Neighbours) -> BTreeSet<u16> {
    let own = service.components.iter().map(|component| component.port);
    own.chain(neighbours.ports.iter().copied()).collect()
}

/// Refuses several brokers on a cloud that cannot address them one by one.
///
/// Google's forwarding rule sends any port to any node; a single node is always the right one.
///
/// # Errors
/// * `brokers_not_told_apart`: the cloud cannot address each broker.
pub fn check_brokers(provider: Provider, service: &Service) -> Result<(), Refusal> {
    let nodes = service.nodes.len();
    if provider != Provider::Google || nodes < 2 || !service.opens_brokers() {
        return Ok(());
    }
    Err(Refusal::conflict(
        "brokers_not_told_apart",
        format!(
            "Service `{}` has {nodes} Kafka brokers, and a Kafka client must reach each of them \
             individually. {} forwards every port to any node, so no port reaches a single broker. \
             A service with a single node can be published",
            service.name,
            provider.product(),
        ),
    )
    .with_remedy(Remedy::SetOption {
        service: service.name.clone(),
        option: "privatelink_access.kafka".to_owned(),
        value: false,
    }))
}

#[cfg(test)]
pub(crate) mod tests;

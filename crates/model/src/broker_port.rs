//! Broker ports: the reachability of single Kafka brokers through an endpoint with one address.
//!
//! A client requests the cluster's metadata from any broker, receives each broker's host and port,
//! and dials them. Behind one endpoint only the port distinguishes brokers, so each listener of
//! each node has a port of its own, the same on the link and on the node. A port stays reserved for
//! its node's name as long as the link exists, even when the node is removed: consumers have opened
//! it in firewalls, and the broker has it in its configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::name::NodeName;
use crate::refusal::Refusal;
use crate::service::Component;

/// The range of broker ports: the one that the compatible service's documentation tells consumers
/// to open (aiven-api.md §5).
pub const RANGE: RangeInclusive<u16> = 10_000..=31_000;

/// The broker ports of a link, by listener and by node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BrokerPorts(BTreeMap<String, BTreeMap<NodeName, u16>>);

impl BrokerPorts {
    /// Reports whether no port was ever reserved.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The port of a node at a listener.
    pub fn of(&self, listener: &str, node: &NodeName) -> Option<u16> {
        self.0.get(listener)?.get(node).copied()
    }

    /// Returns every reserved port, with its listener and node.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &NodeName, u16)> {
        self.0.iter().flat_map(|(listener, ports)| {
            let all = ports.iter();
            all.map(move |(node, port)| (listener.as_str(), node, *port))
        })
    }

    /// Returns the nodes that have or had a port.
    pub fn nodes(&self) -> BTreeSet<NodeName> {
        self.iter().map(|(_, node, _)| node.clone()).collect()
    }

    /// Reserves a port for each of these nodes at each of these listeners that has none: the next
    /// free one, in order of names. `taken` are ports in other use.
    ///
    /// # Errors
    /// * `broker_ports_exhausted`: no port is left.
    pub fn reserve<'a>(
        &self,
        listeners: &BTreeSet<String>,
        nodes: impl IntoIterator<Item = &'a NodeName>,
        taken: &BTreeSet<u16>,
    ) -> Result<Self, Refusal> {
        let mut all = self.clone();
        let reserved: BTreeSet<u16> = self.iter().map(|(_, _, port)| port).collect();
        let mut free = RANGE.filter(|port| !reserved.contains(port) && !taken.contains(port));
        let nodes: BTreeSet<&NodeName> = nodes.into_iter().collect();
        for node in nodes {
            for listener in listeners {
                if all.of(listener, node).is_some() {
                    continue;
                }
                let port = free.next().ok_or_else(|| self.exhausted(node))?;
                let ports = all.0.entry(listener.clone()).or_default();
                ports.insert(node.clone(), port);
            }
        }
        Ok(all)
    }

    /// Refuses components on ports that are reserved for brokers.
    ///
    /// # Errors
    /// * `broker_port_reserved`: a component uses such a port.
    pub fn check(&self, components: &[Component]) -> Result<(), Refusal> {
        for component in components {
            let theirs = [component.link_port, component.port];
            let found = self.iter().find(|(_, _, port)| theirs.contains(port));
            if let Some((listener, node, port)) = found {
                return Err(Refusal::conflict(
                    "broker_port_reserved",
                    format!(
                        "Port {port} is reserved for broker `{node}` (listener `{listener}`) as \
                         long as the link exists, on the link and on the node. Give component `{}` \
                         a port outside {}–{}",
                        component.rule_name(),
                        RANGE.start(),
                        RANGE.end()
                    ),
                ));
            }
        }
        Ok(())
    }

    fn exhausted(&self, node: &NodeName) -> Refusal {
        Refusal::conflict(
            "broker_ports_exhausted",
            format!(
                "No broker port from {} to {} is left for node `{node}`: {} are reserved as long \
                 as the link exists, also for removed nodes. The others are ports of components or \
                 of other services on the same machines. Register the node under the name of a \
                 removed one, whose ports it then uses, or delete the link and create it again",
                RANGE.start(),
                RANGE.end(),
                self.iter().count()
            ),
        )
    }
}

#[cfg(test)]
mod tests;

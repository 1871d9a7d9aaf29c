//! Other services on the nodes of a service, with the ports and rules that they use.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::desired::Link;
use crate::cloud::Provider;
use crate::cloud_resource::CloudResource;
use crate::service::{NodeHandle, Service};

/// The ports and rules of other services on the nodes of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The ports that they use or have reserved there.
    pub ports: BTreeSet<u16>,
    /// The number of rules that they have reserved, by shared machine.
    rules: BTreeMap<CloudResource, usize>,
}

impl Neighbours {
    /// Collects them from services with their links; the service itself is skipped.
    pub fn of<'a>(
        service: &Service,
        others: impl IntoIterator<Item = (&'a Service, Vec<&'a Link>)>,
    ) -> Self {
        let addresses: BTreeSet<IpAddr> = service.nodes.iter().map(|node| node.address).collect();
        let machines: BTreeSet<_> = handles(service).map(NodeHandle::resource).collect();
        let mut found = Self::default();
        for (other, links) in others {
            if (&other.project, &other.name) == (&service.project, &service.name) {
                continue;
            }
            let shared: BTreeSet<_> = handles(other)
                .map(NodeHandle::resource)
                .filter(|machine| machines.contains(machine))
                .collect();
            let meets = other
                .nodes
                .iter()
                .any(|node| addresses.contains(&node.address));
            if shared.is_empty() && !meets {
                continue;
            }
            let components = other.components.iter().map(|component| component.port);
            found.ports.extend(components);
            for link in links {
                let brokers = link.broker_ports.iter().map(|(_, _, port)| port);
                found.ports.extend(brokers);
                if link.provider == Provider::Azure {
                    for machine in &shared {
                        *found.rules.entry(machine.clone()).or_default() += reserved_rules(other);
                    }
                }
            }
        }
        found
    }

    /// Returns the number of rules that others have reserved on a machine.
    pub fn rules_on(&self, handle: &NodeHandle) -> usize {
        self.rules
            .get(&handle.resource())
            .copied()
            .unwrap_or_default()
    }
}

fn handles(service: &Service) -> impl Iterator<Item = &NodeHandle> {
    service.nodes.iter().filter_map(|node| node.cloud.as_ref())
}

/// Returns the number of rules on each node's interface with every component open.
pub fn reserved_rules(service: &Service) -> usize {
    service.components.len() + service.broker_listeners().count()
}

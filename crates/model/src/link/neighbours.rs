//! Other services on the nodes of a service, with the ports and interfaces that they use.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::desired::Link;
use crate::cloud::Provider;
use crate::cloud_resource::CloudResource;
use crate::name::ServiceName;
use crate::service::{NodeHandle, Service};

/// The ports and published interfaces of other services on the nodes of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The ports that they use or have reserved there.
    pub ports: BTreeSet<u16>,
    /// The shared interfaces that a link on Azure of another service uses.
    published: BTreeMap<CloudResource, ServiceName>,
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
                    let name = &other.name;
                    let interfaces = shared.iter().map(|it| (it.clone(), name.clone()));
                    found.published.extend(interfaces);
                }
            }
        }
        found
    }

    /// Returns the service whose link on Azure uses the interface of a node.
    pub fn publisher_on(&self, handle: &NodeHandle) -> Option<&ServiceName> {
        self.published.get(&handle.resource())
    }
}

fn handles(service: &Service) -> impl Iterator<Item = &NodeHandle> {
    service.nodes.iter().filter_map(|node| node.cloud.as_ref())
}

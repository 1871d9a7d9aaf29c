//! Network interfaces that links on Azure of several services share.
//!
//! Azure accepts one internal load balancer for each interface, so a new link on a shared one is
//! refused. Links that shared one before stay; a condition names the others.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::cloud_resource::CloudResource;
use crate::name::{NodeName, ServiceName};
use crate::service::{NodeHandle, Service};

/// The services with a link on Azure, by an interface of their nodes.
pub type Publishers = BTreeMap<CloudResource, BTreeSet<ServiceName>>;

/// An interface of a node that links of other services use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedInterface {
    /// The node.
    pub node: NodeName,
    /// The node's address.
    pub address: IpAddr,
    /// The resource ID of the interface.
    pub interface: String,
    /// The other services.
    pub others: BTreeSet<ServiceName>,
}

impl SharedInterface {
    /// Returns the interfaces of a service's nodes that other publishers use.
    pub fn of(service: &Service, publishers: &Publishers) -> Vec<Self> {
        let shared = service.nodes.iter().filter_map(|node| {
            let handle @ NodeHandle::Azure { nic_id, .. } = node.cloud.as_ref()? else {
                return None;
            };
            let mut others = publishers.get(&handle.resource())?.clone();
            others.remove(&service.name);
            (!others.is_empty()).then(|| Self {
                node: node.name.clone(),
                address: node.address,
                interface: nic_id.clone(),
                others,
            })
        });
        shared.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::tests::service;

    #[test]
    fn an_interface_is_shared_with_other_services_only() {
        let mut own = service();
        own.nodes[0].cloud = Some(NodeHandle::Azure {
            nic_id: "/NIC".to_owned(),
            ip_configuration: None,
        });
        let publishers = |names: &[&str]| {
            let names = names.iter().map(|it| it.parse().unwrap()).collect();
            Publishers::from([(CloudResource::interface("/nic"), names)])
        };
        assert_eq!(SharedInterface::of(&own, &publishers(&["pg-1"])), []);
        let shared = SharedInterface::of(&own, &publishers(&["pg-1", "pg-2"]));
        assert_eq!(shared[0].interface, "/NIC");
        assert_eq!(shared[0].others, ["pg-2".parse().unwrap()].into());
        assert_eq!(SharedInterface::of(&own, &Publishers::new()), []);
    }
}

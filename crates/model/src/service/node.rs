//! Nodes: the machines on which the components of a service listen.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::component::Component;
use super::handle::NodeHandle;
use super::route_address::RouteAddress;
use crate::cloud::CloudName;
use crate::name::NodeName;
use crate::refusal::Refusal;
use crate::route::Route;

/// The maximum of nodes of one service. Azure's 300 rules per network interface allow far more
/// ports; this limit keeps one reconcile pass short.
pub const MAX_NODES: usize = 64;

/// A machine on which a service's components listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The name, unique in the service.
    pub name: NodeName,
    /// The address in the provider's network.
    pub address: IpAddr,
    /// The cloud resource ID, needed for a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<NodeHandle>,
    /// The address on the internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_address: Option<RouteAddress>,
    /// The address for clients in a peered network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_address: Option<RouteAddress>,
}

/// The allowed addresses of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodePolicy {
    /// On this machine: the default with emulated clouds.
    Loopback {
        /// The range of emulated endpoints, which no node may use.
        consumers: Ipv4Net,
    },
    /// Inside the project VPC's range.
    InsideVpc,
}

impl Node {
    /// The address on the public or the private route, if registered.
    pub const fn address_on(&self, route: Route) -> Option<&RouteAddress> {
        match route {
            Route::Public => self.public_address.as_ref(),
            Route::Private => self.private_address.as_ref(),
            Route::Dynamic | Route::Privatelink => None,
        }
    }
}

pub(super) fn check_nodes(
    nodes: &[Node],
    policy: &NodePolicy,
    vpc: Option<Ipv4Net>,
) -> Result<(), Refusal> {
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
                format!("Node `{name}` is given twice. Names must differ"),
            );
        }
        let IpAddr::V4(v4) = address else {
            return refuse(
                "node_ipv6",
                format!("Node `{name}` has address {address}. Private links support only IPv4"),
            );
        };
        if v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() || v4.is_link_local() {
            return refuse(
                "node_address",
                format!(
                    "Node `{name}` has address {address}. Unspecified, multicast and link-local \
                     addresses (such as the clouds' metadata services) cannot be published"
                ),
            );
        }
        match policy {
            NodePolicy::Loopback { consumers } if !v4.is_loopback() || consumers.contains(&v4) => {
                return refuse(
                    "node_not_local",
                    format!(
                        "Node `{name}` has address {address}. With emulated clouds the nodes are \
                         on this machine. Use 127.0.0.1 or another loopback address outside \
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

/// Refuses to publish Underpass's own listeners: a consumer would reach the control plane.
///
/// An unspecified address in `own` stands for every address of this machine.
///
/// # Errors
/// * `own_listener`: a component is such a listener.
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
                         ({own}). Underpass never publishes its own listeners. Set the service's \
                         own address and port",
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

/// Checks the handles of the nodes, each by itself and against the others.
///
/// # Errors
/// * `node_handle_twice`: two nodes have the same handle.
/// * The codes of [`NodeHandle::check`].
pub(super) fn check_handles(nodes: &[Node], cloud: &CloudName) -> Result<(), Refusal> {
    let mut taken = BTreeSet::new();
    for node in nodes {
        let Some(handle) = &node.cloud else { continue };
        let name = &node.name;
        handle.check(name, cloud)?;
        let resource = handle.resource();
        if taken.contains(&resource) {
            return Err(Refusal::invalid(
                "node_handle_twice",
                format!(
                    "Node `{name}` has the same cloud resource ID as another node: `{}`",
                    resource.id()
                ),
            ));
        }
        taken.insert(resource);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

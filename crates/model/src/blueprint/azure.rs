//! A link on Azure: balancer, nodes' interfaces, published service, decisions.

use std::collections::{BTreeMap, BTreeSet};

use crate::connection::{Connection, Decision};
use crate::link::Link;
use crate::name::NodeName;
use crate::part::{Admission, AzurePart, AzureSpec, Desired, Observed, Part, Spec};
use crate::service::{NodeHandle, Service};

pub(super) fn of_link(
    link: &Link,
    service: &Service,
    connections: &[Connection],
    observed: &Observed,
) -> BTreeMap<Part, Desired> {
    let mut desired = BTreeMap::new();
    desired.insert(
        Part::Azure(AzurePart::Balancer),
        Desired::Be(Spec::Azure(AzureSpec::Balancer {
            rules: link.open_rules(service),
            pools: link.broker_ports.nodes(),
        })),
    );
    for node in &service.nodes {
        if let Some(NodeHandle::Azure { nic_id, .. }) = &node.cloud {
            let member = Desired::Be(membership(link, &node.name));
            desired.insert(Part::Azure(AzurePart::Member(nic_id.clone())), member);
        }
    }
    let visibility = link.subscriptions.clone();
    desired.insert(
        Part::Attachment,
        Desired::Be(Spec::Azure(AzureSpec::Attachment { visibility })),
    );
    for connection in connections {
        let part = Part::Admission(connection.id.clone());
        let disconnected = observed
            .last(&part)
            .is_some_and(|last| last.spec == Spec::Admission(Admission::Disconnected));
        let outcome = match &connection.decision {
            _ if disconnected => Desired::Leave,
            Decision::Undecided => Desired::Leave,
            Decision::Approved => Desired::Be(Spec::Admission(Admission::Approved)),
            Decision::Rejected(_) => Desired::Be(Spec::Admission(Admission::Rejected)),
        };
        desired.insert(part, outcome);
    }
    desired
}

/// The parts of a static IP.
pub(super) fn of_static_ip(observed: &Observed) -> BTreeMap<Part, Desired> {
    let address = Part::Azure(AzurePart::Address);
    let desired = if observed.is_lost(&address) {
        Desired::Leave
    } else {
        Desired::Be(Spec::Present)
    };
    BTreeMap::from([(address, desired)])
}

/// Returns the pools of a node: the pool of all nodes and, if the node has a broker port, its own,
/// open or not. Opening and closing a port therefore changes only the load balancer.
fn membership(link: &Link, node: &NodeName) -> Spec {
    if !link.broker_ports.nodes().contains(node) {
        return Spec::Present;
    }
    Spec::Azure(AzureSpec::Member {
        pools: BTreeSet::from([node.clone()]),
    })
}

#[cfg(test)]
mod tests;

//! Nodes that services used since the process started.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::node_key::NodeKey;
use super::vpc::Vpc;

/// The nodes whose services were listed by this process.
///
/// Only their cloud resources are deleted. Another one may belong to a service that a restored or
/// lost store does not have, whose published service still leads to it.
#[derive(Debug, Default)]
pub(crate) struct UsedNodes(Mutex<BTreeSet<(String, NodeKey)>>);

impl UsedNodes {
    /// Adds nodes of services in a project VPC.
    pub(super) fn add<'a>(&self, vpc: &Vpc, nodes: impl IntoIterator<Item = &'a NodeKey>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.extend(nodes.into_iter().map(|key| (vpc.id.clone(), key.clone())));
    }

    /// Returns whether the resource of a node that no service has may be deleted. Those in a network
    /// that is being deleted always may.
    pub(super) fn may_delete(&self, vpc: &Vpc, key: &NodeKey) -> bool {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        vpc.node_subnet.is_none() || used.contains(&(vpc.id.clone(), key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vpc(node_subnet: Option<&str>) -> Vpc {
        Vpc {
            id: "v".to_owned(),
            region: "westeurope".to_owned(),
            node_subnet: node_subnet.map(str::to_owned),
        }
    }

    #[test]
    fn only_nodes_that_a_service_had_and_those_of_a_leaving_network_are_deleted() {
        let key = |service: &str| NodeKey::parse(&format!("{service}/n1")).unwrap();
        let used = UsedNodes::default();
        used.add(&vpc(Some("nodes")), [&key("pg-1")]);
        assert!(used.may_delete(&vpc(Some("nodes")), &key("pg-1")));
        assert!(!used.may_delete(&vpc(Some("nodes")), &key("of-a-lost-store")));
        assert!(used.may_delete(&vpc(None), &key("of-a-lost-store")));
    }
}

//! Nodes that services used since the process started.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::node_key::NodeKey;
use super::vpc::Vpc;

/// Number of passes in a row whose lists must lack a node before its resource counts as deleted: 4. A
/// list may lack an entry for a while, and an operation that deletes may fail.
const ABSENT_PASSES: u32 = 4;

/// The nodes whose services were listed by this process, with the number of passes in a row that no list
/// showed them.
///
/// Only their cloud resources are deleted. Another one may belong to a service that a restored or
/// lost store does not have, whose published service still leads to it.
#[derive(Debug, Default)]
pub(crate) struct UsedNodes(Mutex<BTreeMap<(String, NodeKey), u32>>);

impl UsedNodes {
    /// Adds nodes of services in a project VPC.
    pub(super) fn add<'a>(&self, vpc: &Vpc, nodes: impl IntoIterator<Item = &'a NodeKey>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let nodes = nodes.into_iter();
        used.extend(nodes.map(|key| ((vpc.id.clone(), key.clone()), 0)));
    }

    /// Records a pass over a project VPC, with the nodes of services and those of its lists; forgets nodes
    /// that are gone. Returns whether none is left that no service has.
    pub(super) fn settle<'a>(
        &self,
        vpc: &Vpc,
        kept: &BTreeSet<NodeKey>,
        shown: impl IntoIterator<Item = &'a NodeKey>,
    ) -> bool {
        let shown: BTreeSet<&NodeKey> = shown.into_iter().collect();
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_settled = true;
        used.retain(|(of, key), absent| {
            if *of != vpc.id || kept.contains(key) {
                return true;
            }
            *absent = if shown.contains(key) { 0 } else { *absent + 1 };
            is_settled &= *absent >= ABSENT_PASSES;
            *absent < ABSENT_PASSES
        });
        is_settled
    }

    /// Returns whether the resource of a node that no service has may be deleted. Those in a network
    /// that is being deleted always may.
    pub(super) fn may_delete(&self, vpc: &Vpc, key: &NodeKey) -> bool {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        vpc.node_subnet.is_none() || used.contains_key(&(vpc.id.clone(), key.clone()))
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

    #[test]
    fn a_node_that_a_list_lacks_once_is_not_gone() {
        let vpc = vpc(Some("nodes"));
        let [kept, left] = ["pg-1", "pg-2"].map(|it| NodeKey::parse(&format!("{it}/n1")).unwrap());
        let used = UsedNodes::default();
        used.add(&vpc, [&kept, &left]);
        let services = BTreeSet::from([kept.clone()]);
        assert!(
            !used.settle(&vpc, &services, [&kept, &left]),
            "being deleted"
        );
        for _ in 1..ABSENT_PASSES {
            assert!(!used.settle(&vpc, &services, [&kept]));
        }
        assert!(!used.settle(&vpc, &services, [&kept, &left]), "shown again");
        assert!(used.may_delete(&vpc, &left));
        for _ in 1..ABSENT_PASSES {
            assert!(!used.settle(&vpc, &services, []));
        }
        assert!(used.settle(&vpc, &services, []));
        assert!(!used.may_delete(&vpc, &left), "forgotten");
        assert!(used.settle(&vpc, &services, []));
    }
}

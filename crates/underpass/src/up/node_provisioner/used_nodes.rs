//! Nodes that services used since the process started.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::node_key::NodeKey;
use super::vpc::Vpc;

/// Time for which the lists of all passes must lack a node before its resource counts as deleted: 4 s, the
/// absence window of `up`. A list may lack an entry for a while, and an operation that deletes may fail.
/// Changes start several passes within milliseconds, so their number alone proves nothing.
const ABSENT_FOR: Duration = Duration::from_secs(4);

/// Number of these passes: 4.
const ABSENT_PASSES: u32 = 4;

/// The passes in a row whose lists lacked a node.
#[derive(Debug, Clone, Copy)]
struct Absence {
    since: Instant,
    passes: u32,
}

/// The nodes whose services were listed by this process, and since when no list shows them.
///
/// Only their cloud resources are deleted. Another one may belong to a service that a restored or
/// lost store does not have, whose published service still leads to it.
#[derive(Debug, Default)]
pub(crate) struct UsedNodes(Mutex<BTreeMap<(String, NodeKey), Option<Absence>>>);

impl UsedNodes {
    /// Adds nodes of services in a project VPC.
    pub(super) fn add<'a>(&self, vpc: &Vpc, nodes: impl IntoIterator<Item = &'a NodeKey>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let nodes = nodes.into_iter();
        used.extend(nodes.map(|key| ((vpc.id.clone(), key.clone()), None)));
    }

    /// Records a pass over a project VPC, with the nodes of services and those of its lists; forgets nodes
    /// that are gone. Returns whether none is left that no service has.
    pub(super) fn settle<'a>(
        &self,
        vpc: &Vpc,
        kept: &BTreeSet<NodeKey>,
        shown: impl IntoIterator<Item = &'a NodeKey>,
        now: Instant,
    ) -> bool {
        let shown: BTreeSet<&NodeKey> = shown.into_iter().collect();
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_settled = true;
        used.retain(|(of, key), absent| {
            if *of != vpc.id || kept.contains(key) {
                return true;
            }
            if shown.contains(key) {
                *absent = None;
                is_settled = false;
                return true;
            }
            let first = Absence {
                since: now,
                passes: 0,
            };
            let absence = absent.get_or_insert(first);
            absence.passes = absence.passes.saturating_add(1);
            let is_gone =
                absence.passes >= ABSENT_PASSES && now.duration_since(absence.since) >= ABSENT_FOR;
            is_settled &= is_gone;
            !is_gone
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
    fn a_node_is_gone_after_passes_over_a_time_whose_lists_lack_it() {
        let vpc = vpc(Some("nodes"));
        let [kept, left] = ["pg-1", "pg-2"].map(|it| NodeKey::parse(&format!("{it}/n1")).unwrap());
        let used = UsedNodes::default();
        used.add(&vpc, [&kept, &left]);
        let services = BTreeSet::from([kept.clone()]);
        let start = Instant::now();
        let pass = |shown: &[&NodeKey], seconds| {
            let now = start + Duration::from_secs(seconds);
            used.settle(&vpc, &services, shown.iter().copied(), now)
        };
        assert!(!pass(&[&kept, &left], 0), "being deleted");
        for _ in 0..9 {
            assert!(!pass(&[&kept], 1), "many passes within no time");
        }
        assert!(!pass(&[&kept, &left], 2), "shown again");
        assert!(used.may_delete(&vpc, &left));
        assert!(!pass(&[], 3));
        assert!(!pass(&[], 9), "few passes");
        assert!(!pass(&[], 10));
        assert!(pass(&[], 11));
        assert!(!used.may_delete(&vpc, &left), "forgotten");
        assert!(pass(&[], 12));
    }
}

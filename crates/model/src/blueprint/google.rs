//! A link on Google: ranges for translation, firewall, nodes by zone, one entry on all ports, and the
//! published service with the lists that decide.
//!
//! Opening or closing a port changes one firewall rule and nothing that a flow of another port goes
//! through; the entry takes all ports for good.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::connection::{Connection, Decision};
use crate::google::Instance;
use crate::link::Link;
use crate::part::{Admission, Desired, GooglePart, GoogleSpec, Observed, Part, Spec};
use crate::service::{NodeHandle, Service};

/// Most endpoints on the list of those turned away: 64 (Google's limit). Who is on neither list has
/// no way in either, but is shown as waiting to the consumer.
const MOST_REJECTED: usize = 64;

/// The parts of a link.
pub(super) fn of_link(
    link: &Link,
    service: &Service,
    connections: &[Connection],
    observed: &Observed,
) -> BTreeMap<Part, Desired> {
    let mut desired = decisions(connections, observed);
    let nat: BTreeSet<_> = link.nat_ranges.iter().copied().collect();
    for range in &nat {
        desired.insert(
            Part::Google(GooglePart::NatSubnet(*range)),
            Desired::Be(Spec::Present),
        );
    }
    let firewall = |ports: BTreeSet<u16>| {
        Desired::Be(Spec::Google(GoogleSpec::Firewall {
            sources: nat.clone(),
            ports,
        }))
    };
    desired.insert(Part::Google(GooglePart::Deny), firewall(BTreeSet::new()));
    let open: BTreeSet<u16> = link
        .open_rules(service)
        .iter()
        .map(|rule| rule.backend_port)
        .collect();
    // A rule without ports would open them all, so none is open by having no rule.
    if !open.is_empty() {
        desired.insert(Part::Google(GooglePart::Allow), firewall(open));
    }
    let Some(port) = probed_port(link, service) else {
        // Nothing listens yet, so there is nothing to publish.
        return desired;
    };
    desired.insert(
        Part::Google(GooglePart::HealthCheck),
        Desired::Be(Spec::Google(GoogleSpec::HealthCheck { port })),
    );
    let zones = by_zone(service);
    for (zone, instances) in &zones {
        desired.insert(
            Part::Google(GooglePart::EndpointGroup(zone.clone())),
            Desired::Be(Spec::Present),
        );
        desired.insert(
            Part::Google(GooglePart::Endpoints(zone.clone())),
            Desired::Be(Spec::Google(GoogleSpec::Endpoints {
                instances: instances.clone(),
            })),
        );
    }
    desired.insert(
        Part::Google(GooglePart::BackendService),
        Desired::Be(Spec::Google(GoogleSpec::BackendService {
            zones: zones.into_keys().collect(),
        })),
    );
    desired.insert(
        Part::Google(GooglePart::ForwardingRule),
        Desired::Be(Spec::Present),
    );
    let (accept, reject) = lists(connections);
    desired.insert(
        Part::Attachment,
        Desired::Be(Spec::Google(GoogleSpec::ServiceAttachment {
            nat,
            accept,
            reject,
        })),
    );
    desired
}

/// The parts of a link that is to go: connections go with the attachment.
pub(super) fn of_leaving_link(connections: &[Connection]) -> BTreeMap<Part, Desired> {
    connections
        .iter()
        .map(|connection| (Part::Admission(connection.id.clone()), Desired::Leave))
        .collect()
}

/// What each connection is to turn out to be, by the attachment's lists.
fn decisions(connections: &[Connection], observed: &Observed) -> BTreeMap<Part, Desired> {
    let (_, listed) = lists(connections);
    let mut desired = BTreeMap::new();
    for connection in connections {
        let part = Part::Admission(connection.id.clone());
        let closed = observed
            .last(&part)
            .is_some_and(|last| last.spec == Spec::Admission(Admission::Disconnected));
        let outcome = match &connection.decision {
            _ if closed => Desired::Leave,
            Decision::Undecided => Desired::Leave,
            Decision::Approved => Desired::Await(Spec::Admission(Admission::Approved)),
            Decision::Rejected(_) if listed.contains(&connection.identity.name) => {
                Desired::Await(Spec::Admission(Admission::Rejected))
            }
            Decision::Rejected(_) => Desired::Await(Spec::Admission(Admission::Pending)),
        };
        desired.insert(part, outcome);
    }
    desired
}

/// The names let in and those turned away, the latest first where not all find room.
fn lists(connections: &[Connection]) -> (BTreeSet<String>, BTreeSet<String>) {
    let name = |connection: &&Connection| connection.identity.name.clone();
    let accept = connections
        .iter()
        .filter(|connection| connection.decision == Decision::Approved)
        .map(|connection| name(&connection))
        .collect();
    let mut turned_away: Vec<_> = connections
        .iter()
        .filter(|connection| matches!(connection.decision, Decision::Rejected(_)))
        .collect();
    turned_away.sort_by_key(|connection| Reverse((connection.decided_at, connection.ordinal)));
    let reject = turned_away.iter().take(MOST_REJECTED).map(name).collect();
    (accept, reject)
}

/// The port whose answering means that a node is well: that of the main component, or, when nothing
/// listens any more, one kept for the link. Which are open plays no part.
fn probed_port(link: &Link, service: &Service) -> Option<u16> {
    let main = service.components.first();
    main.map(|component| component.port)
        .or_else(|| link.ports.values().min().copied())
}

/// The nodes' machines by zone.
fn by_zone(service: &Service) -> BTreeMap<String, BTreeSet<String>> {
    let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in &service.nodes {
        let Some(NodeHandle::Google { instance }) = &node.cloud else {
            continue;
        };
        // Checked when it was registered.
        if let Ok(instance) = instance.parse::<Instance>() {
            let machines = zones.entry(instance.zone.clone()).or_default();
            machines.insert(instance.to_string());
        }
    }
    zones
}

#[cfg(test)]
mod tests;

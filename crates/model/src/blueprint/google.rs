//! The parts of a link on Google: NAT subnets, firewall rules, endpoint groups by zone, one
//! forwarding rule on all ports, and the service attachment with its accept and reject lists.
//!
//! Opening or closing a port changes one firewall rule. The forwarding rule always accepts all
//! ports, so flows of other ports are not affected.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use crate::connection::{Connection, Decision};
use crate::google::{Instance, RejectList};
use crate::link::Link;
use crate::part::{Admission, Desired, GooglePart, GoogleSpec, Observed, Part, Spec};
use crate::service::{NodeHandle, Service};

/// The maximum of endpoints on the reject list: 64 (Google's limit). An endpoint on neither list
/// has no access either, but the consumer sees it as pending.
const MOST_REJECTED: usize = 64;

/// The parts of a link.
pub(super) fn of_link(
    link: &Link,
    service: &Service,
    connections: &[Connection],
    observed: &Observed,
    reject_list: RejectList,
) -> BTreeMap<Part, Desired> {
    let mut desired = decisions(connections, observed, reject_list);
    let nat: BTreeSet<_> = link.nat_ranges.iter().copied().collect();
    for range in &nat {
        desired.insert(
            Part::Google(GooglePart::NatSubnet(*range)),
            Desired::Be(Spec::Present),
        );
    }
    let firewall = |sources: BTreeSet<Ipv4Net>, ports: BTreeSet<u16>| {
        Desired::Be(Spec::Google(GoogleSpec::Firewall { sources, ports }))
    };
    desired.insert(
        Part::Google(GooglePart::Deny),
        firewall(sources(GooglePart::Deny, &nat, observed), BTreeSet::new()),
    );
    let open: BTreeSet<u16> = link
        .open_rules(service)
        .iter()
        .map(|rule| rule.backend_port)
        .collect();
    // A firewall rule without ports would open all of them, so without open ports there is no rule.
    if !open.is_empty() {
        let sources = sources(GooglePart::Allow, &nat, observed);
        desired.insert(Part::Google(GooglePart::Allow), firewall(sources, open));
    }
    let Some(port) = probed_port(link, service) else {
        // Without nodes there is nothing to publish.
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
    let (accept, reject) = lists(connections, reject_list);
    desired.insert(
        Part::Attachment,
        Desired::Be(Spec::Google(GoogleSpec::ServiceAttachment {
            nat: published(&nat, observed),
            accept,
            reject,
        })),
    );
    desired
}

/// Returns the sources of a firewall rule: the ranges whose subnet is ours, and those that the rule has
/// already. One that cannot be made is taken by others, whose flows the rule would cut or let in; it
/// delays no change of the others.
///
/// Without any, all: the rule is written once their subnets exist.
fn sources(rule: GooglePart, nat: &BTreeSet<Ipv4Net>, observed: &Observed) -> BTreeSet<Ipv4Net> {
    let before = ranges_of(&Part::Google(rule), observed);
    let is_source = |range: &Ipv4Net| {
        is_ours(*range, observed) || before.is_some_and(|before| before.contains(range))
    };
    those_or_all(nat, is_source)
}

/// Returns the ranges of the attachment: those from which all ports are closed, and those that it has
/// already.
///
/// Without any, all: the attachment is written once the rule that closes exists.
fn published(nat: &BTreeSet<Ipv4Net>, observed: &Observed) -> BTreeSet<Ipv4Net> {
    let denied = ranges_of(&Part::Google(GooglePart::Deny), observed);
    let before = ranges_of(&Part::Attachment, observed);
    let is_published = |range: &Ipv4Net| {
        denied.is_some_and(|denied| denied.contains(range) && is_ours(*range, observed))
            || before.is_some_and(|before| before.contains(range))
    };
    those_or_all(nat, is_published)
}

/// Reports whether the subnet of a range was confirmed as ours.
fn is_ours(range: Ipv4Net, observed: &Observed) -> bool {
    let subnet = Part::Google(GooglePart::NatSubnet(range));
    observed.last(&subnet).is_some()
}

/// Returns the NAT ranges that a part was last confirmed with.
fn ranges_of<'a>(part: &Part, observed: &'a Observed) -> Option<&'a BTreeSet<Ipv4Net>> {
    match &observed.last(part)?.spec {
        Spec::Google(
            GoogleSpec::Firewall {
                sources: ranges, ..
            }
            | GoogleSpec::ServiceAttachment { nat: ranges, .. },
        ) => Some(ranges),
        _ => None,
    }
}

fn those_or_all(
    nat: &BTreeSet<Ipv4Net>,
    is_counted: impl Fn(&Ipv4Net) -> bool,
) -> BTreeSet<Ipv4Net> {
    let those: BTreeSet<_> = nat
        .iter()
        .filter(|range| is_counted(range))
        .copied()
        .collect();
    if those.is_empty() { nat.clone() } else { those }
}

/// Returns the parts of a link that is being deleted: connections are deleted with the attachment.
pub(super) fn of_leaving_link(connections: &[Connection]) -> BTreeMap<Part, Desired> {
    connections
        .iter()
        .map(|connection| (Part::Admission(connection.id.clone()), Desired::Leave))
        .collect()
}

/// Returns the expected state of each connection, after the attachment's lists.
fn decisions(
    connections: &[Connection],
    observed: &Observed,
    reject_list: RejectList,
) -> BTreeMap<Part, Desired> {
    let (_, listed) = lists(connections, reject_list);
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

/// Returns the accepted and the rejected names; the most recent ones if the list is too long.
fn lists(
    connections: &[Connection],
    reject_list: RejectList,
) -> (BTreeSet<String>, BTreeSet<String>) {
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
    let most = match reject_list {
        RejectList::Omit => 0,
        RejectList::List => MOST_REJECTED,
    };
    let reject = turned_away.iter().take(most).map(name).collect();
    (accept, reject)
}

/// Returns the port of the health check: the main component's or, without components, one reserved
/// for the link. It does not depend on which ports are open.
fn probed_port(link: &Link, service: &Service) -> Option<u16> {
    let main = service.components.first();
    main.map(|component| component.port)
        .or_else(|| link.ports.values().min().copied())
}

/// Returns the nodes' instances by zone.
fn by_zone(service: &Service) -> BTreeMap<String, BTreeSet<String>> {
    let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in &service.nodes {
        let Some(NodeHandle::Google { instance }) = &node.cloud else {
            continue;
        };
        // Malformed instances were refused at registration.
        if let Ok(instance) = instance.parse::<Instance>() {
            let machines = zones.entry(instance.zone.clone()).or_default();
            machines.insert(instance.to_string());
        }
    }
    zones
}

#[cfg(test)]
mod tests;

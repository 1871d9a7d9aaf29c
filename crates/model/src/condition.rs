//! Conditions of a link and its connections, after the Kubernetes API conventions: kind, status,
//! severity, reason, message, remedy, since.
//!
//! A condition is true when all is well, false when it does not become so by itself, and unknown
//! while a change is under way or the present was not read yet. A pending connection is no problem:
//! it waits in the queue of decisions.

mod kind;
mod of_account;
mod of_backends;
mod of_network;
mod of_service;
mod reconciled;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use self::kind::{Condition, ConditionKind, ConditionStatus, Severity};
pub use self::of_account::AccountOutage;
pub(crate) use self::of_network::network_intact;
pub use self::of_network::{NetworkProblem, NetworkSubject, of_static_ip, of_vpc, problem};
pub use self::of_service::ServiceResources;
use self::reconciled::{reconciled, suspected};
use crate::cloud::Provider;
use crate::connection::{Connection, Decision};
use crate::id::ConnectionId;
use crate::link::{ConnectionState, Link, LinkState, shown_connection, shown_link};
use crate::name::ServiceName;
use crate::nat_range;
use crate::part::{Admission, Observed, Part, Phase, Spec};
use crate::remedy::{ConnectionRef, LinkRef, Remedy};
use crate::service::Service;
use crate::static_ip::check_enough;

/// All conditions of a link, in the order of [`ConditionKind`]: one of each kind of the link's own,
/// and one for each connection that has a problem. `connections` are all of the link.
pub fn of_link(
    service: &Service,
    link: &Link,
    connections: &[Connection],
    observed: &Observed,
    resources: &ServiceResources,
) -> Vec<Condition> {
    let is_changing = link.deleting || shown_link(link, observed) == LinkState::Creating;
    let mut found = reconciled(is_changing, observed);
    let outage = resources.outage.as_ref();
    found.extend(outage.map(of_account::account_reachable));
    // A link that is being deleted has no other conditions.
    if link.deleting {
        found.sort_by_key(|it| it.kind);
        return found;
    }
    found.extend(resources.network.iter().map(of_network::network_intact));
    found.push(backend_registered(
        service,
        link.provider,
        resources.static_ips,
    ));
    found.extend(of_backends::backends_healthy(&resources.backends));
    found.extend(of_service::interface_exclusive(
        service,
        link,
        observed,
        &resources.shared_interfaces,
    ));
    found.extend(of_service::certificate_current(
        service,
        link,
        connections,
        observed,
    ));
    let reported: BTreeSet<_> = found
        .iter()
        .filter_map(|it| it.connection.clone())
        .collect();
    let others = connections.iter().filter(|it| !reported.contains(&it.id));
    found.extend(others.filter_map(|it| of_connection(link, it, connections, observed)));
    found.sort_by_key(|it| it.kind);
    found
}

/// The conditions of a link that are false, the most pressing first.
pub fn problems(
    service: &Service,
    link: &Link,
    connections: &[Connection],
    observed: &Observed,
    resources: &ServiceResources,
) -> Vec<Condition> {
    let mut found = of_link(service, link, connections, observed, resources);
    found.retain(|it| it.status == ConditionStatus::False);
    found
}

/// The condition of a connection that keeps it from being used, or may end it; absent when there is
/// none.
/// `connections` are all of its link.
pub fn of_connection(
    link: &Link,
    connection: &Connection,
    connections: &[Connection],
    observed: &Observed,
) -> Option<Condition> {
    if let Some(condition) = not_established(link, connection, connections, observed) {
        return Some(condition);
    }
    let part = Part::Admission(connection.id.clone());
    if let Some(condition) = observed
        .parts
        .get(&part)
        .and_then(|it| suspected(&part, it))
    {
        return Some(condition);
    }
    let state = shown_connection(link, connection, observed);
    (state == ConnectionState::Connected).then(|| Condition {
        kind: ConditionKind::AddressKnown,
        status: ConditionStatus::False,
        severity: Severity::Warning,
        connection: Some(connection.id.clone()),
        reason: "EndpointAddressMissing".to_owned(),
        message: "Approved, but the address of its endpoint is not set, so it has no name"
            .to_owned(),
        remedy: next_step(state, link.provider, &link.service, &connection.id),
        since: connection.decided_at,
    })
}

/// The action that brings a connection from its state to active; absent for an active one.
pub fn next_step(
    state: ConnectionState,
    provider: Provider,
    service: &ServiceName,
    connection: &ConnectionId,
) -> Option<Remedy> {
    let reference = || ConnectionRef::new(provider, service, connection);
    Some(match state {
        ConnectionState::PendingUserApproval => Remedy::ApproveConnection(reference()),
        ConnectionState::UserApproved => Remedy::AwaitConfirmation(LinkRef::new(provider, service)),
        ConnectionState::Connected => Remedy::SetEndpointAddress(reference()),
        ConnectionState::Active => return None,
        ConnectionState::Rejected => Remedy::RestoreConnection(reference()),
        ConnectionState::Disconnected => Remedy::RecreateEndpoint,
    })
}

/// The next action for a connection, one of all `connections` of its link; absent when it is
/// active or goes with its link.
pub fn remedy_for_connection(
    link: &Link,
    connection: &Connection,
    connections: &[Connection],
    observed: &Observed,
) -> Option<Remedy> {
    if link.deleting {
        return None;
    }
    if let Some(condition) = not_established(link, connection, connections, observed) {
        return condition.remedy;
    }
    let state = shown_connection(link, connection, observed);
    next_step(state, link.provider, &link.service, &connection.id)
}

/// The next action for a link, the most pressing first; absent when all is well.
pub fn remedy_for_link(
    service: &Service,
    link: &Link,
    connections: &[Connection],
    observed: &Observed,
    static_ips: usize,
) -> Option<Remedy> {
    let reference = link.reference();
    if link.deleting {
        return Some(Remedy::AwaitLinkDeletion(reference));
    }
    let asked_for = observed.failures.values().find_map(|it| it.remedy.as_ref());
    if let Some(text) = asked_for {
        return Some(Remedy::manual(text));
    }
    let not_established = connections
        .iter()
        .find_map(|it| not_established(link, it, connections, observed)?.remedy);
    if not_established.is_some() {
        return not_established;
    }
    if let Some(remedy) = backend_registered(service, link.provider, static_ips).remedy {
        return Some(remedy);
    }
    if shown_link(link, observed) == LinkState::Creating {
        return Some(Remedy::AwaitLink(reference));
    }
    if link.provider == Provider::Azure && link.subscriptions.is_empty() {
        return Some(Remedy::AllowSubscription(reference));
    }
    if connections.is_empty() {
        return Some(Remedy::ShareTarget(reference));
    }
    connections.iter().find_map(
        |connection| match shown_connection(link, connection, observed) {
            state @ (ConnectionState::PendingUserApproval | ConnectionState::Connected) => {
                next_step(state, link.provider, &link.service, &connection.id)
            }
            ConnectionState::UserApproved
            | ConnectionState::Active
            | ConnectionState::Rejected
            | ConnectionState::Disconnected => None,
        },
    )
}

/// The condition of an approved connection that the cloud does not carry.
fn not_established(
    link: &Link,
    connection: &Connection,
    connections: &[Connection],
    observed: &Observed,
) -> Option<Condition> {
    let part = Part::Admission(connection.id.clone());
    let is_held_up = observed.last(&part)?.spec == Spec::Admission(Admission::NeedsAttention)
        && connection.decision == Decision::Approved
        && !link.deleting;
    if !is_held_up {
        return None;
    }
    let approved = connections
        .iter()
        .filter(|it| it.decision == Decision::Approved)
        .count();
    let (reason, message, remedy) = if nat_range::is_short(&link.nat_ranges, approved) {
        (
            "NatRangesExhausted",
            "Approved, but the link's NAT ranges are exhausted",
            Remedy::AddNatRange(link.reference_to(&connection.id)),
        )
    } else {
        (
            "ProviderNeedsAttention",
            "Approved, but the cloud reports that the published service needs attention before \
             it carries the connection",
            Remedy::InspectAttachment(link.reference()),
        )
    };
    Some(Condition {
        kind: ConditionKind::Established,
        status: ConditionStatus::False,
        severity: Severity::Error,
        connection: Some(connection.id.clone()),
        reason: reason.to_owned(),
        message: message.to_owned(),
        remedy: Some(remedy),
        since: awaited_since(&part, observed),
    })
}

fn awaited_since(part: &Part, observed: &Observed) -> Option<Timestamp> {
    match observed.parts.get(part)?.phase {
        Phase::Awaited { since, .. } => Some(since),
        Phase::Gone
        | Phase::Unknown { .. }
        | Phase::Making { .. }
        | Phase::Ready
        | Phase::Failed
        | Phase::Missing { .. } => None,
    }
}

/// The condition of what only the service's owner can register.
pub(crate) fn backend_registered(
    service: &Service,
    provider: Provider,
    static_ips: usize,
) -> Condition {
    let condition = |status, reason: &str, message: String, remedy| Condition {
        kind: ConditionKind::BackendRegistered,
        status,
        severity: Severity::Warning,
        connection: None,
        reason: reason.to_owned(),
        message,
        remedy,
        since: None,
    };
    let missing =
        |reason, message, remedy| condition(ConditionStatus::False, reason, message, Some(remedy));
    let name = &service.name;
    if service.nodes.is_empty() || service.components.is_empty() {
        let (reason, what) = if service.nodes.is_empty() {
            ("NoNodes", "nodes")
        } else {
            ("NoComponents", "components")
        };
        let remedy = Remedy::RegisterNodes {
            service: name.clone(),
            service_type: service.service_type.clone(),
        };
        return missing(reason, format!("The service has no {what}"), remedy);
    }
    if let Some(node) = service.nodes.iter().find(|node| node.cloud.is_none()) {
        let remedy = Remedy::RegisterNodeHandle {
            service: name.clone(),
            node: node.name.clone(),
            address: node.address,
            provider,
        };
        let message = format!(
            "Node `{}` has no cloud resource ID (NIC or instance)",
            node.name
        );
        return missing("NodeWithoutResourceId", message, remedy);
    }
    if service.open_rules().is_empty() {
        let remedy = Remedy::open_component(name, &service.service_type);
        return missing(
            "NoOpenComponent",
            "No component is open to links".to_owned(),
            remedy,
        );
    }
    if let (Provider::Azure, Err(refusal)) = (provider, check_enough(service, static_ips)) {
        let remedy = refusal.remedy.map(|remedy| *remedy);
        return condition(
            ConditionStatus::False,
            "StaticIpsMissing",
            refusal.message,
            remedy,
        );
    }
    condition(
        ConditionStatus::True,
        "Complete",
        "Nodes and open components are registered".to_owned(),
        None,
    )
}

#[cfg(test)]
mod tests;

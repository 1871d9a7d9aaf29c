//! Conditions of a link that follow from its service: its certificate, and interfaces that it shares.

use super::kind::{Condition, ConditionKind, ConditionStatus, Severity};
use super::of_account::AccountOutage;
use super::of_network::NetworkProblem;
use crate::backend_health::Backend;
use crate::cloud::Provider;
use crate::cloud_resource::CloudResource;
use crate::connection::Connection;
use crate::link::{ConnectionState, Link, shown_connection};
use crate::part::{AzurePart, Observed, Part};
use crate::remedy::Remedy;
use crate::service::{Node, NodeHandle, Service};
use crate::shared_interface::SharedInterface;

/// The most names that a message contains; a number stands for the others: 5.
const MOST_NAMES: usize = 5;

/// Facts about a service and its link, beside what is registered and observed, that conditions of the
/// link depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceResources {
    /// The number of static IPs that are associated with it.
    pub static_ips: usize,
    /// The interfaces that it shares with links of other services on Azure.
    pub shared_interfaces: Vec<SharedInterface>,
    /// The outage of the link's cloud account, if it does not answer.
    pub outage: Option<AccountOutage>,
    /// The problems of its project VPC and of its static IPs.
    pub network: Vec<NetworkProblem>,
    /// The backends of the link with their health.
    pub backends: Vec<Backend>,
}

/// The condition of a link whose nodes share a network interface with another link, or with a load
/// balancer of another program.
pub(super) fn interface_exclusive(
    service: &Service,
    link: &Link,
    observed: &Observed,
    shared: &[SharedInterface],
) -> Option<Condition> {
    if link.provider != Provider::Azure {
        return None;
    }
    let Some(first) = shared.first() else {
        return in_other_balancer(service, link, observed);
    };
    let nodes: Vec<_> = shared
        .iter()
        .map(|it| {
            let others = it.others.iter().map(|name| format!("`{name}`"));
            format!(
                "Network interface `{}` of node `{}` is also used by the private link of service {}",
                it.interface,
                it.node,
                listed(others.collect())
            )
        })
        .collect();
    Some(Condition {
        kind: ConditionKind::InterfaceExclusive,
        status: ConditionStatus::False,
        severity: Severity::Warning,
        connection: None,
        reason: "InterfaceShared".to_owned(),
        message: format!(
            "{}. Azure accepts one internal load balancer for each interface: the link works as it \
             is, but Azure may refuse its next change. Give the node an interface of its own",
            listed(nodes)
        ),
        remedy: Some(Remedy::RegisterNodeHandle {
            service: link.service.clone(),
            node: first.node.clone(),
            address: first.address,
            provider: link.provider,
        }),
        since: None,
    })
}

/// The condition of a link whose nodes have a network interface that is in another internal load
/// balancer.
fn in_other_balancer(service: &Service, link: &Link, observed: &Observed) -> Option<Condition> {
    let is_shared = |node: &&Node| {
        let interface = node.cloud.as_ref().map(NodeHandle::resource);
        observed.parts.iter().any(|(part, seen)| {
            let Part::Azure(AzurePart::Member(handle)) = part else {
                return false;
            };
            Some(CloudResource::interface(handle)) == interface
                && seen.last.as_ref().is_some_and(|it| it.facts.is_shared)
        })
    };
    let nodes: Vec<_> = service.nodes.iter().filter(is_shared).collect();
    let first = nodes.first()?;
    let names = nodes.iter().map(|node| format!("`{}`", node.name));
    Some(Condition {
        kind: ConditionKind::InterfaceExclusive,
        status: ConditionStatus::False,
        severity: Severity::Warning,
        connection: None,
        reason: "InterfaceInOtherBalancer".to_owned(),
        message: format!(
            "The network interfaces of these nodes are in another internal load balancer, too: {}. \
             Azure accepts one internal load balancer for each interface: the link works as it is, \
             but Azure may refuse its next change. Remove the interface from the other load \
             balancer, or give the node an interface of its own",
            listed(names.collect())
        ),
        remedy: Some(Remedy::RegisterNodeHandle {
            service: link.service.clone(),
            node: first.name.clone(),
            address: first.address,
            provider: link.provider,
        }),
        since: None,
    })
}

/// The condition of a link with approved connections whose names the service's last certificate
/// lacks.
pub(super) fn certificate_current(
    service: &Service,
    link: &Link,
    connections: &[Connection],
    observed: &Observed,
) -> Option<Condition> {
    let certificate = service.certificate.as_ref()?;
    let live = connections.iter().filter(|connection| {
        match shown_connection(link, connection, observed) {
            ConnectionState::UserApproved
            | ConnectionState::Connected
            | ConnectionState::Active => true,
            ConnectionState::PendingUserApproval
            | ConnectionState::Rejected
            | ConnectionState::Disconnected => false,
        }
    });
    let missing = certificate.missing(&service.host_label, live.map(|it| it.ordinal));
    if missing.is_empty() {
        return None;
    }
    let names = missing.iter().map(|name| format!("`{name}`")).collect();
    Some(Condition {
        kind: ConditionKind::CertificateCurrent,
        status: ConditionStatus::False,
        severity: Severity::Warning,
        connection: None,
        reason: "CertificateNamesMissing".to_owned(),
        message: format!(
            "The certificate that was last issued for service `{}`, at {}, lacks the names of \
             approved connections: {}. Clients that verify the server's name fail there. Underpass \
             does not see which certificate the servers use",
            service.name,
            certificate.issued_at,
            listed(names)
        ),
        remedy: Some(Remedy::IssueCertificate {
            service: service.name.clone(),
        }),
        since: None,
    })
}

/// The first items, and the number of the others.
pub(super) fn listed(mut items: Vec<String>) -> String {
    let others = items.len().saturating_sub(MOST_NAMES);
    items.truncate(MOST_NAMES);
    let items = items.join(", ");
    if others == 0 {
        items
    } else {
        format!("{items} and {others} more")
    }
}

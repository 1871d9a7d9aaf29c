//! Azure's limits on load balancers and interfaces, checked in advance.

use super::neighbours::Neighbours;
use crate::cloud::Provider;
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::service::{NodeHandle, Service};

/// The maximum of rules of a Standard load balancer: 1,500 (Azure's limits, azure-private-link.md
/// §1.6).
const RULES_PER_BALANCER: usize = 1_500;

/// The maximum of rules on one network interface: 300 (the same page).
const RULES_PER_INTERFACE: usize = 300;

/// Refuses a service that would exceed a limit with every component open, so that opening one never
/// fails.
///
/// # Errors
/// * `too_many_rules`: a limit would be exceeded.
pub(super) fn check(service: &Service) -> Result<(), Refusal> {
    let listeners = service.broker_listeners().count();
    let own = service.components.len() + listeners;
    let brokers = listeners * service.nodes.len();
    let all = service.components.len() + brokers;
    if all > RULES_PER_BALANCER {
        return Err(refusal(format!(
            "Service `{}` would need {all} rules on its load balancer once every component is \
             open ({} for components, {brokers} for brokers). Azure accepts {RULES_PER_BALANCER}. \
             Register fewer nodes or fewer authentication methods",
            service.name,
            service.components.len()
        )));
    }
    if own > RULES_PER_INTERFACE {
        return Err(refusal(format!(
            "The network interface of each node of service `{}` would have {own} load balancing \
             rules once every component is open. Azure accepts {RULES_PER_INTERFACE}. Register \
             fewer components",
            service.name
        )));
    }
    Ok(())
}

/// Refuses nodes on an interface that the link of another service uses: Azure accepts one internal
/// load balancer for each interface. Interfaces that the link uses already, `before`, stay.
///
/// # Errors
/// * `interface_in_use`: another link uses the interface.
pub(super) fn check_interfaces(
    service: &Service,
    before: Option<&Service>,
    neighbours: &Neighbours,
) -> Result<(), Refusal> {
    let kept = before.map(Service::cloud_resources).unwrap_or_default();
    for node in &service.nodes {
        let Some(handle @ NodeHandle::Azure { .. }) = &node.cloud else {
            continue;
        };
        if kept.contains(&handle.resource()) {
            continue;
        }
        if let Some(other) = neighbours.publisher_on(handle) {
            return Err(Refusal::conflict(
                "interface_in_use",
                format!(
                    "The network interface of node `{}` is used by the privatelink of service \
                     `{other}`. Azure accepts one internal load balancer for each interface, so \
                     it serves one privatelink",
                    node.name
                ),
            )
            .with_remedy(Remedy::RegisterNodeHandle {
                service: service.name.clone(),
                node: node.name.clone(),
                address: node.address,
                provider: Provider::Azure,
            }));
        }
    }
    Ok(())
}

fn refusal(message: String) -> Refusal {
    Refusal::conflict("too_many_rules", message)
}

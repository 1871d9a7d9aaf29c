//! Azure's limits on load balancing rules, checked in advance.

use super::neighbours::{Neighbours, reserved_rules};
use crate::refusal::Refusal;
use crate::service::{NodeHandle, Service};

/// The maximum of rules of a Standard load balancer: 1,500 (Azure's limits, azure-private-link.md
/// §1.6).
const RULES_PER_BALANCER: usize = 1_500;

/// The maximum of rules on one network interface, over all its load balancers: 300 (the same page).
const RULES_PER_INTERFACE: usize = 300;

/// Refuses a service that would exceed a limit with every component open, so that opening one never
/// fails.
///
/// # Errors
/// * `too_many_rules`: a limit would be exceeded.
pub(super) fn check(service: &Service, neighbours: &Neighbours) -> Result<(), Refusal> {
    let own = reserved_rules(service);
    let brokers = service.broker_listeners().count() * service.nodes.len();
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
    for node in &service.nodes {
        let Some(handle @ NodeHandle::Azure { .. }) = &node.cloud else {
            continue;
        };
        let others = neighbours.rules_on(handle);
        if own + others > RULES_PER_INTERFACE {
            return Err(refusal(format!(
                "The network interface of node `{}` would have {} load balancing rules once every \
                 component is open ({own} for service `{}`, {others} for others that share it). \
                 Azure accepts {RULES_PER_INTERFACE}. Use machines for this service alone, or \
                 register fewer components",
                node.name,
                own + others,
                service.name
            )));
        }
    }
    Ok(())
}

fn refusal(message: String) -> Refusal {
    Refusal::conflict("too_many_rules", message)
}

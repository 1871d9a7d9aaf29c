//! Bypass check: prevents servers from answering on the addresses of emulated endpoints.
//!
//! An emulated endpoint is a socket of this machine, on an address of the consumers' range and the
//! component's link port. A server bound to `0.0.0.0` answers on every loopback address, hence also
//! on endpoints without approval. Before a service is registered, an unused address of that range
//! is probed; the endpoint probes again before it listens.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::Ipv4Net;
use tokio::net::TcpListener;
use underpass_model::part::Rule;
use underpass_model::refusal::Refusal;
use underpass_model::service::{Component, NodePolicy};
use underpass_net::probe;

use crate::settings::Settings;

/// Time limit of a probe on a loopback address: 250 ms. An answer takes microseconds; only a
/// listener with a full queue does not answer.
const PROBE_TIMEOUT: Duration = Duration::from_millis(250);

/// First port on which every user may listen (Linux default, net.ipv4.ip_unprivileged_port_start).
const FIRST_UNPRIVILEGED: u16 = 1024;

/// Refuses link ports on which another server answers, or on which an endpoint cannot listen.
///
/// Only new ports, which `before` does not have, are probed.
///
/// # Errors
/// `link_port_answers`, `link_port_privileged`.
pub(super) async fn check(
    settings: &Settings,
    before: &[Component],
    components: &[Component],
) -> Result<(), Refusal> {
    let NodePolicy::Loopback { consumers } = &settings.nodes else {
        return Ok(());
    };
    let known: BTreeSet<u16> = before.iter().map(|component| component.link_port).collect();
    for component in components {
        if !known.contains(&component.link_port) {
            check_port(*consumers, component).await?;
        }
    }
    Ok(())
}

/// Returns the rules whose link port another server of this machine answers on, past every endpoint.
pub(in crate::api) async fn shadowed(settings: &Settings, rules: &BTreeSet<Rule>) -> Vec<Rule> {
    let NodePolicy::Loopback { consumers } = &settings.nodes else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for rule in rules {
        let unused = SocketAddr::from((unused_address(*consumers), rule.link_port));
        if probe::answers(unused, PROBE_TIMEOUT).await {
            found.push(rule.clone());
        }
    }
    found
}

async fn check_port(consumers: Ipv4Net, component: &Component) -> Result<(), Refusal> {
    let (port, rule) = (component.link_port, component.rule_name());
    let unused = SocketAddr::from((unused_address(consumers), port));
    if probe::answers(unused, PROBE_TIMEOUT).await {
        return Err(Refusal::conflict(
            "link_port_answers",
            format!(
                "Something on this machine answers on port {port} of every loopback address \
                 ({unused} answered), so consumers would reach it without approval. Bind it to \
                 127.0.0.1 only, or set another `link_port` for component `{rule}`"
            ),
        ));
    }
    if port < FIRST_UNPRIVILEGED
        && let Err(error) = TcpListener::bind(unused).await
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        return Err(Refusal::invalid(
            "link_port_privileged",
            format!(
                "Emulated endpoints cannot listen on port {port}: ports below \
                 {FIRST_UNPRIVILEGED} require a privilege that this process does not have. Set a \
                 `link_port` of at least {FIRST_UNPRIVILEGED} for component `{rule}`"
            ),
        ));
    }
    Ok(())
}

/// Returns the last host address of the range; endpoints are assigned addresses from its beginning.
fn unused_address(consumers: Ipv4Net) -> Ipv4Addr {
    consumers
        .hosts()
        .next_back()
        .unwrap_or_else(|| consumers.addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probed_address_is_the_last_of_the_range() {
        let consumers = "127.64.0.0/16".parse().unwrap();
        assert_eq!(unused_address(consumers), Ipv4Addr::new(127, 64, 255, 254));
    }
}

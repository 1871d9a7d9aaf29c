//! Keeps emulated endpoints from being bypassed.
//!
//! With emulated clouds the consumer's endpoint is a socket of this machine, on an address of the
//! consumers' range and on the component's port on the link.
//! A server bound to `0.0.0.0` answers on every loopback address, hence on endpoints that nobody
//! approved, too. So before a service is registered, an address of that range which no endpoint
//! has is asked whether somebody answers there; the endpoint asks again before it listens.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::Ipv4Net;
use tokio::net::TcpListener;
use underpass_model::refusal::Refusal;
use underpass_model::service::{Component, NodePolicy};
use underpass_net::probe;

use crate::settings::Settings;

/// How long an answer on a loopback address may take: 250 ms, where it takes microseconds; only a
/// listener whose queue is full stays silent.
const PATIENCE: Duration = Duration::from_millis(250);

/// The first port that every user may listen on (Linux default, net.ipv4.ip_unprivileged_port_start).
const FIRST_UNPRIVILEGED: u16 = 1024;

/// Refuses link ports on which an endpoint would not be the only way in, or could not listen.
///
/// Only ports that `before` did not have are asked: what was registered may be re-registered.
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

async fn check_port(consumers: Ipv4Net, component: &Component) -> Result<(), Refusal> {
    let (port, rule) = (component.link_port, component.rule_name());
    let unused = SocketAddr::from((unused_address(consumers), port));
    if probe::answers(unused, PATIENCE).await {
        return Err(Refusal::conflict(
            "link_port_answers",
            format!(
                "Something on this machine answers on port {port} of every loopback address \
                 ({unused} answered), so consumers would reach it past any approval. Bind it to \
                 127.0.0.1 alone, or give component `{rule}` another `link_port`"
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
                 {FIRST_UNPRIVILEGED} need a right this process does not have. Give component \
                 `{rule}` a `link_port` from {FIRST_UNPRIVILEGED} on"
            ),
        ));
    }
    Ok(())
}

/// The last host address of the range: endpoints get theirs from the other end.
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
    fn the_address_asked_is_the_last_of_the_range() {
        let consumers = "127.64.0.0/16".parse().unwrap();
        assert_eq!(unused_address(consumers), Ipv4Addr::new(127, 64, 255, 254));
    }
}

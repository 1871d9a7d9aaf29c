//! Listeners that the data plane must have.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;
use underpass_net::{BackendAddr, ListenAddr};

use super::address;
use super::backend_pool;
use super::balancing_rule;
use super::document;
use super::endpoint_connection;
use super::id::Key;
use super::kind::Kind;
use super::resource::{ProvisioningState, Relation, Resource};
use super::service_frontend;
use super::state::State;
use crate::binding::Binding;

/// One listener per approved endpoint and TCP rule of its service's frontend.
///
/// A rule for all ports has no port to listen on, so it has no listener.
pub(super) fn bindings(state: &State) -> Vec<Binding> {
    let pools = hosts_by_pool(state);
    let mut bindings: Vec<Binding> = state
        .of_kind(Kind::PrivateEndpoint)
        .filter_map(|endpoint| of_endpoint(state, &pools, endpoint))
        .flatten()
        .collect();
    bindings.sort();
    bindings
}

/// Hosts that stand for the members of each backend pool, in order of NIC. NICs without a host are
/// omitted.
///
/// Computed once for all endpoints, from NICs with a host only: they are the provider's nodes, and
/// there are few of them compared to the NICs of endpoints.
fn hosts_by_pool(state: &State) -> BTreeMap<Key, Vec<IpAddr>> {
    let mut pools: BTreeMap<Key, Vec<IpAddr>> = BTreeMap::new();
    for mapping in state.hosts() {
        let Some(interface) = state.resource_by_key(&Key::of(&mapping.nic)) else {
            continue;
        };
        for pool in backend_pool::pools_of(&interface.body) {
            let hosts = pools.entry(pool).or_default();
            if hosts.last() != Some(&mapping.host) {
                hosts.push(mapping.host);
            }
        }
    }
    pools
}

fn of_endpoint(
    state: &State,
    pools: &BTreeMap<Key, Vec<IpAddr>>,
    endpoint: &Resource,
) -> Option<Vec<Binding>> {
    if matches!(
        endpoint.provisioning,
        ProvisioningState::Creating | ProvisioningState::Deleting
    ) {
        return None;
    }
    let connection = state.resource(endpoint.related(Relation::Connection)?)?;
    if !endpoint_connection::is_approved(connection) {
        return None;
    }
    let interface = state.resource(endpoint.related(Relation::Interface)?)?;
    let configuration = interface.body.pointer("/properties/ipConfigurations/0")?;
    let address = IpAddr::V4(address::address_of(configuration)?);
    let service = state.resource(endpoint.related(Relation::Service)?)?;
    let (balancer, frontend) = service_frontend::frontend_of(service)?;
    let balancer = state.resource(&balancer)?;
    let frontend = Key::of(&format!(
        "{}/frontendIPConfigurations/{frontend}",
        balancer.id
    ));
    let rules = document::list(&balancer.body, balancing_rule::RULES);
    let listeners = rules
        .iter()
        .filter(|rule| balancing_rule::uses_frontend(rule, &frontend))
        .filter(|rule| document::text_is(rule, "/properties/protocol", "Tcp"))
        .filter_map(|rule| {
            Some(Binding {
                endpoint: endpoint.id.to_string(),
                connection: connection.id.to_string(),
                listen: ListenAddr::new(address, port(rule, "frontendPort")?),
                rule: document::text_or_empty(rule, "/name").to_owned(),
                backends: backends(pools, rule)?,
            })
        });
    Some(listeners.collect())
}

fn port(rule: &Value, member: &str) -> Option<u16> {
    let number = rule.pointer(&format!("/properties/{member}"))?.as_u64()?;
    u16::try_from(number).ok().filter(|port| *port != 0)
}

/// Socket addresses of the members of a rule's pool.
fn backends(pools: &BTreeMap<Key, Vec<IpAddr>>, rule: &Value) -> Option<Vec<BackendAddr>> {
    let port = port(rule, "backendPort")?;
    let pool = Key::of(document::text(rule, "/properties/backendAddressPool/id")?);
    let hosts = pools.get(&pool).map(Vec::as_slice).unwrap_or_default();
    Some(
        hosts
            .iter()
            .map(|host| BackendAddr::new(*host, port))
            .collect(),
    )
}

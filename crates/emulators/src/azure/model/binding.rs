//! Listeners that the data plane must have.

use std::collections::{BTreeMap, BTreeSet};
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
use super::probe;
use super::resource::{ProvisioningState, Relation, Resource};
use super::service_frontend;
use super::state::State;
use crate::binding::Binding;
use crate::health::Health;

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
pub(super) fn hosts_by_pool(state: &State) -> BTreeMap<Key, Vec<IpAddr>> {
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

/// An approved endpoint with its connection, and the frontend that it leads to.
struct OpenEndpoint<'a> {
    endpoint: &'a Resource,
    connection: &'a Resource,
    balancer: &'a Resource,
    /// Name of the frontend.
    frontend: String,
}

/// The load balancers that an approved endpoint leads to.
pub(super) fn open_balancers(state: &State) -> BTreeSet<Key> {
    state
        .of_kind(Kind::PrivateEndpoint)
        .filter_map(|endpoint| open_endpoint(state, endpoint))
        .map(|open| open.balancer.id.key())
        .collect()
}

fn open_endpoint<'a>(state: &'a State, endpoint: &'a Resource) -> Option<OpenEndpoint<'a>> {
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
    let service = state.resource(endpoint.related(Relation::Service)?)?;
    let (balancer, frontend) = service_frontend::frontend_of(service)?;
    Some(OpenEndpoint {
        endpoint,
        connection,
        balancer: state.resource(&balancer)?,
        frontend,
    })
}

fn of_endpoint(
    state: &State,
    pools: &BTreeMap<Key, Vec<IpAddr>>,
    endpoint: &Resource,
) -> Option<Vec<Binding>> {
    let OpenEndpoint {
        endpoint,
        connection,
        balancer,
        frontend,
    } = open_endpoint(state, endpoint)?;
    let interface = state.resource(endpoint.related(Relation::Interface)?)?;
    let configuration = interface.body.pointer("/properties/ipConfigurations/0")?;
    let address = IpAddr::V4(address::address_of(configuration)?);
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
                backends: backends(state, pools, &balancer.body, rule)?,
            })
        });
    Some(listeners.collect())
}

fn port(rule: &Value, member: &str) -> Option<u16> {
    let number = rule.pointer(&format!("/properties/{member}"))?.as_u64()?;
    u16::try_from(number).ok().filter(|port| *port != 0)
}

/// Socket addresses of the members of a rule's pool, without those that its probe found unhealthy.
///
/// If all are unhealthy, the probe says whether they are sent new flows. Members that were not probed
/// yet are sent flows: a rule of the emulator, for the first moments.
fn backends(
    state: &State,
    pools: &BTreeMap<Key, Vec<IpAddr>>,
    balancer: &Value,
    rule: &Value,
) -> Option<Vec<BackendAddr>> {
    let port = port(rule, "backendPort")?;
    let pool = Key::of(document::text(rule, "/properties/backendAddressPool/id")?);
    let hosts = pools.get(&pool).map(Vec::as_slice).unwrap_or_default();
    let probe = probe::of_rule(balancer, rule);
    let is_healthy =
        |host: &&IpAddr| !probe::health(state, probe, **host).is_some_and(Health::is_down);
    let mut chosen: Vec<&IpAddr> = hosts.iter().filter(is_healthy).collect();
    if chosen.is_empty() && probe.is_some_and(probe::sends_to_unhealthy) {
        chosen = hosts.iter().collect();
    }
    let backends = chosen.into_iter().map(|it| BackendAddr::new(*it, port));
    Some(backends.collect())
}

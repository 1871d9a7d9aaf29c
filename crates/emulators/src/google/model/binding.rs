//! Listeners of the accepted endpoints, derived from the state on each call.
//!
//! An accepted endpoint listens on the ports that its attachment's forwarding rule has and that the
//! provider's firewall allows from the endpoint's NAT subnet. Ports are not translated.
//!
//! A forwarding rule on all ports is open on those that firewall rules list: see
//! [`super::firewall_evaluation`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;
use serde_json::Value;
use underpass_net::{BackendAddr, ListenAddr};

use super::connection::ConnectionStatus;
use super::document;
use super::evaluate_connections::nat_ranges;
use super::firewall_evaluation::{Flow, open_ports};
use super::id::{ResourceId, path_of};
use super::kind::Kind;
use super::probe::{self, BackendHealth};
use super::resource::Resource;
use super::state::State;
use crate::binding::Binding;

/// An instance behind a forwarding rule.
struct Backend<'a> {
    tags: Vec<&'a str>,
    /// The host that stands for the instance, if one is mapped.
    host: Option<IpAddr>,
    is_unhealthy: bool,
}

/// A port that the firewall allows, with the backends that it leads to.
#[derive(Debug, Clone)]
struct OpenPort {
    port: u16,
    rule: String,
    backends: Vec<BackendAddr>,
}

/// Returns one listener per accepted endpoint and open port, in order.
pub(super) fn bindings(state: &State) -> Vec<Binding> {
    // Endpoints of one attachment and NAT subnet have the same open ports.
    let mut evaluated: BTreeMap<(&ResourceId, Ipv4Net), Vec<OpenPort>> = BTreeMap::new();
    let mut bindings = Vec::new();
    for endpoint in state.of_kind(Kind::ForwardingRule) {
        let Some((service, number, range)) = accepted(state, endpoint) else {
            continue;
        };
        let Some(address) = address_of(endpoint) else {
            continue;
        };
        let open_ports = evaluated
            .entry((&service.id, range))
            .or_insert_with(|| open_ports_of(state, service, range));
        bindings.extend(open_ports.iter().map(|open_port| Binding {
            endpoint: endpoint.id.to_string(),
            connection: number.to_string(),
            listen: ListenAddr::new(IpAddr::V4(address), open_port.port),
            rule: open_port.rule.clone(),
            backends: open_port.backends.clone(),
        }));
    }
    bindings.sort();
    bindings
}

/// Returns the attachment that accepted an endpoint, the connection id, and the NAT subnet.
fn accepted<'a>(state: &'a State, endpoint: &Resource) -> Option<(&'a Resource, u64, Ipv4Net)> {
    let connection = endpoint.connection.as_ref()?;
    if connection.status != ConnectionStatus::Accepted {
        return None;
    }
    let service = state.created(&connection.attachment)?;
    let source = connection.nat_ips.first()?;
    let ranges = nat_ranges(state, service);
    let range = ranges.into_iter().find(|range| range.contains(source))?;
    Some((service, connection.number, range))
}

fn address_of(rule: &Resource) -> Option<Ipv4Addr> {
    document::text(rule.body(), "/IPAddress")?.parse().ok()
}

fn open_ports_of(state: &State, service: &Resource, range: Ipv4Net) -> Vec<OpenPort> {
    let target = service.linked("/targetService");
    let Some(forwarding_rule) = target.and_then(|id| state.created(&id)) else {
        return Vec::new();
    };
    let Some(ports) = ports(forwarding_rule.body()) else {
        return Vec::new();
    };
    let network = forwarding_rule.linked("/network");
    let rules: Vec<(&str, &Value)> = state
        .of_kind(Kind::Firewall)
        .filter(|rule| rule.is_created && rule.linked("/network") == network)
        .map(|rule| (rule.id.name.as_str(), rule.body()))
        .collect();
    let mut backends = backends_of(state, forwarding_rule);
    if backends.is_empty() {
        // Without backends the ports are open, and connections to them fail.
        backends.push(Backend {
            tags: Vec::new(),
            host: None,
            is_unhealthy: false,
        });
    }
    // Without a healthy backend, flows are sent to all as a last resort (documented), unless the
    // backend service says otherwise.
    let is_last_resort = backends.iter().all(|it| it.is_unhealthy);
    let drops_flows = is_last_resort && drops_flows(state, forwarding_rule);
    let mut found: BTreeMap<u16, OpenPort> = BTreeMap::new();
    for backend in backends {
        let flow = Flow {
            source: range,
            destination: address_of(forwarding_rule),
            tags: &backend.tags,
        };
        let open = open_ports(rules.iter().copied(), flow, ports.as_ref());
        for (port, rule) in open {
            let open_port = found.entry(port).or_insert_with(|| OpenPort {
                port,
                rule: rule.to_owned(),
                backends: Vec::new(),
            });
            let is_used = !drops_flows && (is_last_resort || !backend.is_unhealthy);
            let backend = backend
                .host
                .filter(|_| is_used)
                .map(|host| BackendAddr::new(host, port));
            if let Some(backend) = backend.filter(|it| !open_port.backends.contains(it)) {
                open_port.backends.push(backend);
            }
        }
    }
    found.into_values().collect()
}

/// Returns the TCP ports of a forwarding rule: `None` for another protocol, `Some(None)` for all
/// ports.
#[expect(
    clippy::option_option,
    reason = "the protocol and the list of ports are optional independently"
)]
fn ports(forwarding_rule: &Value) -> Option<Option<BTreeSet<u16>>> {
    match document::text(forwarding_rule, "/IPProtocol") {
        Some("TCP" | "L3_DEFAULT") => {}
        Some(_) | None => return None,
    }
    if document::flag(forwarding_rule, "/allPorts") {
        return Some(None);
    }
    let ports = document::texts(forwarding_rule, "/ports");
    Some(Some(ports.filter_map(|port| port.parse().ok()).collect()))
}

/// Reports whether flows to a forwarding rule without a healthy backend are dropped.
fn drops_flows(state: &State, forwarding_rule: &Resource) -> bool {
    forwarding_rule
        .linked("/backendService")
        .and_then(|id| state.created(&id))
        .is_some_and(|it| document::flag(it.body(), "/failoverPolicy/dropTrafficIfUnhealthy"))
}

/// Returns the backend services that an accepted endpoint leads to.
pub(super) fn open_services(state: &State) -> BTreeSet<ResourceId> {
    state
        .of_kind(Kind::ForwardingRule)
        .filter_map(|endpoint| accepted(state, endpoint))
        .filter_map(|(service, ..)| state.created(&service.linked("/targetService")?))
        .filter_map(|rule| rule.linked("/backendService"))
        .collect()
}

/// Returns the instances behind a forwarding rule, group by group, each once.
fn backends_of<'a>(state: &'a State, forwarding_rule: &Resource) -> Vec<Backend<'a>> {
    let Some(service) = forwarding_rule
        .linked("/backendService")
        .and_then(|id| state.created(&id))
    else {
        return Vec::new();
    };
    let check = probe::check_of(state, service);
    let mut listed = BTreeSet::new();
    document::list(service.body(), "/backends")
        .iter()
        .filter_map(|backend| document::text(backend, "/group"))
        .filter_map(|link| ResourceId::from_path(path_of(link)))
        .filter_map(|group| state.created(&group))
        .flat_map(|group| &group.content.members)
        .filter(|member| listed.insert(&member.instance))
        .filter_map(|member| state.created(&member.instance))
        .map(|instance| Backend {
            tags: document::texts(instance.body(), "/tags/items").collect(),
            host: state.host(&instance.id).map(|mapping| mapping.host),
            is_unhealthy: probe::health(state, check, &instance.id) == BackendHealth::Unhealthy,
        })
        .collect()
}

//! Which endpoints carry bytes, derived anew from the state each time.
//!
//! An accepted endpoint is open on those ports that its attachment's forwarding rule takes and the
//! provider's firewall lets through, from the range that the endpoint's flows are translated to.
//! Ports stay as they are on the way, and so they are equal at both ends.
//!
//! A forwarding rule on all ports is open on those that firewall rules name: see
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
use super::resource::Resource;
use super::state::State;
use crate::binding::Binding;

/// A machine of the provider, as far as flows to it matter.
struct Machine<'a> {
    tags: Vec<&'a str>,
    /// Where on this machine it answers, if somebody said so.
    host: Option<IpAddr>,
}

/// A port that flows get through.
#[derive(Debug, Clone)]
struct Opening {
    port: u16,
    rule: String,
    backends: Vec<BackendAddr>,
}

/// One listener per accepted endpoint and open port, in order.
pub(super) fn bindings(state: &State) -> Vec<Binding> {
    // Endpoints of one range find the same ports open.
    let mut known: BTreeMap<(&ResourceId, Ipv4Net), Vec<Opening>> = BTreeMap::new();
    let mut bindings = Vec::new();
    for endpoint in state.of_kind(Kind::ForwardingRule) {
        let Some((service, number, range)) = accepted(state, endpoint) else {
            continue;
        };
        let Some(address) = address_of(endpoint) else {
            continue;
        };
        let openings = known
            .entry((&service.id, range))
            .or_insert_with(|| openings(state, service, range));
        bindings.extend(openings.iter().map(|opening| Binding {
            endpoint: endpoint.id.to_string(),
            connection: number.to_string(),
            listen: ListenAddr::new(IpAddr::V4(address), opening.port),
            rule: opening.rule.clone(),
            backends: opening.backends.clone(),
        }));
    }
    bindings.sort();
    bindings
}

/// The attachment an endpoint is accepted by, its connection id, and the range of its flows.
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

fn openings(state: &State, service: &Resource, range: Ipv4Net) -> Vec<Opening> {
    let entry = service
        .linked("/targetService")
        .and_then(|id| state.created(&id));
    let Some((entry, ports)) = entry.and_then(|entry| Some((entry, ports(entry.body())?))) else {
        return Vec::new();
    };
    let network = entry.linked("/network");
    let rules: Vec<(&str, &Value)> = state
        .of_kind(Kind::Firewall)
        .filter(|rule| rule.is_created && rule.linked("/network") == network)
        .map(|rule| (rule.id.name.as_str(), rule.body()))
        .collect();
    let mut machines = machines(state, entry);
    if machines.is_empty() {
        // The ports are open though nobody answers behind them.
        machines.push(Machine {
            tags: Vec::new(),
            host: None,
        });
    }
    let mut found: BTreeMap<u16, Opening> = BTreeMap::new();
    for machine in machines {
        let flow = Flow {
            source: range,
            destination: address_of(entry),
            tags: &machine.tags,
        };
        let open = open_ports(rules.iter().copied(), flow, ports.as_ref());
        for (port, rule) in open {
            let opening = found.entry(port).or_insert_with(|| Opening {
                port,
                rule: rule.to_owned(),
                backends: Vec::new(),
            });
            let backend = machine.host.map(|host| BackendAddr::new(host, port));
            if let Some(backend) = backend.filter(|it| !opening.backends.contains(it)) {
                opening.backends.push(backend);
            }
        }
    }
    found.into_values().collect()
}

/// The only TCP ports a forwarding rule takes, or `Some(None)` for all; `None`: it takes no TCP.
#[expect(
    clippy::option_option,
    reason = "whether it takes TCP, and whether only certain ports of it"
)]
fn ports(entry: &Value) -> Option<Option<BTreeSet<u16>>> {
    match document::text(entry, "/IPProtocol") {
        Some("TCP" | "L3_DEFAULT") => {}
        Some(_) | None => return None,
    }
    if document::flag(entry, "/allPorts") {
        return Some(None);
    }
    let ports = document::texts(entry, "/ports");
    Some(Some(ports.filter_map(|port| port.parse().ok()).collect()))
}

/// The machines behind a forwarding rule, group by group, each once.
fn machines<'a>(state: &'a State, entry: &Resource) -> Vec<Machine<'a>> {
    let Some(backends) = entry
        .linked("/backendService")
        .and_then(|id| state.created(&id))
    else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    document::list(backends.body(), "/backends")
        .iter()
        .filter_map(|backend| document::text(backend, "/group"))
        .filter_map(|link| ResourceId::from_path(path_of(link)))
        .filter_map(|group| state.created(&group))
        .flat_map(|group| &group.content.members)
        .filter(|member| seen.insert(&member.instance))
        .filter_map(|member| state.created(&member.instance))
        .map(|instance| Machine {
            tags: document::texts(instance.body(), "/tags/items").collect(),
            host: state.host(&instance.id).map(|mapping| mapping.host),
        })
        .collect()
}

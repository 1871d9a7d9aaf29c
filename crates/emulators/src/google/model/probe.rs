//! Health probes by a health check, and the health that they found.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::Ipv4Net;
use serde_json::Value;

use super::document;
use super::firewall_evaluation::{Flow, open_ports};
use super::id::{ResourceId, path_of};
use super::kind::Kind;
use super::resource::Resource;
use super::state::State;
use crate::health::{Exchange, Health, Probe};

/// The ranges that probes come from (documented); a firewall rule must allow both.
const SOURCES: [Ipv4Net; 2] = [
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(35, 191, 0, 0), 16),
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(130, 211, 0, 0), 22),
];

/// The PROXY header of a probe: the format's form for connections of the sender itself.
const PROXY_HEADER: &[u8] = b"PROXY UNKNOWN\r\n";

/// The health of an instance by a health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BackendHealth {
    /// The backend service has no health check.
    NotChecked,
    /// Not probed yet.
    Unknown,
    Healthy,
    /// By a probe, or because no host stands for the instance or the firewall blocks probes.
    Unhealthy,
}

/// The health check of a backend service.
pub(super) fn check_of<'a>(state: &'a State, service: &Resource) -> Option<&'a Resource> {
    document::texts(service.body(), "/healthChecks")
        .filter_map(|link| ResourceId::from_path(path_of(link)))
        .find_map(|id| state.created(&id))
}

/// The member of a health check that configures its type.
fn member(check: &Value) -> Option<&Value> {
    let member = match document::text_or_empty(check, "/type") {
        "TCP" => "tcpHealthCheck",
        "HTTP" => "httpHealthCheck",
        "HTTPS" => "httpsHealthCheck",
        "SSL" => "sslHealthCheck",
        _ => return None,
    };
    check.get(member)
}

/// The port that a health check probes.
pub(super) fn port(check: &Value) -> Option<u16> {
    u16::try_from(document::number(member(check)?, "/port")?).ok()
}

/// The probe of an instance by a health check, regardless of the firewall; `None` if no host stands
/// for the instance.
fn of_instance(state: &State, check: &Resource, instance: &ResourceId) -> Option<Probe> {
    let host = state.host(instance)?.host;
    on_host(check.body(), host, port(check.body())?)
}

/// The health of an instance by the health check of a backend service.
pub(super) fn health(
    state: &State,
    check: Option<&Resource>,
    instance: &ResourceId,
) -> BackendHealth {
    let Some(check) = check else {
        return BackendHealth::NotChecked;
    };
    let Some(probe) = of_instance(state, check, instance) else {
        return BackendHealth::Unhealthy;
    };
    // Only one of the two is carried out.
    let blocked = state.health().health(&blocked(probe.clone()));
    match (state.health().health(&probe), blocked) {
        (Health::Up { .. }, _) => BackendHealth::Healthy,
        (Health::Unknown, Health::Unknown) => BackendHealth::Unknown,
        (Health::Down { .. } | Health::Unknown, _) => BackendHealth::Unhealthy,
    }
}

fn blocked(probe: Probe) -> Probe {
    Probe {
        is_blocked: true,
        ..probe
    }
}

fn on_host(check: &Value, host: IpAddr, port: u16) -> Option<Probe> {
    let kind = document::text_or_empty(check, "/type");
    let member = member(check)?;
    let text = |pointer: &str| document::text_or_empty(member, pointer);
    let seconds =
        |pointer: &str| Duration::from_secs(document::number(check, pointer).unwrap_or(5).max(1));
    let threshold = |pointer: &str| {
        let threshold = document::number(check, pointer).unwrap_or(2).max(1);
        u32::try_from(threshold).unwrap_or(u32::MAX)
    };
    let target = SocketAddr::new(host, port);
    let exchange = if matches!(kind, "HTTP" | "HTTPS") {
        let host = Some(text("/host")).filter(|it| !it.is_empty());
        Exchange::Http {
            host: in_line(host.unwrap_or(&target.to_string())),
            path: in_line(
                Some(text("/requestPath"))
                    .filter(|it| !it.is_empty())
                    .unwrap_or("/"),
            ),
            expect: text("/response").to_owned(),
        }
    } else {
        let mut send = Vec::new();
        if text("/proxyHeader") == "PROXY_V1" {
            send.extend_from_slice(PROXY_HEADER);
        }
        send.extend_from_slice(text("/request").as_bytes());
        Exchange::Bytes {
            send,
            expect: text("/response").as_bytes().to_vec(),
        }
    };
    Some(Probe {
        target,
        is_blocked: false,
        is_tls: matches!(kind, "HTTPS" | "SSL"),
        exchange,
        interval: seconds("/checkIntervalSec"),
        timeout: seconds("/timeoutSec"),
        healthy_threshold: threshold("/healthyThreshold"),
        unhealthy_threshold: threshold("/unhealthyThreshold"),
        is_strict: false,
    })
}

/// A text without characters that end a part of a request.
fn in_line(text: &str) -> String {
    let kept = text.chars().filter(|it| !it.is_control() && *it != ' ');
    kept.collect()
}

/// The firewall rules of each network, and the ports of instances that were evaluated.
#[derive(Default)]
pub(super) struct Firewalls<'a> {
    by_network: BTreeMap<Option<ResourceId>, Vec<(&'a str, &'a Value)>>,
    evaluated: BTreeMap<(ResourceId, u16), bool>,
}

impl<'a> Firewalls<'a> {
    /// The rules of all networks.
    pub(super) fn of(state: &'a State) -> Self {
        let mut firewalls = Self::default();
        for rule in state.of_kind(Kind::Firewall).filter(|it| it.is_created) {
            let rules = firewalls.by_network.entry(rule.linked("/network"));
            let named = (rule.id.name.as_str(), rule.body());
            rules.or_default().push(named);
        }
        firewalls
    }

    /// The probe of an instance by a health check; `None` if no host stands for the instance.
    pub(super) fn probe(
        &mut self,
        state: &State,
        check: &Resource,
        instance: &ResourceId,
    ) -> Option<Probe> {
        let probe = of_instance(state, check, instance)?;
        let (instance, port) = (state.created(instance)?, probe.target.port());
        let key = (instance.id.clone(), port);
        let is_allowed = match self.evaluated.get(&key) {
            Some(is_allowed) => *is_allowed,
            None => self.evaluate(instance, port),
        };
        self.evaluated.insert(key, is_allowed);
        Some(if is_allowed { probe } else { blocked(probe) })
    }

    /// Reports whether the firewall of an instance's network allows probes of a port.
    fn evaluate(&self, instance: &Resource, port: u16) -> bool {
        let interface = document::list(instance.body(), "/networkInterfaces").first();
        let network = interface.and_then(|it| {
            let link = document::text(it, "/network")?;
            ResourceId::from_path(path_of(link))
        });
        let address = interface.and_then(|it| document::text(it, "/networkIP")?.parse().ok());
        let tags: Vec<&str> = document::texts(instance.body(), "/tags/items").collect();
        let candidates = BTreeSet::from([port]);
        let rules = self.by_network.get(&network).map(Vec::as_slice);
        SOURCES.into_iter().all(|source| {
            let flow = Flow {
                source,
                destination: address,
                tags: &tags,
            };
            let rules = rules.unwrap_or_default().iter().copied();
            open_ports(rules, flow, Some(&candidates)).contains_key(&port)
        })
    }
}

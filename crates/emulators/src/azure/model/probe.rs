//! Health probes of load balancing rules, and the health that they found.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::Value;

use super::document;
use super::element;
use super::load_balancer::PROBES;
use super::state::State;
use crate::health::{Exchange, Health, Probe};

/// Time within which a probe must be answered: an assumption, listed in
/// `docs/reference/emulators.md`. The API has no such setting.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The handling of new flows when all members are unhealthy, as a member of the probe.
const ALL_UNHEALTHY: &str = "/properties/noHealthyBackendsBehavior";

/// The probe of a rule, if it has one.
pub(super) fn of_rule<'a>(balancer: &'a Value, rule: &Value) -> Option<&'a Value> {
    let name = document::text(rule, "/properties/probe/id")?
        .rsplit('/')
        .next()?;
    element::find(document::list(balancer, PROBES), name)
}

/// A probe of a member that a host stands for.
pub(super) fn on_host(probe: &Value, host: IpAddr) -> Option<Probe> {
    let number = |member: &str| {
        probe
            .pointer(&format!("/properties/{member}"))
            .and_then(Value::as_u64)
    };
    let port = number("port").and_then(|port| u16::try_from(port).ok())?;
    let threshold = number("probeThreshold").unwrap_or(1).max(1);
    let threshold = u32::try_from(threshold).unwrap_or(u32::MAX);
    let is_tcp = document::text_is(probe, "/properties/protocol", "Tcp");
    let path = document::text_or_empty(probe, "/properties/requestPath");
    let exchange = if is_tcp {
        Exchange::Bytes {
            send: Vec::new(),
            expect: Vec::new(),
        }
    } else {
        Exchange::Http {
            host: SocketAddr::new(host, port).to_string(),
            path: rooted(path),
            expect: String::new(),
        }
    };
    Some(Probe {
        target: SocketAddr::new(host, port),
        is_blocked: false,
        is_tls: document::text_is(probe, "/properties/protocol", "Https"),
        exchange,
        interval: Duration::from_secs(number("intervalInSeconds").unwrap_or(15)),
        timeout: TIMEOUT,
        healthy_threshold: threshold,
        unhealthy_threshold: threshold,
        // Documented: an answer other than 200 and a reset mark the member as unhealthy immediately.
        is_strict: !is_tcp,
    })
}

/// A path that begins with a slash, without characters that end a line of a request.
fn rooted(path: &str) -> String {
    let path: String = path
        .chars()
        .filter(|it| !it.is_control() && *it != ' ')
        .collect();
    let path = path.trim_start_matches('/');
    format!("/{path}")
}

/// The health of a host by the probe of a rule; `None` for a rule without a probe.
pub(super) fn health(state: &State, probe: Option<&Value>, host: IpAddr) -> Option<Health> {
    on_host(probe?, host).map(|probe| state.health().health(&probe))
}

/// Reports whether members of which none is healthy are sent new flows.
pub(super) fn sends_to_unhealthy(probe: &Value) -> bool {
    document::text_is(probe, ALL_UNHEALTHY, "AllProbedUp")
}

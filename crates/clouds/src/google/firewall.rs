//! Firewall rules: flows from the link's NAT ranges are denied, except to the open ports.
//!
//! A rule that allows TCP without ports allows all of them, so a link without open ports has no
//! such rule.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use serde_json::{Value, json};
use underpass_model::part::{Confirmed, GoogleSpec, Spec};
use underpass_model::reconcile::Outcome;

use super::job::{Job, Write, confirmed};
use super::placement;
use super::resource::{Resource, path_of};
use crate::document;
use crate::error::Error;

/// The priority of the allow rule: before the deny rule, and both before the default of 1000 (VPC
/// firewall rules, priority: the smaller number takes precedence).
const ALLOW: u64 = 900;

/// The priority of the deny rule.
const DENY: u64 = 901;

/// The priority of a rule that names none (VPC firewall rules, priority).
const DEFAULT: u64 = 1000;

/// The priority of the rule for health probes, after the rules of links.
const PROBES: u64 = DEFAULT;

/// The members that narrow a rule to some flows, beside its source ranges.
const NARROWING: [&str; 5] = [
    "sourceTags",
    "targetTags",
    "sourceServiceAccounts",
    "targetServiceAccounts",
    "destinationRanges",
];

/// The sources of health probes (Cloud Load Balancing, health check ranges for IPv4).
const PROBE_RANGES: [&str; 2] = ["35.191.0.0/16", "130.211.0.0/22"];

pub(super) async fn read_probes(job: Job<'_>) -> Result<Outcome, Error> {
    let rule = job.names.probes();
    let network = job.names.known_network_link()?;
    job.read(&rule, |document| {
        confirm_probes(document, &rule, network.as_deref())
    })
    .await
}

/// Creates the rule, or restores its properties.
pub(super) async fn put_probes(job: Job<'_>) -> Result<Outcome, Error> {
    let rule = job.names.probes();
    let network = job.names.network_link()?;
    let confirm = |document: &Value| confirm_probes(document, &rule, Some(&network));
    let mut members = json!({
        "direction": "INGRESS",
        "sourceRanges": PROBE_RANGES,
        "allowed": [{"IPProtocol": "tcp"}],
    });
    let write = match job.get_own(&rule).await? {
        None => {
            placement::require_adopted_network(job, &rule).await?;
            document::set(&mut members, "", "network", json!(network));
            Write::Insert(job.body(&rule, members))
        }
        Some(document) => {
            let confirmed = confirm(&document);
            if confirmed.spec == Spec::Present {
                return Ok(Outcome::Found(confirmed));
            }
            document::set(&mut members, "", "priority", json!(PROBES));
            document::set(&mut members, "", "disabled", json!(false));
            clear_narrowing(&document, &mut members);
            Write::Patch(members)
        }
    };
    job.write(&rule, write, &Spec::Present, confirm).await
}

pub(super) async fn read_deny(job: Job<'_>) -> Result<Outcome, Error> {
    let rule = job.names.deny();
    let network = job.names.known_network_link()?;
    job.read(&rule, |document| {
        confirm_deny(document, &rule, network.as_deref())
    })
    .await
}

pub(super) async fn put_deny(job: Job<'_>, sources: &BTreeSet<Ipv4Net>) -> Result<Outcome, Error> {
    let desired = Spec::Google(GoogleSpec::Firewall {
        sources: sources.clone(),
        ports: BTreeSet::new(),
    });
    let members = json!({
        "direction": "INGRESS",
        "priority": DENY,
        "disabled": false,
        "sourceRanges": ranges(sources),
        "denied": [{"IPProtocol": "all"}],
    });
    put(job, &job.names.deny(), members, &desired, confirm_deny).await
}

pub(super) async fn read_allow(job: Job<'_>) -> Result<Outcome, Error> {
    let rule = job.names.allow();
    let network = job.names.known_network_link()?;
    job.read(&rule, |document| {
        confirm_allow(document, &rule, network.as_deref())
    })
    .await
}

pub(super) async fn put_allow(
    job: Job<'_>,
    sources: &BTreeSet<Ipv4Net>,
    ports: &BTreeSet<u16>,
) -> Result<Outcome, Error> {
    let desired = Spec::Google(GoogleSpec::Firewall {
        sources: sources.clone(),
        ports: ports.clone(),
    });
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    let members = json!({
        "direction": "INGRESS",
        "priority": ALLOW,
        "disabled": false,
        "sourceRanges": ranges(sources),
        "allowed": [{"IPProtocol": "tcp", "ports": ports}],
    });
    put(job, &job.names.allow(), members, &desired, confirm_allow).await
}

async fn put(
    job: Job<'_>,
    rule: &Resource,
    mut members: Value,
    desired: &Spec,
    confirm: fn(&Value, &Resource, Option<&str>) -> Confirmed,
) -> Result<Outcome, Error> {
    let network = job.names.network_link()?;
    let confirm = |document: &Value| confirm(document, rule, Some(&network));
    let write = match job.get_own(rule).await? {
        None => {
            document::set(&mut members, "", "network", json!(network));
            Write::Insert(job.body(rule, members))
        }
        Some(document) => {
            let confirmed = confirm(&document);
            if confirmed.spec == *desired {
                return Ok(Outcome::Found(confirmed));
            }
            clear_narrowing(&document, &mut members);
            Write::Patch(members)
        }
    };
    job.write(rule, write, desired, confirm).await
}

/// Empties the members that narrow a rule: a patch leaves those that it does not name.
fn clear_narrowing(document: &Value, members: &mut Value) {
    for narrowing in NARROWING {
        if !document::list(document, &format!("/{narrowing}")).is_empty() {
            document::set(members, "", narrowing, json!([]));
        }
    }
}

/// Returns the confirmed state of the deny rule. A rule of another shape is confirmed as `Present`, which is
/// never the desired spec; therefore it is put again. `network`: the required network, if known.
pub(super) fn confirm_deny(document: &Value, rule: &Resource, network: Option<&str>) -> Confirmed {
    let denies = document.get("denied") == Some(&json!([{"IPProtocol": "all"}]));
    let spec = sources(document, DENY, network)
        .filter(|_| denies)
        .map(|sources| {
            Spec::Google(GoogleSpec::Firewall {
                sources,
                ports: BTreeSet::new(),
            })
        });
    confirmed(spec.unwrap_or(Spec::Present), document, rule)
}

/// Returns the confirmed state of the allow rule, likewise.
pub(super) fn confirm_allow(document: &Value, rule: &Resource, network: Option<&str>) -> Confirmed {
    let spec = sources(document, ALLOW, network)
        .zip(open_ports(document))
        .map(|(sources, ports)| Spec::Google(GoogleSpec::Firewall { sources, ports }));
    confirmed(spec.unwrap_or(Spec::Present), document, rule)
}

/// Returns the confirmed state of the rule for health probes. A rule of another shape is confirmed as a
/// firewall spec, which is never the desired one; therefore it is put again.
pub(super) fn confirm_probes(
    document: &Value,
    rule: &Resource,
    network: Option<&str>,
) -> Confirmed {
    let allows = document.get("allowed") == Some(&json!([{"IPProtocol": "tcp"}]));
    let sources = sources(document, PROBES, network);
    let expected = PROBE_RANGES.map(|range| range.parse().ok());
    let expected: Option<BTreeSet<_>> = expected.into_iter().collect();
    let spec = if allows && sources == expected {
        Spec::Present
    } else {
        Spec::Google(GoogleSpec::Firewall {
            sources: sources.unwrap_or_default(),
            ports: open_ports(document).unwrap_or_default(),
        })
    };
    confirmed(spec, document, rule)
}

/// Returns the source ranges of a rule with our priority and direction and no other condition.
fn sources(document: &Value, priority: u64, network: Option<&str>) -> Option<BTreeSet<Ipv4Net>> {
    let narrowed = NARROWING
        .iter()
        .any(|member| !document::list(document, &format!("/{member}")).is_empty());
    let of = document::text(document, "/network").unwrap_or_default();
    let found = document.get("priority").and_then(Value::as_u64);
    let counts = found.unwrap_or(DEFAULT) == priority
        && !document::flag(document, "/disabled")
        && document::text(document, "/direction").unwrap_or("INGRESS") == "INGRESS"
        && network.is_none_or(|network| path_of(network) == path_of(of));
    if narrowed || !counts {
        return None;
    }
    document::list(document, "/sourceRanges")
        .iter()
        .map(|range| range.as_str()?.parse().ok())
        .collect()
}

/// Returns the single ports that a rule opens; `None` for any other shape.
fn open_ports(document: &Value) -> Option<BTreeSet<u16>> {
    let [only] = document::list(document, "/allowed") else {
        return None;
    };
    let listed = document::list(only, "/ports");
    if !document::says(only, "/IPProtocol", "tcp") || listed.is_empty() {
        return None;
    }
    listed
        .iter()
        .map(|port| port.as_str()?.parse().ok())
        .collect()
}

fn ranges(sources: &BTreeSet<Ipv4Net>) -> Vec<String> {
    sources.iter().map(Ipv4Net::to_string).collect()
}

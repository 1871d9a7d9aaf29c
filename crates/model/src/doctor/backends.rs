//! The nodes on the open ports, by the last answers of the cloud about their health.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::hop::{Hop, HopKind, HopStatus, span};
use super::path_picture::{LinkPicture, PathPicture};
use crate::backend_health::{Backend, BackendStatus};
use crate::remedy::Remedy;

/// Age from which an answer proves nothing about the present: 2 minutes, several rounds of questions
/// within the budget of an account.
const OLDEST: SignedDuration = SignedDuration::from_mins(2);

/// The backends of the rules that are checked. Broken if every backend of a rule is down.
pub(super) fn backends(path: &PathPicture<'_>, link: &LinkPicture<'_>) -> Hop {
    const KIND: HopKind = HopKind::Backends;
    let names: Vec<_> = link
        .link
        .open_rules(path.service)
        .into_iter()
        .filter(|rule| path.is_checked(rule))
        .map(|rule| rule.name)
        .collect();
    let mut rules: BTreeMap<&str, Vec<&Backend>> = BTreeMap::new();
    for backend in &link.resources.backends {
        if names.contains(&backend.rule) {
            rules.entry(&backend.rule).or_default().push(backend);
        }
    }
    if rules.is_empty() {
        return Hop::not_checked(KIND, "No port is open, so no node is probed");
    }
    let with = |status| {
        let all = rules.values().flatten().copied();
        let known = all.filter(move |it| self::status(it, path.now) == status);
        known.collect::<Vec<_>>()
    };
    let unhealthy = with(BackendStatus::Unhealthy);
    let is_down = |backends: &[&Backend]| {
        backends
            .iter()
            .all(|it| status(it, path.now) == BackendStatus::Unhealthy)
    };
    let down = rules.values().find(|backends| is_down(backends));
    let evidence: Vec<_> = unhealthy
        .iter()
        .map(|it| in_words(it, path.now))
        .chain(counted(&with(BackendStatus::Healthy), path.now))
        .collect();
    let evidence = evidence.join(". ");
    let at = link
        .resources
        .backends
        .iter()
        .filter_map(|it| it.checked_at)
        .max();
    if let Some([first, ..]) = down.map(Vec::as_slice) {
        return Hop::broken(KIND, evidence, at.unwrap_or(path.now), listen(first));
    }
    let unknown: Vec<_> = rules
        .values()
        .filter(|backends| {
            let is_unknown = |it: &&&Backend| status(it, path.now) == BackendStatus::NotChecked;
            backends.iter().filter(is_unknown).count() == backends.len()
        })
        .filter_map(|backends| backends.first())
        .map(|it| format!("`{}`", it.rule))
        .collect();
    if unknown.is_empty() {
        return Hop::ok(KIND, evidence, at.unwrap_or(path.now));
    }
    let reason = format!(
        "The cloud has no recent answer about the health of {}",
        unknown.join(", ")
    );
    let evidence = if evidence.is_empty() {
        reason
    } else {
        format!("{evidence}. {reason}")
    };
    Hop {
        status: HopStatus::NotChecked,
        checked_at: at,
        ..Hop::not_checked(KIND, evidence)
    }
}

/// The health now: an old answer proves nothing.
fn status(backend: &Backend, now: Timestamp) -> BackendStatus {
    let is_recent = backend
        .checked_at
        .is_some_and(|at| now.duration_since(at) <= OLDEST);
    if is_recent {
        backend.status
    } else {
        BackendStatus::NotChecked
    }
}

fn in_words(backend: &Backend, now: Timestamp) -> String {
    let since = backend
        .since
        .map(|since| format!(" for {}", span(since, now)))
        .unwrap_or_default();
    format!(
        "Node `{}` on port {} (`{}`) fails the health probe{since}",
        backend.node, backend.port, backend.rule
    )
}

fn counted(healthy: &[&Backend], now: Timestamp) -> Option<String> {
    let oldest = healthy.iter().filter_map(|it| it.checked_at).min()?;
    let named: Vec<_> = healthy
        .iter()
        .take(3)
        .map(|it| format!("node `{}` on port {}", it.node, it.port))
        .collect();
    let others = healthy.len().saturating_sub(3);
    let others = if others == 0 {
        String::new()
    } else {
        format!(" and {others} more")
    };
    Some(format!(
        "Healthy as of {} ago: {}{others}",
        span(oldest, now),
        named.join(", ")
    ))
}

/// The command that shows on a node whether a server listens.
fn listen(backend: &Backend) -> Remedy {
    Remedy::Run {
        instruction: format!(
            "On node `{}`, check that the server runs, listens on port {} of the node's own \
             address, and that no firewall drops the probes",
            backend.node, backend.port
        ),
        line: format!("ss -ltn 'sport = :{}'", backend.port),
    }
}

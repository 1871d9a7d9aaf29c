//! The health probes that must be carried out.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::balancing_rule;
use super::binding;
use super::document;
use super::id::Key;
use super::kind::Kind;
use super::probe;
use super::state::State;
use crate::health::Probe;

/// The probes of the balancers with an open endpoint, and of those whose health was requested.
pub(super) fn probes(state: &State, now: Timestamp) -> BTreeSet<Probe> {
    let mut balancers = binding::open_balancers(state);
    balancers.extend(state.health().asked(now).into_iter().map(Key::of));
    if balancers.is_empty() {
        return BTreeSet::new();
    }
    let pools = binding::hosts_by_pool(state);
    let balancers = balancers.iter().filter_map(|it| state.resource_by_key(it));
    balancers
        .filter(|it| it.id.kind() == Kind::LoadBalancer)
        .flat_map(|balancer| {
            let rules = document::list(&balancer.body, balancing_rule::RULES);
            rules.iter().map(move |rule| (balancer, rule))
        })
        .filter_map(|(balancer, rule)| {
            let probe = probe::of_rule(&balancer.body, rule)?;
            let pool = document::text(rule, "/properties/backendAddressPool/id")?;
            let hosts = pools.get(&Key::of(pool))?;
            Some(hosts.iter().filter_map(|host| probe::on_host(probe, *host)))
        })
        .flatten()
        .collect()
}

//! The health probes that must be carried out.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::backend_service::groups;
use super::binding;
use super::id::ResourceId;
use super::probe::{self, Firewalls};
use super::state::State;
use crate::health::Probe;

/// The probes of the backend services with an accepted endpoint, and of those whose health was
/// requested.
pub(super) fn probes(state: &State, now: Timestamp) -> BTreeSet<Probe> {
    let mut services = binding::open_services(state);
    let asked = state.health().asked(now);
    services.extend(asked.into_iter().filter_map(ResourceId::from_path));
    let mut probes = BTreeSet::new();
    let mut firewalls = Firewalls::of(state);
    for service in services.iter().filter_map(|id| state.created(id)) {
        let Some(check) = probe::check_of(state, service) else {
            continue;
        };
        let members = groups(state, service).flat_map(|group| &group.content.members);
        probes.extend(members.filter_map(|it| firewalls.probe(state, check, &it.instance)));
    }
    probes
}

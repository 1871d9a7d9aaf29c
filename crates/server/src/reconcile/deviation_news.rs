//! News of parts of networks and addresses that were deleted or changed outside Underpass.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use underpass_model::part::{Confirmed, Desired, Deviation, DeviationCause, Observed, Part};
use underpass_model::reconcile::Picture;

use super::managed::Managed;

/// Parts that were deleted or changed outside Underpass, before an observation.
pub(super) struct NotedDeviations {
    noted: BTreeMap<Part, Deviation>,
    /// Addresses that were confirmed last.
    addresses: BTreeMap<Part, Ipv4Addr>,
}

// === impl NotedDeviations ===

impl NotedDeviations {
    /// Notes them all.
    pub(super) fn of(observed: &Observed) -> Self {
        let parts = observed.deviations.keys();
        let addresses =
            parts.filter_map(|part| Some((part.clone(), observed.last(part)?.facts.address?)));
        Self {
            addresses: addresses.collect(),
            noted: observed.deviations.clone(),
        }
    }

    /// Notes them before the observation of one part, of which another state was known.
    pub(super) fn before(observed: &Observed, part: &Part, known: Option<&Confirmed>) -> Self {
        let address = known.and_then(|known| known.facts.address);
        Self {
            addresses: address.map(|it| (part.clone(), it)).into_iter().collect(),
            noted: observed.deviations.clone(),
        }
    }

    /// Returns the codes and sentences of the events after the observation.
    pub(super) fn news(&self, managed: &Managed, picture: &Picture) -> Vec<(String, String)> {
        let after = &picture.observed.deviations;
        if *after == self.noted {
            return Vec::new();
        }
        let object = match managed {
            Managed::Vpc(_) => "vpc",
            Managed::StaticIp(_) => "static_ip",
            Managed::Link(_) | Managed::Orphan(_) => return Vec::new(),
        };
        let mut news = Vec::new();
        for (part, deviation) in after {
            let moved = self.move_of(part, &picture.observed);
            // Each change of an address is told once.
            let is_told = self.noted.get(part).map(|it| it.cause) == Some(deviation.cause);
            if is_told && moved.is_none() {
                continue;
            }
            let (code, message) = match deviation.cause {
                DeviationCause::Deleted => ("deleted", deleted(part, picture)),
                DeviationCause::Changed => ("changed", changed(part, moved, managed, picture)),
            };
            news.push((format!("{object}.part_{code}"), message));
        }
        for part in self.noted.keys().filter(|part| !after.contains_key(*part)) {
            let message = format!("The {} is as desired again", part.display_name());
            news.push((format!("{object}.part_restored"), message));
        }
        news
    }

    /// Returns the former and the present address of a part, if they differ.
    fn move_of(&self, part: &Part, observed: &Observed) -> Option<(Ipv4Addr, Ipv4Addr)> {
        let before = *self.addresses.get(part)?;
        let found = observed.last(part)?.facts.address?;
        (before != found).then_some((before, found))
    }
}

fn deleted(part: &Part, picture: &Picture) -> String {
    let name = part.display_name();
    if picture.desired.get(part) == Some(&Desired::Leave) {
        format!("The {name} was deleted outside Underpass, and is not made again by itself")
    } else {
        format!("The {name} was deleted outside Underpass. It is made again")
    }
}

fn changed(
    part: &Part,
    moved: Option<(Ipv4Addr, Ipv4Addr)>,
    managed: &Managed,
    picture: &Picture,
) -> String {
    let (name, observed) = (part.display_name(), &picture.observed);
    if let Some((before, now)) = moved.or_else(|| observed.changed_address(part)) {
        return format!(
            "The {name} was made again outside Underpass: it was {before} and is now {now}"
        );
    }
    if observed.is_replaced(part) {
        return format!("The {name} was made again outside Underpass");
    }
    match managed.differing_range(observed) {
        Some((found, own)) if part.is_subnet() => format!(
            "The {name} was made again outside Underpass, with range {found} instead of {own}, which \
             is not put right by itself"
        ),
        // Its subnets may have other ranges.
        _ if part.is_network() => {
            format!("The {name} was changed outside Underpass. Underpass puts right what it can")
        }
        _ => format!("The {name} was changed outside Underpass. It is put right"),
    }
}

//! The choice of the groups whose endpoints a sweep lists: one call each, unlike all else in it.
//!
//! A listing of groups shows only the number of their endpoints, which stays the same when one is
//! exchanged for another. The calls are limited per region, so that neither many links nor frequent
//! requests use up the project's quota; the groups listed longest ago come first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// The maximum of calls at one time: 200. A sweep of a region with fewer groups lists them all.
const MOST: i64 = 200;

/// The calls that become possible in each second: 5, a fifth of the default quota of 1,500 reads per
/// minute and region.
const PER_SECOND: i64 = 5;

/// The listings so far, by region.
#[derive(Default)]
pub(super) struct EndpointListings {
    regions: Mutex<BTreeMap<String, Region>>,
}

struct Region {
    /// The calls left at `since`.
    left: i64,
    since: Timestamp,
    /// The groups by path, each with the time of its last listing.
    listed: BTreeMap<String, Timestamp>,
}

impl EndpointListings {
    /// Returns the groups to list now, of all groups of a region, and counts them as listed.
    pub(super) fn choose(
        &self,
        region: &str,
        groups: &BTreeSet<String>,
        now: Timestamp,
    ) -> BTreeSet<String> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let region = regions.entry(region.to_owned()).or_insert_with(|| Region {
            left: MOST,
            since: now,
            listed: BTreeMap::new(),
        });
        region.refill(now);
        region.listed.retain(|path, _| groups.contains(path));
        let mut waiting: Vec<_> = groups.iter().collect();
        waiting.sort_by_key(|path| region.listed.get(*path).copied());
        let possible = usize::try_from(region.left).unwrap_or(0);
        let chosen: BTreeSet<_> = waiting.into_iter().take(possible).cloned().collect();
        region.left -= i64::try_from(chosen.len()).unwrap_or(MOST);
        let listed = chosen.iter().map(|path| (path.clone(), now));
        region.listed.extend(listed);
        chosen
    }
}

impl Region {
    fn refill(&mut self, now: Timestamp) {
        let seconds = now.duration_since(self.since).as_secs();
        // A clock that was ahead does not stop the listings.
        if seconds < 0 {
            self.since = now;
            return;
        }
        let refilled = seconds.saturating_mul(PER_SECOND);
        self.left = self.left.saturating_add(refilled).min(MOST);
        let counted = self.since.checked_add(SignedDuration::from_secs(seconds));
        self.since = counted.unwrap_or(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn groups(count: usize) -> BTreeSet<String> {
        (0..count).map(|number| format!("g{number:04}")).collect()
    }

    #[test]
    fn every_group_of_a_small_region_is_listed_each_time() {
        let listings = EndpointListings::default();
        let few = groups(3);
        for sweep in 0..100 {
            assert_eq!(listings.choose("r", &few, at(sweep)), few);
        }
    }

    #[test]
    fn the_groups_of_a_large_region_take_turns() {
        let listings = EndpointListings::default();
        let many = groups(500);
        let sweeps = [0, 300, 600].map(|second| listings.choose("r", &many, at(second)));
        assert!(sweeps.iter().all(|chosen| chosen.len() == 200));
        let all: BTreeSet<_> = sweeps.into_iter().flatten().collect();
        assert_eq!(all, many);
        assert_eq!(listings.choose("other", &many, at(600)).len(), 200);
    }

    #[test]
    fn frequent_requests_do_not_use_up_the_quota() {
        let listings = EndpointListings::default();
        let many = groups(500);
        let calls: usize = (0..60)
            .map(|second| listings.choose("r", &many, at(second)).len())
            .sum();
        assert_eq!(calls, 200 + 59 * 5);
        assert_eq!(listings.choose("r", &many, at(-600)).len(), 0);
        assert_eq!(listings.choose("r", &many, at(-599)).len(), 5);
    }
}

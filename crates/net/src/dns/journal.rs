//! The latest changes of the zone, for incremental transfers (RFC 1995).
//!
//! The journal is kept in memory. It has every generation that this server served since its beginning, and
//! what each changed; a secondary with another generation gets the whole zone.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;

use underpass_model::serial::serial;

use crate::limits::{MAX_JOURNAL_CHANGES, MAX_JOURNAL_STEPS};

/// A name with its address before and after.
pub(super) type NameChange = (String, Option<Ipv4Addr>, Option<Ipv4Addr>);

/// The change from one generation to the next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The generation after it.
    pub(super) generation: u64,
    pub(super) changes: Vec<NameChange>,
}

/// Changes since a generation, in their order.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// The generation before the first step; `None`: the zone is provisional, or was never published.
    start: Option<u64>,
    steps: VecDeque<Arc<Step>>,
    /// Changed names of all steps.
    changes: usize,
}

impl Journal {
    /// Begins anew at a generation.
    pub(super) fn begin(&mut self, start: Option<u64>) {
        *self = Self {
            start,
            ..Self::default()
        };
    }

    /// Adds a step, and forgets the oldest ones over the limits.
    pub(super) fn push(&mut self, step: Step) {
        self.changes += step.changes.len();
        self.steps.push_back(Arc::new(step));
        while self.steps.len() > MAX_JOURNAL_STEPS || self.changes > MAX_JOURNAL_CHANGES {
            let Some(oldest) = self.steps.pop_front() else {
                return;
            };
            self.changes -= oldest.changes.len();
            self.start = Some(oldest.generation);
        }
    }

    /// The steps after a generation; `None` if the journal does not have it.
    pub(super) fn since(&self, generation: u64) -> Option<Vec<Arc<Step>>> {
        let first = if self.start? == generation {
            0
        } else {
            let found = self
                .steps
                .binary_search_by_key(&generation, |step| step.generation);
            found.ok()? + 1
        };
        Some(self.steps.range(first..).cloned().collect())
    }

    /// The generation with a serial, which the current generation is not older than.
    pub(super) fn generation_of(asked: u32, current: u64) -> Option<u64> {
        current.checked_sub(u64::from(serial(current).wrapping_sub(asked)))
    }
}

/// Condenses steps into one: the names whose addresses differ between the beginning and the end.
pub(super) fn condense(
    steps: &[Arc<Step>],
) -> BTreeMap<&str, (Option<Ipv4Addr>, Option<Ipv4Addr>)> {
    let mut all = BTreeMap::new();
    for (name, before, after) in steps.iter().flat_map(|step| &step.changes) {
        all.entry(name.as_str())
            .and_modify(|(_, last)| *last = *after)
            .or_insert((*before, *after));
    }
    all.retain(|_, (before, after)| before != after);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<Ipv4Addr> {
        (last > 0).then(|| Ipv4Addr::new(10, 0, 0, last))
    }

    fn step(generation: u64, changes: &[(&str, u8, u8)]) -> Step {
        Step {
            generation,
            changes: changes
                .iter()
                .map(|(name, before, after)| {
                    ((*name).to_owned(), address(*before), address(*after))
                })
                .collect(),
        }
    }

    #[test]
    fn steps_are_found_by_generations_that_were_served_and_no_others() {
        let mut journal = Journal::default();
        assert!(journal.since(0).is_none());
        journal.begin(Some(10));
        assert_eq!(journal.since(10).unwrap().len(), 0);
        journal.push(step(12, &[("a", 0, 1)]));
        journal.push(step(13, &[]));
        journal.push(step(17, &[("a", 1, 0)]));
        assert_eq!(journal.since(10).unwrap().len(), 3);
        assert_eq!(journal.since(12).unwrap().len(), 2);
        assert_eq!(journal.since(17).unwrap().len(), 0);
        for unknown in [9, 11, 14, 18] {
            assert!(journal.since(unknown).is_none(), "{unknown}");
        }
        journal.begin(None);
        assert!(journal.since(17).is_none());
    }

    #[test]
    fn changes_that_cancel_out_are_left_out() {
        let steps = [
            step(1, &[("a", 0, 1), ("b", 1, 2), ("c", 3, 0)]),
            step(2, &[("a", 1, 0), ("b", 2, 4), ("c", 0, 5)]),
        ];
        let steps = steps.map(Arc::new);
        let all = condense(&steps);
        let expected = [
            ("b", (address(1), address(4))),
            ("c", (address(3), address(5))),
        ];
        assert_eq!(all.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_oldest_steps_are_forgotten() {
        let mut journal = Journal::default();
        journal.begin(Some(0));
        for generation in 1..=u64::try_from(MAX_JOURNAL_STEPS).unwrap() + 5 {
            journal.push(step(generation, &[]));
        }
        assert!(journal.since(4).is_none());
        assert_eq!(journal.since(5).unwrap().len(), MAX_JOURNAL_STEPS);
        let many: Vec<_> = (0..MAX_JOURNAL_CHANGES).map(|_| ("a", 1, 2)).collect();
        journal.push(step(100_000, &many));
        journal.push(step(100_001, &[("a", 2, 3)]));
        assert!(journal.since(99_999).is_none());
        assert_eq!(journal.since(100_000).unwrap().len(), 1);
    }

    #[test]
    fn serials_are_read_modulo_their_size() {
        let current = (7 << 32) + 5;
        assert_eq!(Journal::generation_of(5, current), Some(current));
        assert_eq!(Journal::generation_of(u32::MAX, current), Some(current - 6));
        assert_eq!(Journal::generation_of(6, 5), None);
    }
}

//! Changes of networks and addresses outside Underpass: noted when they are certain, until the part
//! is as desired again.
//!
//! The note keeps what was last confirmed, so that the shown state, names and addresses stay. It
//! also decides whether a deleted part is made again ([`crate::blueprint`]).

use jiff::Timestamp;

use super::Picture;
use super::absence::Evidence;
use crate::part::{Confirmed, Desired, Deviation, DeviationCause, ObservedPart, Part, Phase};

impl Picture {
    /// Notes that a part is gone that was desired and confirmed.
    pub(super) fn note_deletion(
        &mut self,
        part: &Part,
        before: Option<ObservedPart>,
        evidence: Evidence,
        now: Timestamp,
    ) {
        let Some(ObservedPart {
            phase,
            last: Some(last),
        }) = before.filter(|_| part.is_of_network())
        else {
            return;
        };
        let cause = match evidence {
            Evidence::FieldReset => DeviationCause::Changed,
            Evidence::Alone | Evidence::ParentLacks | Evidence::ParentAbsent => {
                DeviationCause::Deleted
            }
        };
        let since = match phase {
            Phase::Missing { since, .. } => since.min(now),
            Phase::Gone
            | Phase::Unknown { .. }
            | Phase::Making { .. }
            | Phase::Ready
            | Phase::Awaited { .. }
            | Phase::Failed => now,
        };
        let deviations = &mut self.observed.deviations;
        // What was as desired before it was changed and then deleted.
        let last = deviations.remove(part).map_or(last, |before| before.last);
        let deviation = Deviation { cause, since, last };
        deviations.insert(part.clone(), deviation);
    }

    /// Forgets which network was deleted: Underpass makes another one.
    pub(super) fn expect_another(&mut self, part: &Part) {
        if let Some(deviation) = self.observed.deviations.get_mut(part) {
            deviation.last.facts.instance = None;
        }
    }

    /// Takes over networks that were made again outside Underpass, where nothing depends on the known
    /// one any more: they are desired as they are.
    pub fn adopt_replacements(&mut self) {
        let is_free = |part: &Part| matches!(self.desired.get(part), Some(Desired::Be(_)));
        let observed = &self.observed;
        let free = observed.deviations.keys();
        let free = free.filter(|part| observed.is_replaced(part) && is_free(part));
        for part in free.cloned().collect::<Vec<_>>() {
            self.observed.deviations.remove(&part);
        }
    }

    /// Notes that a part was changed, or is as desired again. `before` is its confirmed state before
    /// this observation.
    pub fn note_change(&mut self, part: &Part, before: Option<&Confirmed>, now: Timestamp) {
        if !part.is_of_network() {
            return;
        }
        let Some(ObservedPart {
            phase: Phase::Ready,
            last: Some(found),
        }) = self.observed.parts.get(part)
        else {
            return;
        };
        let is_other_than = |known: &Confirmed| {
            let is_other_network =
                part.is_network() && known.facts.has_other_instance(&found.facts);
            is_other_network || known.facts.has_other_address(&found.facts)
        };
        let deviations = &mut self.observed.deviations;
        if let Some(deviation) = deviations.get_mut(part) {
            // A deleted network that may be made again is made by Underpass.
            let is_made_again = part.is_network()
                && deviation.cause == DeviationCause::Deleted
                && self.desired.get(part) != Some(&Desired::Leave);
            let is_other = !is_made_again && is_other_than(&deviation.last);
            if deviation.last.spec == found.spec && !is_other {
                deviations.remove(part);
            } else {
                let is_moved = before.is_some_and(|it| it.facts.has_other_address(&found.facts));
                if is_moved && deviation.cause == DeviationCause::Changed {
                    // A change of its own, of an address that others may have noted since.
                    deviation.since = now;
                }
                // It exists again, with other properties.
                deviation.cause = DeviationCause::Changed;
            }
            return;
        }
        let Some(Desired::Be(desired)) = self.desired.get(part) else {
            return;
        };
        let before = before.filter(|before| before.spec == *desired);
        let is_changed = |before: &&Confirmed| found.spec != *desired || is_other_than(before);
        if let Some(before) = before.filter(is_changed) {
            let deviation = Deviation {
                cause: DeviationCause::Changed,
                since: now,
                last: before.clone(),
            };
            deviations.insert(part.clone(), deviation);
        }
    }
}

#[cfg(test)]
mod tests;

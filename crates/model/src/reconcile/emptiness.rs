//! Proof of emptiness: when a container may be deleted, with which the cloud deletes what is in it.
//!
//! A listing may lag or lie as a read of a part may ([`super::absence`]), and a container that is
//! deleted by mistake takes resources of other owners with it. So its contents are listed as often,
//! and over the same time, as a proof of absence needs. The last listing is part of the deletion
//! itself. A listing that shows anything, or that leaves the state of the container unknown, ends the proof.

use jiff::{SignedDuration, Timestamp};

use super::absence::AbsenceRule;
use super::due::is_due;
use super::step::Step;
use crate::part::{Emptiness, Observed, Part};

/// The time for which listings count if the next one is late: an hour, for instance during a hold or
/// a stop of the process. Older ones say nothing about the present contents.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The next step towards the deletion of a part.
pub(super) enum Deletion {
    Do(Step),
    /// Nothing before this time.
    At(Timestamp),
}

impl Observed {
    /// Returns the next step towards the deletion of a part that may be deleted.
    pub(super) fn deletion(&self, part: &Part, rule: AbsenceRule, now: Timestamp) -> Deletion {
        if !part.is_container() {
            return Deletion::Do(Step::Delete(part.clone()));
        }
        let known = self.emptiness.get(part);
        let Some(proof) = known.filter(|it| it.is_current(now)) else {
            return Deletion::Do(Step::Survey(part.clone()));
        };
        if !is_due(proof.check_after, now) {
            return Deletion::At(proof.check_after);
        }
        // The deletion lists once more.
        let step = if rule.is_proof(proof.reads + 1, proof.since, now) {
            Step::Delete
        } else {
            Step::Survey
        };
        Deletion::Do(step(part.clone()))
    }

    /// Records a listing of a container's contents that showed nothing.
    pub(super) fn record_emptiness(&mut self, part: &Part, rule: AbsenceRule, now: Timestamp) {
        let known = self.emptiness.remove(part);
        let known = known.filter(|it| it.is_current(now));
        // A clock that was ahead does not lengthen the proof.
        let (since, reads) = known.map_or((now, 0), |it| (it.since.min(now), it.reads));
        let reads = reads.saturating_add(1);
        let check_after = rule.next_read(reads, since, now);
        let proof = Emptiness {
            since,
            reads,
            check_after,
        };
        self.emptiness.insert(part.clone(), proof);
    }
}

impl Emptiness {
    fn is_current(&self, now: Timestamp) -> bool {
        now.duration_since(self.check_after) <= KEPT
    }
}

#[cfg(test)]
mod tests;

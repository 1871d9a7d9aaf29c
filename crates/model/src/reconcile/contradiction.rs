//! Approvals that a read does not show: a read from the past takes no name away.
//!
//! Theory of operation.
//! A connection has its name while its approval is confirmed.
//! Clouds answer listings and reads with the state before the last write, for up to a minute, and both may
//! do so for the same connection.
//! So a read that shows a connection as not approved, soon after its approval was written, contradicts the
//! approval and does not end it: what was confirmed stays.
//! The decision is written again meanwhile, or, where the accept list of the attachment is the decision,
//! the connection is read again after growing pauses.
//! A read is taken as it is once the last write is older than a read can be, and if the provider does not
//! keep the write.

use jiff::Timestamp;

use super::{AWAIT_FIRST, AWAIT_LONGEST, Picture};
use crate::part::{Admission, Confirmed, Desired, Observed, Part, Phase, RepeatedWrite, Spec};

const APPROVED: Spec = Spec::Admission(Admission::Approved);

impl Picture {
    /// Returns the time of the last write of an approval, if a read that shows it as not made may be older.
    pub(super) fn contradicted_write(
        &self,
        part: &Part,
        found: &Confirmed,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let takes_it_back = matches!(
            found.spec,
            Spec::Admission(Admission::Pending | Admission::Rejected)
        );
        let was_approved = self.observed.last(part)?.spec == APPROVED;
        let written = self.approval(part)?;
        let is_late = now.duration_since(written.last) < self.absence.lag();
        (takes_it_back && was_approved && is_late && !written.is_not_kept()).then_some(written.last)
    }

    /// Returns the last write of a desired approval: of the decision itself, or of the attachment, which
    /// has the accept list.
    fn approval(&self, part: &Part) -> Option<&RepeatedWrite> {
        let writes = &self.observed.repeated_writes;
        match self.desired.get(part)? {
            Desired::Be(spec) if *spec == APPROVED => {
                writes.get(part).filter(|written| written.spec == *spec)
            }
            Desired::Await(spec) if *spec == APPROVED => writes.get(&Part::Attachment),
            Desired::Be(_) | Desired::Await(_) | Desired::Leave => None,
        }
    }

    /// Records a read that contradicts the approval that was written at that time.
    pub(super) fn record_contradiction(&mut self, part: &Part, written: Timestamp, now: Timestamp) {
        let pause = now
            .duration_since(written)
            .clamp(AWAIT_FIRST, AWAIT_LONGEST);
        let check_after = now.saturating_add(pause).unwrap_or(now);
        if let Some(seen) = self.observed.parts.get_mut(part) {
            seen.phase = Phase::Ready;
        }
        let contradictions = &mut self.observed.contradictions;
        contradictions.insert(part.clone(), check_after);
    }
}

impl Observed {
    /// Returns whether a read contradicts the confirmed approval of a connection.
    pub fn is_contradicted(&self, part: &Part) -> bool {
        self.contradictions.contains_key(part)
    }
}

#[cfg(test)]
mod tests;

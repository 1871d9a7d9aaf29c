//! Writes that a provider does not keep: it canonicalises them, or a policy reverts them.
//!
//! A write that was confirmed and is due again with the same spec was undone. The first repairs are
//! immediate; further ones wait for pauses that grow, so that no write loop runs against a policy.

use jiff::{SignedDuration, Timestamp};

use super::absence::AbsenceRule;
use super::backoff::BACKOFF_REFUSED;
use crate::id::Generation;
use crate::part::{Observed, Part, RepeatedWrite, Spec};

/// The repairs that are made without a pause: 3. People who try things out change a part more than
/// once.
pub const IMMEDIATE_REPAIRS: u32 = 3;

/// The pause before the first repair that is not immediate: 30 seconds; it doubles up to
/// [`BACKOFF_REFUSED`].
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The time after which a part counts as kept: 2 hours, several of the longest pauses.
const KEPT_AFTER: SignedDuration = SignedDuration::from_hours(2);

impl Observed {
    /// Counts a write of a spec.
    pub(super) fn count_write(
        &mut self,
        part: &Part,
        spec: &Spec,
        generation: Generation,
        now: Timestamp,
    ) {
        let before = self.repeated_writes.remove(part).filter(|before| {
            before.generation == generation
                && before.spec == *spec
                && now.duration_since(before.last) < KEPT_AFTER
        });
        let (count, since) = before.map_or((1, now), |before| {
            (before.count.saturating_add(1), before.since)
        });
        let counted = RepeatedWrite {
            spec: spec.clone(),
            generation,
            count,
            since,
            last: now,
        };
        self.repeated_writes.insert(part.clone(), counted);
    }

    /// Counts a part as kept again, of which a listing shows what was written so long ago that it can be no
    /// earlier state. The next time that it is undone, it is not kept immediately.
    pub fn note_kept(&mut self, part: &Part, rule: AbsenceRule, now: Timestamp) {
        let last = self.parts.get(part).and_then(|seen| seen.last.as_ref());
        if let Some(written) = self.repeated_writes.get_mut(part)
            && written.is_not_kept()
            && last.is_some_and(|it| it.spec == written.spec)
            && now.duration_since(written.last) >= rule.lag()
        {
            written.count = IMMEDIATE_REPAIRS;
        }
    }

    /// Returns the end of the pause before a spec may be written again.
    pub(super) fn repair_pause(
        &self,
        part: &Part,
        spec: &Spec,
        generation: Generation,
    ) -> Option<Timestamp> {
        let before = self.repeated_writes.get(part)?;
        if before.generation != generation || before.spec != *spec {
            return None;
        }
        // The first write is no repair.
        let late = before.count.checked_sub(IMMEDIATE_REPAIRS + 1)?;
        let pause = (FIRST_PAUSE * (1_i32 << late.min(16))).min(BACKOFF_REFUSED);
        before.last.checked_add(pause).ok()
    }
}

impl RepeatedWrite {
    /// Returns whether the provider does not keep the write.
    pub const fn is_not_kept(&self) -> bool {
        self.count > IMMEDIATE_REPAIRS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::{Confirmed, Facts, ObservedPart, Phase};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn repairs_of_the_same_spec_get_growing_pauses() {
        let mut observed = Observed::default();
        let (part, generation) = (Part::Attachment, Generation(1));
        let mut pauses = Vec::new();
        for _ in 0..12 {
            observed.count_write(&part, &Spec::Present, generation, at(0));
            let until = observed.repair_pause(&part, &Spec::Present, generation);
            pauses.push(until.map(|until| until.duration_since(at(0)).as_secs()));
        }
        let expected = [
            None,
            None,
            None,
            Some(30),
            Some(60),
            Some(120),
            Some(240),
            Some(480),
            Some(900),
            Some(900),
            Some(900),
            Some(900),
        ];
        assert_eq!(pauses, expected);
    }

    #[test]
    fn a_part_that_is_listed_as_written_for_long_is_kept_again() {
        let (part, generation) = (Part::Network, Generation(1));
        let rule = AbsenceRule::default();
        let mut observed = Observed::default();
        for _ in 0..9 {
            observed.count_write(&part, &Spec::Present, generation, at(0));
        }
        let is_not_kept = |observed: &Observed| observed.repeated_writes[&part].is_not_kept();
        observed.note_kept(&part, rule, at(600));
        assert!(is_not_kept(&observed), "nothing is known of it");
        let seen = ObservedPart {
            phase: Phase::Ready,
            last: Some(Confirmed {
                spec: Spec::Present,
                tag: None,
                facts: Facts::default(),
            }),
        };
        observed.parts.insert(part.clone(), seen);
        observed.note_kept(&part, rule, at(179));
        assert!(is_not_kept(&observed), "the listing may be older");
        observed.note_kept(&part, rule, at(180));
        assert!(!is_not_kept(&observed));
        observed.count_write(&part, &Spec::Present, generation, at(190));
        assert!(is_not_kept(&observed), "undone again");
    }

    #[test]
    fn another_spec_generation_or_a_kept_write_begins_anew() {
        let mut observed = Observed::default();
        let part = Part::Network;
        for _ in 0..9 {
            observed.count_write(&part, &Spec::Present, Generation(1), at(0));
        }
        assert!(observed.repeated_writes[&part].is_not_kept());
        let pause = |observed: &Observed, generation| {
            observed.repair_pause(&part, &Spec::Present, Generation(generation))
        };
        assert!(pause(&observed, 1).is_some());
        assert_eq!(pause(&observed, 2), None, "a new desired state is written");
        let later = at(KEPT_AFTER.as_secs());
        observed.count_write(&part, &Spec::Present, Generation(1), later);
        assert_eq!(pause(&observed, 1), None, "it was kept for long");
    }
}

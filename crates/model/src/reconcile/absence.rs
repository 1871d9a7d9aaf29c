//! Proof of absence: when a part that a provider no longer shows counts as gone.
//!
//! Theory of operation.
//! Clouds answer 404 for resources that exist, lists lag, and replies come from the past.
//! So a read that does not find a confirmed part starts a suspicion ([`Phase::Missing`]), and
//! nothing else: the last confirmed spec stays, with everything that is derived from it.
//! The part is read again, and only when enough reads agree over enough time ([`AbsenceRule`]) it is
//! [`Phase::Gone`].
//! One read that finds it ends the suspicion.
//! A read counts only if the part's parent was read as well, since a parent that is missing itself
//! says nothing about its children.

use jiff::{SignedDuration, Timestamp};

use crate::part::{AzurePart, Observed, ObservedPart, Part, Phase};

/// The number of reads that must agree: 3. Two consecutive wrong answers of one stale replica are
/// common; the minimum time is what excludes a stale replica that lasts.
pub const ABSENCE_READS: u32 = 3;

/// The longest pause between the first two reads of a proof: 2 s. The second one ends most wrong suspicions,
/// and a check of the path to an endpoint waits for it.
const SECOND_READ: SignedDuration = SignedDuration::from_secs(2);

/// The evidence of a read that did not find a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The part was not found. Its parent was not read.
    Alone,
    /// The part was not found, and its parent exists and does not list it.
    ParentLacks,
    /// Neither the part nor its parent was found.
    ParentAbsent,
    /// The part is a field, and the resource was read without it: a change, which is no doubt.
    FieldReset,
}

/// The rule that decides when absence is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsenceRule {
    /// The minimum time between the first and the last read of a proof. It must be longer than a
    /// cloud shows stale state.
    pub window: SignedDuration,
}

impl Default for AbsenceRule {
    /// Three minutes: longer than the cached reads of Azure Resource Manager and the lag of
    /// Compute Engine's lists, which last up to a minute; short enough for an operator who deleted a
    /// part and waits.
    fn default() -> Self {
        Self {
            window: SignedDuration::from_mins(3),
        }
    }
}

impl AbsenceRule {
    /// Returns whether so many reads since then prove absence now.
    pub(super) fn is_proof(self, reads: u32, since: Timestamp, now: Timestamp) -> bool {
        reads >= ABSENCE_READS && now.duration_since(since) >= self.window
    }

    /// The time of the next read: they are spread evenly over the window.
    pub(super) fn next_read(self, reads: u32, since: Timestamp, now: Timestamp) -> Timestamp {
        let pause = self.window / i32::try_from(ABSENCE_READS - 1).unwrap_or(1);
        let due = if reads + 1 >= ABSENCE_READS {
            // The last read of the proof, at the end of the window.
            since.saturating_add(self.window).unwrap_or(now)
        } else {
            now
        };
        due.max(now.saturating_add(pause).unwrap_or(now))
    }
}

impl Observed {
    /// Suspects that a part is absent, because a listing lacks it. The part is read next.
    ///
    /// A part whose state is unknown, or that the provider works on, is read anyway.
    pub fn suspect(&mut self, part: &Part, now: Timestamp) {
        let Some(seen) = self.parts.get_mut(part) else {
            return;
        };
        if matches!(
            seen.phase,
            Phase::Ready | Phase::Awaited { .. } | Phase::Failed
        ) {
            seen.phase = Phase::Missing {
                since: now,
                reads: 0,
                check_after: now,
            };
        }
    }

    /// Makes the next read of every suspected part due: the caller wants to know now.
    ///
    /// The reads that a proof needs and the time between them stay the same.
    pub fn hurry_absence(&mut self, now: Timestamp) {
        for seen in self.parts.values_mut() {
            if let Phase::Missing { check_after, .. } = &mut seen.phase {
                *check_after = (*check_after).min(now);
            }
        }
    }

    /// Returns whether the part is suspected to be absent.
    pub fn is_suspected(&self, part: &Part) -> bool {
        self.parts
            .get(part)
            .is_some_and(|seen| matches!(seen.phase, Phase::Missing { .. }))
    }

    /// Records a read that did not find a part; returns whether its absence is proven now.
    pub(super) fn record_absence(
        &mut self,
        part: &Part,
        evidence: Evidence,
        rule: AbsenceRule,
        now: Timestamp,
    ) -> bool {
        let before = self.parts.remove(part);
        let last = before.as_ref().and_then(|seen| seen.last.clone());
        let (since, reads) = match before.map(|seen| seen.phase) {
            // A clock that was ahead does not lengthen the proof.
            Some(Phase::Missing { since, reads, .. }) if reads > 0 => (since.min(now), reads),
            _ => (now, 0),
        };
        let counts = match evidence {
            Evidence::ParentLacks | Evidence::FieldReset => true,
            Evidence::Alone => false,
            // The parent of an admission is another part of the link, whose absence must be proven
            // first. Every other parent is a container that belongs to another owner.
            Evidence::ParentAbsent => {
                !matches!(part, Part::Admission(_)) || self.is_gone(&Part::Attachment)
            }
        };
        let reads = if counts {
            reads.saturating_add(1)
        } else {
            reads
        };
        if counts && rule.is_proof(reads, since, now) {
            return true;
        }
        let check_after = match evidence {
            // A write met nothing: the first real read is due.
            Evidence::Alone => now,
            Evidence::ParentLacks | Evidence::ParentAbsent | Evidence::FieldReset => {
                let spread = rule.next_read(reads, since, now);
                let soon = now.saturating_add(SECOND_READ).unwrap_or(now);
                if counts && reads == 1 {
                    spread.min(soon)
                } else {
                    spread
                }
            }
        };
        self.parts.insert(
            part.clone(),
            ObservedPart {
                phase: Phase::Missing {
                    since,
                    reads,
                    check_after,
                },
                last,
            },
        );
        if evidence == Evidence::ParentAbsent {
            match part {
                Part::Admission(_) => self.suspect(&Part::Attachment, now),
                // No listing shows the group.
                Part::Network => self.suspect(&Part::Azure(AzurePart::Group), now),
                Part::Attachment | Part::Azure(_) | Part::Google(_) => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;

//! The effect of steps, outcomes and failures on the observed state.

use jiff::{SignedDuration, Timestamp};

use super::backoff::{BACKOFF_LONGEST, BACKOFF_REFUSED, backoff};
use super::due::{LONGEST_PAUSE, no_later};
use super::step::{Failure, Outcome, Recovery, Step};
use crate::id::Generation;
use crate::part::{Observed, ObservedPart, Part, PartFailure, Phase};

/// The time within which an operation ends: 30 minutes, several times what the slowest part of
/// either cloud takes.
pub const OPERATION_DEADLINE: SignedDuration = SignedDuration::from_mins(30);

/// Returns the earliest next poll of an operation: an eighth of the time it took so far, so that a
/// long operation costs few calls, at most [`BACKOFF_LONGEST`].
fn next_poll(since: Timestamp, now: Timestamp) -> Timestamp {
    let pause = (now.duration_since(since) / 8).min(BACKOFF_LONGEST);
    now.saturating_add(pause).unwrap_or(now)
}

/// The failure of an operation that does not end.
fn overdue(part: &Part, since: Timestamp, now: Timestamp) -> PartFailure {
    let minutes = OPERATION_DEADLINE.as_mins();
    PartFailure {
        code: "OperationOverdue".to_owned(),
        message: format!(
            "The cloud has worked on the {} since {since}, longer than {minutes} minutes",
            part.display_name()
        ),
        remedy: None,
        attempts: 1,
        since,
        retry_at: now.saturating_add(BACKOFF_LONGEST).unwrap_or(now),
    }
}

impl Observed {
    /// Marks a part as unknown, before a call that may change it.
    pub fn mark_unknown(&mut self, part: &Part, now: Timestamp) {
        self.emptiness.remove(part);
        let last = self.parts.remove(part).and_then(|seen| seen.last);
        let phase = Phase::Unknown { since: now };
        self.parts
            .insert(part.clone(), ObservedPart { phase, last });
    }

    pub(super) fn record(&mut self, step: &Step, outcome: Outcome, now: Timestamp) {
        let part = step.part();
        match &outcome {
            Outcome::Gone => self.delete_admissions_of(part),
            Outcome::Ready(_) | Outcome::Found(_) if step.is_writing() => {
                self.recheck_dependents(part);
            }
            Outcome::Ready(_) | Outcome::Found(_) | Outcome::Failed(_) | Outcome::Making { .. } => {
            }
            // A read that finds nothing concludes nothing: the proofs are `record_absence` and
            // `record_emptiness`.
            Outcome::Absent(_) | Outcome::Empty => return,
        }
        self.emptiness.remove(part);
        self.contradictions.remove(part);
        let before = self.parts.remove(part);
        let last = before.as_ref().and_then(|seen| seen.last.clone());
        let seen = match outcome {
            // Absence that needs no proof, or is proven, arrives as `Gone`; returned above.
            Outcome::Gone | Outcome::Absent(_) | Outcome::Empty => ObservedPart {
                phase: Phase::Gone,
                last: None,
            },
            Outcome::Ready(confirmed) | Outcome::Found(confirmed) => ObservedPart {
                phase: Phase::Ready,
                last: Some(confirmed),
            },
            Outcome::Failed(confirmed) => ObservedPart {
                phase: Phase::Failed,
                last: Some(confirmed),
            },
            Outcome::Making {
                operation,
                check_after,
                kind,
            } => {
                let since = match before.map(|seen| seen.phase) {
                    Some(Phase::Making { since, .. } | Phase::Unknown { since }) => since,
                    Some(
                        Phase::Gone
                        | Phase::Ready
                        | Phase::Awaited { .. }
                        | Phase::Failed
                        | Phase::Missing { .. },
                    )
                    | None => now,
                };
                // A clock that was ahead does not delay the deadline.
                let since = since.min(now);
                let is_overdue = now.duration_since(since) >= OPERATION_DEADLINE;
                if is_overdue {
                    self.failures
                        .insert(part.clone(), overdue(part, since, now));
                }
                ObservedPart {
                    phase: Phase::Making {
                        since,
                        check_after: no_later(check_after.max(next_poll(since, now)), now),
                        // The part itself shows more than an operation that does not end.
                        operation: operation.filter(|_| !is_overdue),
                        kind,
                    },
                    last,
                }
            }
        };
        self.parts.insert(part.clone(), seen);
        if step.is_write() {
            self.drop_tags(part);
        }
    }

    /// Marks the admissions of a deleted part as deleted.
    fn delete_admissions_of(&mut self, gone: &Part) {
        for (part, seen) in &mut self.parts {
            if matches!(part, Part::Admission(_)) && part.needs(gone) {
                *seen = ObservedPart {
                    phase: Phase::Gone,
                    last: None,
                };
            }
        }
        self.contradictions.retain(|part, _| !part.needs(gone));
    }

    /// Drops what is noted about the connections that no longer exist.
    pub fn forget_ended_connections(&mut self) {
        let parts = &self.parts;
        let is_known =
            |part: &Part| !matches!(part, Part::Admission(_)) || parts.contains_key(part);
        self.failures.retain(|part, _| is_known(part));
        self.repeated_writes.retain(|part, _| is_known(part));
        self.write_attempts.retain(|part, _| is_known(part));
        self.contradictions.retain(|part, _| is_known(part));
    }

    /// Returns awaited parts to ready after a write to a part they need: they may change again.
    fn recheck_dependents(&mut self, written: &Part) {
        for (part, seen) in &mut self.parts {
            if part.needs(written) && matches!(seen.phase, Phase::Awaited { .. }) {
                seen.phase = Phase::Ready;
            }
        }
    }

    /// Drops the tags of the parts that a written part needs: the write may have changed them.
    fn drop_tags(&mut self, written: &Part) {
        for (part, seen) in &mut self.parts {
            if written.needs(part)
                && let Some(last) = &mut seen.last
            {
                last.tag = None;
            }
        }
    }

    /// Records that a step failed.
    ///
    /// `jitter` in 0..=1 spreads the pause over its second half.
    pub fn fail(
        &mut self,
        step: &Step,
        failure: &Failure,
        generation: Generation,
        now: Timestamp,
        jitter: f64,
    ) {
        let part = step.part();
        self.drop_refused_attempt(step, failure.recovery);
        // The operation's handle is not usable any more: the part itself is read.
        self.mark_unknown(part, now);
        if self.generation != generation {
            self.failures.clear();
            self.generation = generation;
        }
        let before = self.failures.get(part);
        let attempts = before.map_or(1, |failure| failure.attempts.saturating_add(1));
        let since = before.map_or(now, |failure| failure.since);
        let pause = match failure.recovery {
            // The first reread is immediate; a second conflict in a row is more than staleness.
            Recovery::Reread if attempts == 1 => SignedDuration::ZERO,
            Recovery::Reread => backoff(attempts - 1, jitter),
            Recovery::Retry { after } => after
                .unwrap_or(SignedDuration::ZERO)
                .min(LONGEST_PAUSE)
                .max(backoff(attempts, jitter)),
            Recovery::Refused => BACKOFF_REFUSED,
        };
        let failure = PartFailure {
            code: failure.code.clone(),
            message: failure.message.clone(),
            remedy: failure.remedy.clone(),
            attempts,
            since,
            retry_at: now.saturating_add(pause).unwrap_or(now),
        };
        self.failures.insert(part.clone(), failure);
    }
}

//! Reads from the past: when a read that shows the desired spec is not believed.
//!
//! Theory of operation.
//! Clouds answer reads with the state before the last write, for up to a minute.
//! Most such reads do no harm: they differ from what is desired, so the part is written again.
//! One kind does: after a part was changed and is to be changed back, the state before the first change
//! is what is desired now, and a port that was opened would stay open.
//! So a read that shows the desired spec is no proof while another write of the part may be in effect.
//! Such writes are the last one that was confirmed, and every later attempt that may have reached the
//! cloud.
//! The read counts as a failed attempt, which is repeated after growing pauses until a read shows the
//! other write, or the last of these writes is older than a read can be.

use jiff::{SignedDuration, Timestamp};

use super::absence::AbsenceRule;
use super::step::{Failure, Outcome, Recovery, Step};
use super::{Picture, is_due};
use crate::part::{Confirmed, Desired, Observed, OperationKind, Part, Phase, Spec, WriteAttempt};

/// The longest time by which a read is late: 3 minutes, several times the cached reads of Azure Resource
/// Manager and the lag of Compute Engine's lists, which last up to a minute.
const LONGEST_LAG: SignedDuration = SignedDuration::from_mins(3);

/// The code of a read that may be older than the last write.
const STALE_READ: &str = "StaleRead";

impl AbsenceRule {
    /// The time after a write in which a read may show the state before it.
    pub(super) fn lag(self) -> SignedDuration {
        self.window.min(LONGEST_LAG)
    }
}

impl Observed {
    /// Notes a write before its call, and marks its part as unknown.
    pub fn begin_write(&mut self, step: &Step, now: Timestamp) {
        let spec = match step {
            Step::Put { spec, .. } => Some(spec.clone()),
            Step::Delete(_) => None,
            Step::Read(_) | Step::Survey(_) | Step::Poll { .. } => return,
        };
        let part = step.part();
        self.mark_unknown(part, now);
        self.drop_old_attempts(now);
        let attempts = self.write_attempts.entry(part.clone()).or_default();
        attempts.push(WriteAttempt { spec, at: now });
    }

    /// Drops attempts that no read can be older than, except of operations in progress.
    fn drop_old_attempts(&mut self, now: Timestamp) {
        let parts = &self.parts;
        self.write_attempts.retain(|part, attempts| {
            let phase = parts.get(part).map(|seen| &seen.phase);
            if !matches!(phase, Some(Phase::Making { .. })) {
                attempts.retain(|attempt| now.duration_since(attempt.at) < LONGEST_LAG);
            }
            !attempts.is_empty()
        });
    }

    /// Ends the attempts of a part by an outcome: a confirmed write supersedes those before it. Returns the
    /// spec that was written, if the outcome confirms a write; of an operation that an earlier version
    /// began, the desired one.
    pub(super) fn end_attempts(
        &mut self,
        step: &Step,
        outcome: &Outcome,
        desired: Option<&Spec>,
        now: Timestamp,
    ) -> Option<Spec> {
        let part = step.part();
        let mut attempts = self.write_attempts.remove(part).unwrap_or_default();
        let last = attempts.last().and_then(|attempt| attempt.spec.clone());
        let mut written = None;
        match outcome {
            // Nothing was written.
            Outcome::Found(_) => _ = attempts.pop(),
            Outcome::Absent(_) if step.is_write() => _ = attempts.pop(),
            Outcome::Ready(found) if self.ends_write(step, last.as_ref(), found) => {
                attempts.clear();
                written = match step {
                    Step::Put { spec, .. } => Some(spec.clone()),
                    _ => last.or_else(|| desired.cloned()),
                };
            }
            Outcome::Gone if step.is_writing() => {
                // A read may still show what was deleted.
                attempts = vec![WriteAttempt {
                    spec: None,
                    at: now,
                }];
            }
            Outcome::Ready(_)
            | Outcome::Gone
            | Outcome::Failed(_)
            | Outcome::Making { .. }
            | Outcome::Absent(_)
            | Outcome::Empty => {}
        }
        if !attempts.is_empty() {
            self.write_attempts.insert(part.clone(), attempts);
        }
        written
    }

    /// Returns whether a settled part is the end of a write: of the step itself, or of an operation
    /// without handle, whose part is read.
    fn ends_write(&self, step: &Step, last: Option<&Spec>, found: &Confirmed) -> bool {
        let is_making = self.parts.get(step.part()).is_some_and(|seen| {
            let kind = OperationKind::Put;
            matches!(&seen.phase, Phase::Making { kind: it, .. } if *it == kind)
        });
        step.is_put() || (is_making && last == Some(&found.spec))
    }

    /// Drops the last attempt of a write that the cloud refused: it changed nothing.
    pub(super) fn drop_refused_attempt(&mut self, step: &Step, recovery: Recovery) {
        // A write whose answer shows another state is read again, and may be in effect.
        let is_refused = match recovery {
            Recovery::Refused => true,
            Recovery::Reread | Recovery::Retry { .. } => false,
        };
        let part = step.part();
        if is_refused
            && step.is_write()
            && let Some(attempts) = self.write_attempts.get_mut(part)
        {
            attempts.pop();
            if attempts.is_empty() {
                self.write_attempts.remove(part);
            }
        }
    }

    /// Returns the time of the last write of another spec that a read now may be older than.
    fn other_write(
        &self,
        part: &Part,
        spec: &Spec,
        rule: AbsenceRule,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let confirmed = self.repeated_writes.get(part);
        let confirmed = confirmed.filter(|written| written.spec != *spec);
        let attempts = self.write_attempts.get(part).into_iter().flatten();
        let attempts = attempts.filter(|attempt| attempt.spec.as_ref() != Some(spec));
        confirmed
            .map(|written| written.last)
            .into_iter()
            .chain(attempts.map(|attempt| attempt.at))
            .filter(|at| now.duration_since(*at) < rule.lag())
            .max()
    }
}

impl Picture {
    /// Returns the time from which a read that shows this spec is believed, if that is later: the spec is
    /// desired, and another write may be in effect.
    pub fn believed_from(
        &self,
        part: &Part,
        found: &Confirmed,
        now: Timestamp,
    ) -> Option<Timestamp> {
        match self.desired.get(part)? {
            Desired::Be(spec) if *spec == found.spec => {}
            Desired::Be(_) | Desired::Await(_) | Desired::Leave => return None,
        }
        let written = self
            .observed
            .other_write(part, &found.spec, self.absence, now)?;
        let until = written.checked_add(self.absence.lag()).ok()?;
        (!is_due(until, now)).then_some(until)
    }

    /// Returns the time of the last confirmed write of a spec, if a read now may show the state before it.
    pub fn written_lately(&self, part: &Part, spec: &Spec, now: Timestamp) -> Option<Timestamp> {
        let written = self.observed.repeated_writes.get(part)?;
        let is_late = now.duration_since(written.last) < self.absence.lag();
        (written.spec == *spec && is_late).then_some(written.last)
    }

    /// Records a read that is not believed: it is repeated after a pause, at `until` at the latest.
    pub(super) fn record_stale_read(&mut self, part: &Part, until: Timestamp, now: Timestamp) {
        let failure = Failure {
            recovery: Recovery::Retry { after: None },
            code: STALE_READ.to_owned(),
            message: format!(
                "The {} was read as desired, but the cloud may have shown its state before the last \
                 write",
                part.display_name()
            ),
            remedy: None,
        };
        // No other worker reads the part: the pauses need no spreading.
        let generation = self.generation;
        self.observed
            .fail(&Step::Read(part.clone()), &failure, generation, now, 1.0);
        if let Some(failure) = self.observed.failures.get_mut(part) {
            failure.retry_at = failure.retry_at.min(until);
        }
    }
}

#[cfg(test)]
mod tests;

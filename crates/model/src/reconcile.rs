//! The decision about the next step towards a desired state.
//!
//! Each pass evaluates a [`Picture`] and returns one [`Step`]. The worker marks the part as
//! unknown, performs the step, records the outcome, and evaluates again. No plan is stored, so none
//! can be stale: a crash, a second worker, a repeated reply and a desired state that changes midway
//! all converge in the same loop.

mod absence;
mod backoff;
mod contradiction;
mod deviation;
mod due;
mod emptiness;
mod observation;
mod repeated_write;
mod requested_attempt;
mod stale_read;
mod step;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use self::absence::{ABSENCE_READS, AbsenceRule, Evidence};
pub use self::backoff::{BACKOFF_FIRST, BACKOFF_LONGEST, BACKOFF_REFUSED, backoff};
pub use self::due::LONGEST_PAUSE;
use self::due::is_due;
use self::emptiness::Deletion;
pub use self::observation::OPERATION_DEADLINE;
pub use self::repeated_write::IMMEDIATE_REPAIRS;
pub use self::step::{Failure, Next, Outcome, Recovery, Step, WaitReason};
use crate::id::Generation;
use crate::part::{Confirmed, Desired, Observed, ObservedPart, Part, Phase, Spec};

/// The shortest pause before the next read of an awaited part: 2 s; then the time waited so far, up
/// to [`AWAIT_LONGEST`]. Accept lists take effect on the connection within seconds, as far as
/// known.
pub const AWAIT_FIRST: SignedDuration = SignedDuration::from_secs(2);

/// The longest pause between two reads of an awaited part: 30 s, for five minutes.
pub const AWAIT_LONGEST: SignedDuration = SignedDuration::from_secs(30);

/// The time after which an awaited part is no longer read by the loop: 5 minutes. Then only the
/// sweeps observe it, which cost no extra calls.
pub const AWAIT_PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// The complete input of the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The generation of the desired state.
    pub generation: Generation,
    /// The desired state, in build order; empty when the object is to be deleted.
    pub desired: BTreeMap<Part, Desired>,
    /// The observed state.
    pub observed: Observed,
    /// The rule by which a part that is not found counts as gone.
    pub absence: AbsenceRule,
}

/// Returns the next step. This is the only function that decides; it is total, deterministic and
/// without effects.
///
/// In this order: an unknown part is read; an undesired part is deleted once no part that needs it
/// exists, and a container once it is proven empty; a desired part that does not exist or differs is
/// put once the parts it needs are ready; awaited parts are read; operations in progress are polled;
/// missing parts are read, which blocks only what needs them, so that endpoints that are deleted in
/// numbers delay no approval; then operations in progress and pauses are waited for. While the account
/// is on hold nothing is written, and missing parts are read first.
pub fn next(picture: &Picture, now: Timestamp) -> Next {
    let mut waiting: Option<(Timestamp, WaitReason)> = None;
    let mut wait = |until: Timestamp, why: WaitReason| {
        if waiting
            .as_ref()
            .is_none_or(|(earliest, _)| until < *earliest)
        {
            waiting = Some((until, why));
        }
    };
    let mut paused = |part: &Part| match picture.pause(part, now) {
        Some(until) => {
            wait(until, WaitReason::PartFailure(part.clone()));
            true
        }
        None => false,
    };

    let mut awaited = Vec::new();
    let mut repairs = Vec::new();
    let mut emptying = Vec::new();
    for (part, seen) in &picture.observed.parts {
        if must_be_read(seen, picture.observed.held_since.is_some(), now) && !paused(part) {
            return Next::Do(Step::Read(part.clone()));
        }
    }
    for part in picture.observed.parts.keys().rev() {
        if picture.may_delete(part) && !paused(part) {
            match picture.observed.deletion(part, picture.absence, now) {
                Deletion::Do(step) => return Next::Do(step),
                Deletion::At(until) => emptying.push((until, part)),
            }
        }
    }
    for (part, desired) in &picture.desired {
        let Desired::Be(spec) = desired else { continue };
        if let Some(step) = picture.put(part, spec, now)
            && !paused(part)
        {
            match picture.repair_pause(part, spec, now) {
                Some(until) if step.is_write() => {
                    repairs.push((until, part));
                }
                Some(_) | None => return Next::Do(step),
            }
        }
    }
    for (part, desired) in &picture.desired {
        let Desired::Await(spec) = desired else {
            continue;
        };
        match picture.recheck(part, spec) {
            Some(Recheck::Now) if !paused(part) => return Next::Do(Step::Read(part.clone())),
            Some(Recheck::At(until)) if is_due(until, now) && !paused(part) => {
                return Next::Do(Step::Read(part.clone()));
            }
            Some(Recheck::At(until)) if !is_due(until, now) => awaited.push((until, part)),
            Some(Recheck::Now | Recheck::At(_)) | None => {}
        }
    }
    for (part, seen) in &picture.observed.parts {
        if matches!(seen.phase, Phase::Making { .. })
            && !paused(part)
            && let Some(step) = poll(part, seen, now)
        {
            return Next::Do(step);
        }
    }
    for (part, seen) in &picture.observed.parts {
        if must_be_read(seen, true, now) && !paused(part) {
            return Next::Do(Step::Read(part.clone()));
        }
    }
    for (part, seen) in &picture.observed.parts {
        if let Some((until, why)) = waits_for(part, seen, now) {
            wait(until, why);
        }
    }
    for (until, part) in emptying {
        wait(until, WaitReason::Emptiness(part.clone()));
    }
    for (until, part) in repairs {
        wait(until, WaitReason::Repair(part.clone()));
    }
    for (until, part) in awaited {
        wait(until, WaitReason::Awaited(part.clone()));
    }
    match waiting {
        Some((until, why)) => Next::Wait { until, why },
        None => Next::Rest,
    }
}

/// Returns what a part waits for by itself: its operation, or the next read of a proof of absence.
fn waits_for(part: &Part, seen: &ObservedPart, now: Timestamp) -> Option<(Timestamp, WaitReason)> {
    let (until, why) = match &seen.phase {
        Phase::Making { check_after, .. } => (*check_after, WaitReason::Making(part.clone())),
        Phase::Missing { check_after, .. } => (*check_after, WaitReason::Absence(part.clone())),
        Phase::Gone
        | Phase::Unknown { .. }
        | Phase::Ready
        | Phase::Awaited { .. }
        | Phase::Failed => return None,
    };
    (!is_due(until, now)).then_some((until, why))
}

/// Returns the step that observes the operation of a part, if it is due.
fn poll(part: &Part, seen: &ObservedPart, now: Timestamp) -> Option<Step> {
    let Phase::Making {
        check_after,
        operation,
        kind,
        ..
    } = &seen.phase
    else {
        return None;
    };
    is_due(*check_after, now).then(|| match operation {
        Some(operation) => Step::Poll {
            part: part.clone(),
            operation: operation.clone(),
            kind: *kind,
        },
        None => Step::Read(part.clone()),
    })
}

/// Reports whether the state of a part must be read; `missing`: also that of a part that may be gone.
fn must_be_read(seen: &ObservedPart, missing: bool, now: Timestamp) -> bool {
    match &seen.phase {
        Phase::Unknown { .. } => true,
        Phase::Missing { check_after, .. } => missing && is_due(*check_after, now),
        Phase::Gone
        | Phase::Making { .. }
        | Phase::Ready
        | Phase::Awaited { .. }
        | Phase::Failed => false,
    }
}

// === impl Picture ===

impl Picture {
    /// Returns the end of the pause after a failure, if the part is paused.
    fn pause(&self, part: &Part, now: Timestamp) -> Option<Timestamp> {
        if self.observed.generation != self.generation {
            return None;
        }
        let until = self.observed.failures.get(part)?.retry_at;
        (!is_due(until, now)).then_some(until)
    }

    /// Returns the end of the pause before a part is repaired again, if it is paused.
    fn repair_pause(&self, part: &Part, spec: &Spec, now: Timestamp) -> Option<Timestamp> {
        let until = self.observed.repair_pause(part, spec, self.generation)?;
        (!is_due(until, now)).then_some(until)
    }

    fn may_delete(&self, part: &Part) -> bool {
        let there = self.observed.parts.get(part).is_some_and(|seen| {
            matches!(
                seen.phase,
                Phase::Ready | Phase::Awaited { .. } | Phase::Failed
            )
        });
        // Parts that are left as they are disappear with the part they refer to.
        let stands_in_the_way = |other: &Part| {
            let holds = self.observed.holds(other, part)
                || part.outlives(other) && !self.observed.is_gone(other);
            holds && self.desired.get(other) != Some(&Desired::Leave)
        };
        there
            && !self.desired.contains_key(part)
            && !self.observed.parts.keys().any(stands_in_the_way)
    }

    /// Returns when to read an awaited part; `None`: it has its desired spec, or the parts it needs
    /// are not ready.
    fn recheck(&self, part: &Part, spec: &Spec) -> Option<Recheck> {
        if !self.needs_met(part, spec) {
            return None;
        }
        let seen = self.observed.parts.get(part)?;
        let turned_out = seen.last.as_ref().is_some_and(|last| last.spec == *spec);
        if let (Phase::Ready, Some(check_after)) =
            (&seen.phase, self.observed.contradictions.get(part))
        {
            return Some(Recheck::At(*check_after));
        }
        match &seen.phase {
            Phase::Ready | Phase::Awaited { .. } if turned_out => None,
            Phase::Ready => Some(Recheck::Now),
            Phase::Awaited { since, check_after } => {
                let patient = check_after.duration_since(*since) < AWAIT_PATIENCE;
                patient.then_some(Recheck::At(*check_after))
            }
            Phase::Gone
            | Phase::Failed
            | Phase::Unknown { .. }
            | Phase::Making { .. }
            | Phase::Missing { .. } => None,
        }
    }

    /// Reports whether all the parts it needs are ready; parts that are no longer desired do not
    /// count, nor do those that its spec does not refer to.
    fn needs_met(&self, part: &Part, spec: &Spec) -> bool {
        let is_met = |other: &Part| {
            self.observed.is_ready(other)
                || (part.is_closing() && self.observed.last(other).is_some())
        };
        self.desired
            .keys()
            .all(|other| !part.needs(other) || !other.is_referred_to_by(spec) || is_met(other))
    }

    /// Reports whether a part only loses flows: what is closed does not wait for the parts it needs.
    fn is_narrowed(&self, part: &Part, spec: &Spec) -> bool {
        let last = self.observed.last(part);
        last.is_some_and(|last| spec.narrows(&last.spec))
    }

    /// Returns the step that brings a desired part closer to its spec, if one is possible now.
    fn put(&self, part: &Part, spec: &Spec, now: Timestamp) -> Option<Step> {
        if !self.needs_met(part, spec) && !self.is_narrowed(part, spec) {
            return None;
        }
        let put = |tag: Option<String>| Step::Put {
            part: part.clone(),
            spec: spec.clone(),
            tag,
        };
        let Some(seen) = self.observed.parts.get(part) else {
            return Some(put(None));
        };
        let stale = |last: &Confirmed| part.is_guarded() && last.tag.is_none();
        match (&seen.phase, &seen.last) {
            // What was never confirmed, too: the write meets whatever exists.
            (Phase::Gone, _) | (Phase::Missing { .. }, None) => Some(put(None)),
            (Phase::Ready | Phase::Awaited { .. }, Some(last)) if last.spec == *spec => {
                if self.observed.is_contradicted(part) {
                    return Some(put(last.tag.clone()));
                }
                self.believed_from(part, last, now)
                    .map(|_| Step::Read(part.clone()))
            }
            (Phase::Ready | Phase::Awaited { .. } | Phase::Failed, Some(last)) if stale(last) => {
                Some(Step::Read(part.clone()))
            }
            (Phase::Ready | Phase::Awaited { .. } | Phase::Failed, Some(last)) => {
                Some(put(last.tag.clone()))
            }
            (Phase::Ready | Phase::Awaited { .. } | Phase::Failed, None) => {
                Some(Step::Read(part.clone()))
            }
            (Phase::Unknown { .. } | Phase::Making { .. } | Phase::Missing { .. }, _) => None,
        }
    }

    /// Records the outcome of a step, and clears the part's failure once it is as desired.
    ///
    /// A successful read alone does not clear it: a write that keeps failing between reads must
    /// have growing pauses. For the same reason, a write that ends with another spec counts as one that
    /// the provider does not keep. A read that may be older than another write is not believed, and one that
    /// may be older than the approval that it contradicts does not end it.
    pub fn record(&mut self, step: &Step, outcome: Outcome, now: Timestamp) {
        let before = self.observed.last(step.part()).cloned();
        let since = match self.observed.parts.get(step.part()) {
            Some(ObservedPart {
                phase: Phase::Awaited { since, .. },
                ..
            }) => *since,
            _ => now,
        };
        let desired = match self.desired.get(step.part()) {
            Some(Desired::Be(spec)) => Some(spec),
            Some(Desired::Await(_) | Desired::Leave) | None => None,
        };
        let written = self.observed.end_attempts(step, &outcome, desired, now);
        if let (Some(spec), Some(_)) = (written, desired) {
            self.observed
                .count_write(step.part(), &spec, self.generation, now);
        }
        if let Outcome::Ready(found) | Outcome::Found(found) = &outcome
            && let Some(until) = self.believed_from(step.part(), found, now)
        {
            self.record_stale_read(step.part(), until, now);
            return;
        }
        if let (Step::Read(part), Outcome::Ready(found)) = (step, &outcome)
            && let Some(written) = self.contradicted_write(part, found, now)
        {
            self.record_contradiction(part, written, now);
            return;
        }
        match outcome {
            Outcome::Absent(evidence) => self.record_absence(step.part(), evidence, now),
            Outcome::Empty => self
                .observed
                .record_emptiness(step.part(), self.absence, now),
            outcome => self.observed.record(step, outcome, now),
        }
        if step.is_put() {
            self.expect_another(step.part());
        }
        self.note_change(step.part(), before.as_ref(), now);
        self.schedule_recheck(step.part(), since, now);
        self.end_idle_failures();
    }

    /// Records a read that did not find a part.
    ///
    /// A desired field of an object that exists is written under the object's version, so that
    /// writing it again is safe. The absence of every other part must be proven: a part that is
    /// forgotten by mistake stays in the cloud. A desired part that was never confirmed is put
    /// meanwhile, which meets whatever exists.
    fn record_absence(&mut self, part: &Part, evidence: Evidence, now: Timestamp) {
        let is_desired = self.desired.contains_key(part);
        // The subnet of a project VPC may be missing itself, unlike the object of a link's field.
        let is_field =
            part.is_field() && (!part.is_of_network() || evidence == Evidence::FieldReset);
        let needs_proof = !is_desired || !is_field;
        let before = self.observed.parts.get(part).cloned();
        let is_gone = !needs_proof
            || self
                .observed
                .record_absence(part, evidence, self.absence, now);
        if is_gone {
            if is_desired {
                self.note_deletion(part, before, evidence, now);
            }
            let read = Step::Read(part.clone());
            self.observed.record(&read, Outcome::Gone, now);
        }
    }

    /// Sets the time of the next read of an awaited part that does not have its desired spec yet.
    fn schedule_recheck(&mut self, part: &Part, since: Timestamp, now: Timestamp) {
        let Some(Desired::Await(spec)) = self.desired.get(part) else {
            return;
        };
        let Some(seen) = self.observed.parts.get_mut(part) else {
            return;
        };
        let turned_out = seen.last.as_ref().is_some_and(|last| last.spec == *spec);
        if seen.phase != Phase::Ready || turned_out {
            return;
        }
        let so_far = now.duration_since(since);
        let pause = so_far.clamp(AWAIT_FIRST, AWAIT_LONGEST);
        seen.phase = Phase::Awaited {
            since,
            check_after: now.saturating_add(pause).unwrap_or(now),
        };
    }

    /// Clears the failures of parts that are as desired, including parts that are no longer
    /// desired.
    pub fn end_idle_failures(&mut self) {
        let mut failures = std::mem::take(&mut self.observed.failures);
        failures.retain(|part, _| !self.is_satisfied(part));
        self.observed.failures = failures;
    }

    /// Reports whether a part is as desired.
    pub fn is_satisfied(&self, part: &Part) -> bool {
        match self.desired.get(part) {
            Some(Desired::Be(_) | Desired::Await(_)) if self.observed.is_contradicted(part) => {
                false
            }
            Some(Desired::Be(spec)) => {
                self.observed.is_ready(part)
                    && self
                        .observed
                        .last(part)
                        .is_some_and(|last| last.spec == *spec)
            }
            Some(Desired::Await(spec)) => self.observed.parts.get(part).is_some_and(|seen| {
                matches!(seen.phase, Phase::Ready | Phase::Awaited { .. })
                    && seen.last.as_ref().is_some_and(|last| last.spec == *spec)
            }),
            Some(Desired::Leave) => !matches!(
                self.observed.parts.get(part),
                Some(ObservedPart {
                    phase: Phase::Unknown { .. },
                    ..
                })
            ),
            None => self.observed.is_gone(part),
        }
    }

    /// Reports whether everything is as desired and no part is unknown, being changed or failing.
    pub fn is_settled(&self) -> bool {
        self.desired
            .keys()
            .chain(self.observed.parts.keys())
            .all(|part| self.is_satisfied(part))
    }
}

/// The time to read an awaited part.
enum Recheck {
    Now,
    At(Timestamp),
}

#[cfg(test)]
mod tests;

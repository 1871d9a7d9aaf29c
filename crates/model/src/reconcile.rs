//! Decides the single next thing to do for a wish.
//!
//! One pass looks at a [`Picture`] and names one [`Step`]; the worker records that it no longer
//! knows the part, performs the step, records what it saw, and looks again.
//! No plan is stored, so none can be stale: a crash, a second worker, a repeated reply and a wish
//! that changed midway all end in the same loop.

mod observation;
mod step;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use self::observation::{BACKOFF_FIRST, BACKOFF_LONGEST, BACKOFF_REFUSED, backoff};
pub use self::step::{Failure, Next, Outcome, Recovery, Step, WaitReason};
use crate::id::Generation;
use crate::part::{Confirmed, Desired, Observed, ObservedPart, Part, Phase, Spec};

/// Soonest second look at what turns out by itself: 2 s; then after as long as it took so far, up
/// to [`AWAIT_LONGEST`]. Accept lists show at the connection within seconds, as far as is known.
pub const AWAIT_FIRST: SignedDuration = SignedDuration::from_secs(2);

/// Longest pause between two looks at what turns out by itself: 30 s, for five minutes.
pub const AWAIT_LONGEST: SignedDuration = SignedDuration::from_secs(30);

/// After how long a connection that does not turn out is looked at rarely: 5 minutes; then only the
/// sweeps look, which cost nothing extra.
pub const AWAIT_PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// Everything the decision may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Which version of the wish this is.
    pub generation: Generation,
    /// What is wanted, in build order; empty when the whole is to go.
    pub desired: BTreeMap<Part, Desired>,
    /// What was seen.
    pub observed: Observed,
}

/// The only place that decides. Total, deterministic, without effects.
///
/// In this order: a part in doubt is read; an unwanted part is deleted once nothing that needs it
/// is there; a wanted part that is missing or different is put once all it needs is ready;
/// what is to turn out by itself is looked at; then operations under way and pauses are waited for.
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

    let mut turning = Vec::new();
    for (part, seen) in &picture.observed.parts {
        if matches!(seen.phase, Phase::Unknown { .. }) && !paused(part) {
            return Next::Do(Step::Read(part.clone()));
        }
    }
    for part in picture.observed.parts.keys().rev() {
        if picture.may_delete(part) && !paused(part) {
            return Next::Do(Step::Delete(part.clone()));
        }
    }
    for (part, desired) in &picture.desired {
        let Desired::Be(spec) = desired else { continue };
        if let Some(step) = picture.put(part, spec)
            && !paused(part)
        {
            return Next::Do(step);
        }
    }
    for (part, desired) in &picture.desired {
        let Desired::Await(spec) = desired else {
            continue;
        };
        match picture.look(part, spec) {
            Some(Look::Now) if !paused(part) => return Next::Do(Step::Read(part.clone())),
            Some(Look::At(until)) if until <= now && !paused(part) => {
                return Next::Do(Step::Read(part.clone()));
            }
            Some(Look::At(until)) if until > now => turning.push((until, part)),
            Some(Look::Now | Look::At(_)) | None => {}
        }
    }
    for (part, seen) in &picture.observed.parts {
        let Phase::Making {
            check_after,
            operation,
            kind,
            ..
        } = &seen.phase
        else {
            continue;
        };
        if paused(part) {
            continue;
        }
        if *check_after <= now {
            return Next::Do(match operation {
                Some(operation) => Step::Poll {
                    part: part.clone(),
                    operation: operation.clone(),
                    kind: *kind,
                },
                None => Step::Read(part.clone()),
            });
        }
    }
    for (part, seen) in &picture.observed.parts {
        if let Phase::Making { check_after, .. } = &seen.phase
            && *check_after > now
        {
            wait(*check_after, WaitReason::Making(part.clone()));
        }
    }
    for (until, part) in turning {
        wait(until, WaitReason::Turning(part.clone()));
    }
    match waiting {
        Some((until, why)) => Next::Wait { until, why },
        None => Next::Rest,
    }
}

// === impl Picture ===

impl Picture {
    /// Until when the part is left alone after a failure, if it is.
    fn pause(&self, part: &Part, now: Timestamp) -> Option<Timestamp> {
        if self.observed.generation != self.generation {
            return None;
        }
        let until = self.observed.failures.get(part)?.retry_at;
        (until > now).then_some(until)
    }

    fn may_delete(&self, part: &Part) -> bool {
        let there = self.observed.parts.get(part).is_some_and(|seen| {
            matches!(
                seen.phase,
                Phase::Ready | Phase::Awaited { .. } | Phase::Failed
            )
        });
        // What is left alone goes with what it hangs on.
        let stands_in_the_way = |other: &Part| {
            self.observed.holds(other, part) && self.desired.get(other) != Some(&Desired::Leave)
        };
        there
            && !self.desired.contains_key(part)
            && !self.observed.parts.keys().any(stands_in_the_way)
    }

    /// When to look at a part that is to turn out by itself; `None`: it has, or it is not its turn.
    fn look(&self, part: &Part, spec: &Spec) -> Option<Look> {
        if !self.needs_met(part) {
            return None;
        }
        let seen = self.observed.parts.get(part)?;
        let turned_out = seen.last.as_ref().is_some_and(|last| last.spec == *spec);
        match &seen.phase {
            Phase::Ready | Phase::Awaited { .. } if turned_out => None,
            Phase::Ready => Some(Look::Now),
            Phase::Awaited { since, check_after } => {
                let patient = check_after.duration_since(*since) < AWAIT_PATIENCE;
                patient.then_some(Look::At(*check_after))
            }
            Phase::Gone | Phase::Failed | Phase::Unknown { .. } | Phase::Making { .. } => None,
        }
    }

    /// Whether all it needs is there; what is not wanted any more is not built upon.
    fn needs_met(&self, part: &Part) -> bool {
        self.desired
            .keys()
            .all(|other| !part.needs(other) || self.observed.is_ready(other))
    }

    /// The step that brings a wanted part closer to its spec, if one can be taken now.
    fn put(&self, part: &Part, spec: &Spec) -> Option<Step> {
        if !self.needs_met(part) {
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
            (Phase::Gone, _) => Some(put(None)),
            (Phase::Ready | Phase::Awaited { .. }, Some(last)) if last.spec == *spec => None,
            (Phase::Ready | Phase::Awaited { .. } | Phase::Failed, Some(last)) if stale(last) => {
                Some(Step::Read(part.clone()))
            }
            (Phase::Ready | Phase::Awaited { .. } | Phase::Failed, Some(last)) => {
                Some(put(last.tag.clone()))
            }
            (Phase::Ready | Phase::Awaited { .. } | Phase::Failed, None) => {
                Some(Step::Read(part.clone()))
            }
            (Phase::Unknown { .. } | Phase::Making { .. }, _) => None,
        }
    }

    /// Records the answer to a step, and ends the part's trouble once it is as wanted.
    ///
    /// A read that merely answered does not end it: a write that keeps failing between reads
    /// must meet growing pauses.
    pub fn record(&mut self, step: &Step, outcome: Outcome, now: Timestamp) {
        let since = match self.observed.parts.get(step.part()) {
            Some(ObservedPart {
                phase: Phase::Awaited { since, .. },
                ..
            }) => *since,
            _ => now,
        };
        self.observed.record(step, outcome, now);
        self.keep_waiting(step.part(), since, now);
        self.end_idle_failures();
    }

    /// Notes when to look again at a part that was to turn out by itself and did not yet.
    fn keep_waiting(&mut self, part: &Part, since: Timestamp, now: Timestamp) {
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

    /// Ends the troubles of parts that are as wanted, be it because nobody wants them any more.
    pub fn end_idle_failures(&mut self) {
        let mut failures = std::mem::take(&mut self.observed.failures);
        failures.retain(|part, _| !self.is_satisfied(part));
        self.observed.failures = failures;
    }

    /// Whether one part is as wanted.
    pub fn is_satisfied(&self, part: &Part) -> bool {
        match self.desired.get(part) {
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

    /// Whether everything is as wanted and nothing is in doubt, under way or in trouble.
    pub fn is_settled(&self) -> bool {
        self.desired
            .keys()
            .chain(self.observed.parts.keys())
            .all(|part| self.is_satisfied(part))
    }
}

/// When to look at a part that is to turn out by itself.
enum Look {
    Now,
    At(Timestamp),
}

#[cfg(test)]
mod tests;

//! Attempts that a person requests: the next one after a failure that needed an action, immediately.
//!
//! A refused step waits for [`BACKOFF_REFUSED`], and a write that is not kept for growing pauses. A person
//! who has raised the quota or changed the policy does not wait for either. Pauses that a provider
//! requests, and those of transient failures, stay as they are.

use jiff::Timestamp;

use super::backoff::{BACKOFF_LONGEST, BACKOFF_REFUSED};
use crate::part::{Observed, PartFailure};

impl PartFailure {
    /// Reports whether retries alone do not help: an action is needed, or the failure outlasts those
    /// that end by themselves.
    pub fn is_lasting(&self) -> bool {
        self.remedy.is_some() || self.retry_at.duration_since(self.since) >= BACKOFF_LONGEST
    }
}

impl Observed {
    /// Makes the next attempt due after lasting failures, and the next repair of writes that were not
    /// kept.
    pub fn attempt_now(&mut self, now: Timestamp) {
        let lasting = self.failures.values_mut().filter(|it| it.is_lasting());
        for failure in lasting {
            failure.retry_at = failure.retry_at.min(now);
        }
        let not_kept = self.repeated_writes.values_mut();
        for written in not_kept.filter(|it| it.is_not_kept()) {
            let earliest = now.saturating_sub(BACKOFF_REFUSED).unwrap_or(now);
            written.last = written.last.min(earliest);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::id::Generation;
    use crate::part::{Part, Spec};
    use crate::reconcile::step::{Failure, Recovery, Step};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn failed(recovery: Recovery, remedy: Option<&str>) -> Observed {
        let failure = Failure {
            recovery,
            code: "QuotaExceeded".to_owned(),
            message: "create the address".to_owned(),
            remedy: remedy.map(str::to_owned),
        };
        let mut observed = Observed::default();
        let step = Step::Read(Part::Network);
        observed.fail(&step, &failure, Generation(0), at(0), 1.0);
        observed
    }

    #[test]
    fn a_refused_step_is_attempted_when_a_person_asks_for_it() {
        let mut observed = failed(Recovery::Refused, Some("Raise the limit"));
        assert_eq!(observed.failures[&Part::Network].retry_at, at(900));
        observed.attempt_now(at(60));
        let failure = &observed.failures[&Part::Network];
        assert_eq!((failure.retry_at, failure.attempts), (at(60), 1));
        observed.attempt_now(at(90));
        assert_eq!(
            observed.failures[&Part::Network].retry_at,
            at(60),
            "it is due already"
        );
    }

    #[test]
    fn a_pause_that_the_provider_requests_stays() {
        let after = Some(SignedDuration::from_secs(120));
        let mut observed = failed(Recovery::Retry { after }, None);
        observed.attempt_now(at(60));
        assert_eq!(observed.failures[&Part::Network].retry_at, at(120));
    }

    #[test]
    fn a_write_that_was_not_kept_is_repaired_when_a_person_asks_for_it() {
        let mut observed = Observed::default();
        let (part, generation) = (Part::Attachment, Generation(1));
        for _ in 0..9 {
            observed.count_write(&part, &Spec::Present, generation, at(0));
        }
        let pause = |observed: &Observed| observed.repair_pause(&part, &Spec::Present, generation);
        assert!(pause(&observed) > Some(at(60)));
        observed.attempt_now(at(60));
        assert!(pause(&observed) <= Some(at(60)));
        // It still counts as not kept, and the pauses after it grow on.
        observed.count_write(&part, &Spec::Present, generation, at(60));
        assert_eq!(observed.repeated_writes[&part].count, 10);
    }
}

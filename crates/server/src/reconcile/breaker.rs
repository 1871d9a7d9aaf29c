//! Circuit breaker of a cloud account: after several failures in a row it lets one call at a time
//! through, after growing pauses, until one is answered.

use jiff::{SignedDuration, Timestamp};

/// Failures in a row that open the breaker: 5. Fewer occur beside each other without an outage.
const FAILURES_TO_OPEN: u32 = 5;

/// Pause before the first attempt while the breaker is open: 2 s. It doubles.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// Longest pause between two such attempts: 1 minute, the delay after the end of a long outage.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Pause after an answer that limits requests and names no pause: 5 s.
const THROTTLED_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// Longest pause that an answer is granted: 5 minutes, as for single objects.
const LONGEST_THROTTLED_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Longest time for which an attempt keeps others from beginning: 2 minutes, the time limit of a
/// listing.
const ATTEMPT: SignedDuration = SignedDuration::from_mins(2);

/// Breaker of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// Time of the first of the failures in a row.
    since: Option<Timestamp>,
    last_error: String,
    open: Option<Open>,
    throttled_until: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    pause: SignedDuration,
    next_attempt: Timestamp,
    /// Beginning of the attempt that is under way.
    attempt: Option<Timestamp>,
}

/// Permission for calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// Any number.
    Open,
    /// One, to find out whether the account answers again.
    OneAttempt,
    /// None until a time.
    Until(Timestamp),
}

impl Breaker {
    /// Returns the permission for calls now.
    pub(super) fn permission(&self, now: Timestamp) -> Permission {
        if let Some(until) = self.throttled_until.filter(|until| now < *until) {
            return Permission::Until(until);
        }
        let Some(open) = self.open else {
            return Permission::Open;
        };
        let next = open
            .attempt
            .map_or(open.next_attempt, |began| after(began, ATTEMPT));
        if now < next {
            Permission::Until(next)
        } else {
            Permission::OneAttempt
        }
    }

    /// Begins the one attempt that is permitted; returns whether it is one.
    pub(super) fn begin_attempt(&mut self, now: Timestamp) -> bool {
        if self.permission(now) != Permission::OneAttempt {
            return false;
        }
        if let Some(open) = &mut self.open {
            open.attempt = Some(now);
        }
        true
    }

    /// Ends an attempt; one without a result may be repeated.
    pub(super) fn end_attempt(&mut self) {
        if let Some(open) = &mut self.open {
            open.attempt = None;
        }
    }

    /// Records an answer. Returns whether it closed the breaker.
    pub(super) fn succeed(&mut self) -> bool {
        let was_open = self.open.is_some();
        *self = Self {
            throttled_until: self.throttled_until,
            ..Self::default()
        };
        was_open
    }

    /// Records a call without an answer, or with one that shows an outage. Returns whether it opened
    /// the breaker. `jitter` draws a number in 0..1.
    pub(super) fn fail(
        &mut self,
        error: String,
        now: Timestamp,
        jitter: impl FnOnce() -> f64,
    ) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.since.get_or_insert(now);
        self.last_error = error;
        let pause = match self.open {
            None if self.failures < FAILURES_TO_OPEN => return false,
            None => FIRST_PAUSE,
            // Of a call that began before the breaker opened.
            Some(open) if open.attempt.is_none() => return false,
            Some(open) => (open.pause * 2).min(LONGEST_PAUSE),
        };
        let opened = self.open.is_none();
        let spread = pause.mul_f64(0.75 + 0.25 * jitter().clamp(0.0, 1.0));
        self.open = Some(Open {
            pause,
            next_attempt: after(now, spread),
            attempt: None,
        });
        opened
    }

    /// Records an answer that limits requests.
    pub(super) fn throttle(&mut self, pause: Option<SignedDuration>, now: Timestamp) {
        let pause = pause.unwrap_or(THROTTLED_PAUSE);
        let until = after(now, pause.min(LONGEST_THROTTLED_PAUSE));
        self.throttled_until = self.throttled_until.max(Some(until));
    }

    /// Returns the outage while the breaker is open: its beginning, the last error, and the time of
    /// the next attempt.
    pub(super) fn outage(&self) -> Option<(Timestamp, &str, Timestamp)> {
        let open = self.open?;
        Some((
            self.since.unwrap_or(open.next_attempt),
            &self.last_error,
            open.next_attempt,
        ))
    }

    /// Returns whether requests are limited now.
    pub(super) fn is_throttled(&self, now: Timestamp) -> bool {
        self.throttled_until.is_some_and(|until| now < until)
    }
}

fn after(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for second in 0..4 {
            assert!(!breaker.fail("no answer".to_owned(), at(second), || 1.0));
            assert_eq!(breaker.permission(at(second)), Permission::Open);
        }
        assert!(breaker.fail("no answer".to_owned(), at(4), || 1.0));
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let mut breaker = Breaker::default();
        for second in 0..20 {
            breaker.fail(String::new(), at(second), || 1.0);
            if second % 4 == 3 {
                assert!(!breaker.succeed());
            }
        }
        assert_eq!(breaker.permission(at(20)), Permission::Open);
        assert_eq!(opened().permission(at(4)), Permission::Until(at(6)));
        assert_eq!(opened().outage(), Some((at(0), "no answer", at(6))));
    }

    #[test]
    fn one_attempt_at_a_time_after_growing_pauses() {
        let mut breaker = opened();
        let mut now = at(6);
        for pause in [4, 8, 16, 32, 60, 60] {
            assert_eq!(breaker.permission(now), Permission::OneAttempt);
            assert!(breaker.begin_attempt(now));
            assert!(!breaker.begin_attempt(now), "one at a time");
            breaker.fail("still none".to_owned(), now, || 1.0);
            now += SignedDuration::from_secs(pause);
            let earlier = now - SignedDuration::from_secs(1);
            assert_eq!(breaker.permission(earlier), Permission::Until(now));
        }
        assert!(breaker.begin_attempt(now));
        assert!(breaker.succeed());
        assert_eq!(breaker.permission(now), Permission::Open);
        assert_eq!(breaker.outage(), None);
    }

    #[test]
    fn calls_that_began_before_do_not_lengthen_the_pause() {
        let mut breaker = opened();
        for _ in 0..8 {
            assert!(!breaker.fail("late".to_owned(), at(5), || 1.0));
        }
        assert_eq!(breaker.outage(), Some((at(0), "late", at(6))));
    }

    #[test]
    fn an_attempt_without_a_result_is_repeated() {
        let mut breaker = opened();
        assert!(breaker.begin_attempt(at(6)));
        breaker.end_attempt();
        assert!(breaker.begin_attempt(at(6)));
        // Its process may have lost it.
        assert!(!breaker.begin_attempt(at(125)));
        assert!(breaker.begin_attempt(at(126)));
    }

    #[test]
    fn a_limit_of_requests_is_a_pause_that_ends() {
        let mut breaker = Breaker::default();
        breaker.throttle(Some(SignedDuration::from_secs(7)), at(0));
        breaker.throttle(None, at(0));
        assert!(!breaker.succeed());
        assert_eq!(breaker.permission(at(6)), Permission::Until(at(7)));
        assert!(breaker.is_throttled(at(6)) && !breaker.is_throttled(at(7)));
        assert_eq!(breaker.permission(at(7)), Permission::Open);
        assert_eq!(breaker.outage(), None);
        breaker.throttle(Some(SignedDuration::from_hours(9)), at(10));
        assert_eq!(breaker.permission(at(10)), Permission::Until(at(310)));
    }
}

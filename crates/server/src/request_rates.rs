//! Limits of requests per second, as token buckets.
//!
//! A bucket is one time: the one at which it would be full again (generic cell rate algorithm). So it
//! has no rest of its own to refill, and an idle bucket need not be kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use underpass_model::project_limits::RequestRate;

/// Buckets by name; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RequestRates {
    full_at: Arc<Mutex<BTreeMap<String, Timestamp>>>,
}

impl RequestRates {
    /// Takes one request from a bucket.
    ///
    /// # Errors
    /// The time after which the bucket has one, if it is empty.
    pub(crate) fn take(
        &self,
        bucket: &str,
        rate: RequestRate,
        now: Timestamp,
    ) -> Result<(), SignedDuration> {
        self.check_or_take(bucket, rate, now, true)
    }

    /// Returns whether a bucket has a request, without taking it.
    ///
    /// # Errors
    /// The time after which the bucket has one, if it is empty.
    pub(crate) fn check(
        &self,
        bucket: &str,
        rate: RequestRate,
        now: Timestamp,
    ) -> Result<(), SignedDuration> {
        self.check_or_take(bucket, rate, now, false)
    }

    fn check_or_take(
        &self,
        bucket: &str,
        rate: RequestRate,
        now: Timestamp,
        is_request: bool,
    ) -> Result<(), SignedDuration> {
        let each = SignedDuration::from_secs(1)
            / i32::try_from(rate.per_second.max(1)).unwrap_or(i32::MAX);
        let burst = each
            .checked_mul(i32::try_from(rate.burst.max(1)).unwrap_or(i32::MAX))
            .unwrap_or(SignedDuration::MAX);
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = buckets.get(bucket).copied().unwrap_or(now).max(now);
        let taken = full_at.duration_since(now);
        // Nothing takes more than all: the clock was put back.
        let taken = if taken > burst {
            SignedDuration::ZERO
        } else {
            taken
        };
        let wait = taken + each - burst;
        if wait.is_positive() {
            return Err(wait);
        }
        if !is_request {
            return Ok(());
        }
        let full_at = now.saturating_add(taken + each).unwrap_or(Timestamp::MAX);
        match buckets.get_mut(bucket) {
            Some(stored) => *stored = full_at,
            None => {
                buckets.insert(bucket.to_owned(), full_at);
            }
        }
        Ok(())
    }

    /// Forgets the buckets that are full.
    pub(crate) fn forget_idle(&self, now: Timestamp) {
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.retain(|_, full_at| *full_at > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: RequestRate = RequestRate {
        per_second: 10,
        burst: 3,
    };

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let rates = RequestRates::default();
        let take = |now| rates.take("a", RATE, at(now));
        for _ in 0..3 {
            assert_eq!(take(0), Ok(()));
        }
        assert_eq!(take(0), Err(SignedDuration::from_millis(100)));
        assert_eq!(take(60), Err(SignedDuration::from_millis(40)));
        assert_eq!(take(100), Ok(()));
        assert!(take(100).is_err());
        assert_eq!(rates.take("b", RATE, at(100)), Ok(()), "another bucket");
        for _ in 0..3 {
            assert_eq!(take(1000), Ok(()));
        }
        assert!(take(1000).is_err(), "a pause saves no more than a burst");
    }

    #[test]
    fn a_check_takes_nothing() {
        let rates = RequestRates::default();
        for _ in 0..5 {
            assert_eq!(rates.check("a", RATE, at(0)), Ok(()));
        }
        for _ in 0..3 {
            assert_eq!(rates.take("a", RATE, at(0)), Ok(()));
        }
        let wait = rates.take("a", RATE, at(0));
        assert!(wait.is_err());
        assert_eq!(rates.check("a", RATE, at(0)), wait);
    }

    #[test]
    fn a_clock_that_is_put_back_blocks_no_bucket() {
        let rates = RequestRates::default();
        assert_eq!(rates.take("a", RATE, at(3_600_000)), Ok(()));
        assert_eq!(rates.take("a", RATE, at(0)), Ok(()));
    }

    #[test]
    fn idle_buckets_are_forgotten() {
        let rates = RequestRates::default();
        assert_eq!(rates.take("a", RATE, at(0)), Ok(()));
        rates.forget_idle(at(50));
        assert_eq!(rates.full_at.lock().unwrap().len(), 1);
        rates.forget_idle(at(100));
        assert!(rates.full_at.lock().unwrap().is_empty());
    }
}

//! Generations of the zone and the serials that secondaries see (RFC 1982).
//!
//! Theory of operation.
//! The generation of the zone is a base plus the number of the last change, in the store, of a row that
//! determines names. Both are read from the store, so replicas that have read up to the same change have
//! the same generation, and a change of a name costs no further write.
//!
//! The base is raised at each start and after a loss of committed changes, so that the generation is at
//! least the time in units of 1/256 s. A store that was put back to an earlier state counts its changes
//! from there again, but from a base that is higher by the time that has passed. So its generations
//! exceed all that were served before, unless more than 256 changes per second were lost on average.
//! The serial is the low half of the generation.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Generations per second of the clock: 256. More than the changes per second that a store makes over
/// hours, and small enough for [`LARGEST_LAG`]: serials compare correctly within 2^31 (RFC 1982 §3.2),
/// which are 97 days.
const PER_SECOND: u64 = 256;

/// Lag behind the clock at which the base is raised without a start: 30 days. Together with the 14 days
/// after which a secondary without answers gives the zone up, it is below the 97 days within which a later
/// serial compares as the later one.
const LARGEST_LAG: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Advance over the last generation that this process served after a loss of changes: 65,536. Other
/// replicas may have served later ones, by what they read more in the moment of the loss.
const ADVANCE_AFTER_LOSS: u64 = 65_536;

/// The number from which the generations of the zone are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SerialBase {
    /// Added to the number of a change.
    pub base: u64,
}

impl SerialBase {
    /// The generation after the change with this number.
    pub const fn generation(self, number: u64) -> u64 {
        self.base.saturating_add(number)
    }

    /// The base of a process that starts or has lost changes, from the last number that it read.
    ///
    /// `lost_after` is the last generation that this process served before it lost changes. The new base
    /// is always a higher one, so every start begins generations that nothing earlier has.
    #[must_use]
    pub fn raised(self, number: u64, now: Timestamp, lost_after: Option<u64>) -> Self {
        let after_loss = lost_after.map_or(0, |served| served.saturating_add(ADVANCE_AFTER_LOSS));
        let least = of_time(now).max(after_loss);
        let base = least.saturating_sub(number).max(self.base + 1);
        Self { base }
    }

    /// Reports whether generations are so far behind the clock that the base must be raised.
    pub fn lags(self, number: u64, now: Timestamp) -> bool {
        let lag = PER_SECOND.saturating_mul(LARGEST_LAG.as_secs().unsigned_abs());
        self.generation(number).saturating_add(lag) < of_time(now)
    }
}

/// The serial of a generation: its low half, because serials count modulo 2^32.
pub const fn serial(generation: u64) -> u32 {
    let [.., a, b, c, d] = generation.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The generation of a time.
fn of_time(now: Timestamp) -> u64 {
    let microseconds = u64::try_from(now.as_microsecond()).unwrap_or(0);
    // Divided first: the product would overflow.
    let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000);
    seconds * PER_SECOND + rest * PER_SECOND / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// RFC 1982 §3.2.
    fn is_later(serial: u32, than: u32) -> bool {
        serial != than && serial.wrapping_sub(than) < 1 << 31
    }

    const START: i64 = 1_795_000_000;
    const DAY: i64 = 86_400;

    #[test]
    fn a_start_begins_at_the_time() {
        let base = SerialBase::default().raised(5_000, at(START), None);
        assert_eq!(base.generation(5_000), 256 * 1_795_000_000);
    }

    #[test]
    fn each_start_begins_later_generations_whatever_the_clock_says() {
        let mut base = SerialBase::default().raised(10, at(START), None);
        for clock in [START, START - DAY, 0, START] {
            let next = base.raised(10, at(clock), None);
            assert!(next.base > base.base);
            base = next;
        }
    }

    #[test]
    fn a_restored_store_serves_later_serials_than_the_one_before() {
        let before = SerialBase::default().raised(1_000, at(START), None);
        // A backup at number 1,000; then 200 changes per second for ten days.
        let served = before.generation(1_000 + 200 * 10 * 86_400);
        let restored = before.raised(1_000, at(START + 10 * DAY), None);
        let begun = restored.generation(1_001);
        assert!(begun > served);
        assert!(is_later(serial(begun), serial(served)));
        // The same backup again.
        let again = before.raised(1_000, at(START + 10 * DAY + 60), None);
        assert!(again.generation(1_001) > restored.generation(1_000 + 200 * 60));
    }

    #[test]
    fn changes_that_are_lost_in_a_burst_are_exceeded_too() {
        let before = SerialBase::default().raised(1_000, at(START), None);
        let served = before.generation(41_000);
        let after = before.raised(30_000, at(START + 1), Some(served));
        assert!(after.generation(30_001) > served + 60_000);
    }

    #[test]
    fn a_quiet_zone_stays_within_the_reach_of_serial_arithmetic() {
        let base = SerialBase::default().raised(1, at(START), None);
        let quiet = base.generation(1);
        assert!(!base.lags(1, at(START + 29 * DAY)));
        assert!(base.lags(1, at(START + 31 * DAY)));
        // A secondary that was away for the 14 days until it gives the zone up.
        let next = base.raised(1, at(START + 45 * DAY), None);
        assert!(is_later(serial(next.generation(1)), serial(quiet)));
    }

    #[test]
    fn a_serial_is_the_low_half() {
        assert_eq!(serial((7 << 32) + 9), 9);
    }
}

//! When a time has come, also after a clock that was ahead.

use jiff::{SignedDuration, Timestamp};

/// The longest pause that anything sets: 1 hour. A longer pause that a provider requests is cut to
/// it.
pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Reports whether a time has come. A time further ahead than any pause was set by a clock that was
/// ahead, and parks nothing.
pub(super) fn is_due(at: Timestamp, now: Timestamp) -> bool {
    at <= now || at.duration_since(now) > LONGEST_PAUSE
}

/// Returns a time that is no further ahead than the longest pause.
pub(super) fn no_later(at: Timestamp, now: Timestamp) -> Timestamp {
    let latest = now.saturating_add(LONGEST_PAUSE).unwrap_or(now);
    at.min(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_every_pause_parks_nothing() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let minute = SignedDuration::from_mins(1);
        assert!(is_due(now, now));
        assert!(is_due(now - minute, now));
        assert!(!is_due(now + minute, now));
        assert!(!is_due(now + LONGEST_PAUSE, now));
        assert!(is_due(now + LONGEST_PAUSE + minute, now));
        assert!(is_due(now + SignedDuration::from_hours(24 * 365), now));
        assert_eq!(no_later(now + minute, now), now + minute);
        assert_eq!(no_later(now + LONGEST_PAUSE * 2, now), now + LONGEST_PAUSE);
    }
}

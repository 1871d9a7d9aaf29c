//! How times are printed: RFC 3339 with milliseconds and the offset of the provider's head office.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Hours from UTC, as in recorded answers.
const OFFSET: i8 = -7;

/// A time as documents show it, for instance `2026-11-24T02:57:50.123-07:00`.
pub(super) fn printed(at: Timestamp) -> String {
    let zone = TimeZone::fixed(Offset::constant(OFFSET));
    at.to_zoned(zone)
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}

/// `now` and a delay; the end of time if that is beyond it.
pub(super) fn later(now: Timestamp, delay: SignedDuration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_an_offset() {
        let at: Timestamp = "2026-11-24T10:57:50.5Z".parse().unwrap();
        assert_eq!(printed(at), "2026-11-24T03:57:50.500-07:00");
        assert_eq!(printed(at).parse::<Timestamp>().unwrap(), at);
    }
}

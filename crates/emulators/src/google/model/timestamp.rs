//! Timestamps in documents: RFC 3339 with milliseconds and Google's UTC offset.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// UTC offset in hours, as in recorded replies.
const OFFSET: i8 = -7;

/// Formats a time as documents show it, for instance `2026-11-24T02:57:50.123-07:00`.
pub(super) fn formatted(at: Timestamp) -> String {
    let zone = TimeZone::fixed(Offset::constant(OFFSET));
    at.to_zoned(zone)
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}

/// Adds a delay to a time; saturates at [`Timestamp::MAX`].
pub(super) fn saturating_add(now: Timestamp, delay: SignedDuration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_an_offset() {
        let at: Timestamp = "2026-11-24T10:57:50.5Z".parse().unwrap();
        assert_eq!(formatted(at), "2026-11-24T03:57:50.500-07:00");
        assert_eq!(formatted(at).parse::<Timestamp>().unwrap(), at);
    }
}

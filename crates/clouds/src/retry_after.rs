//! The pause that an HTTP answer requests (RFC 9110 §10.2.3).

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Preferred form of a date, and the obsolete ones that every recipient accepts (RFC 9110 §5.6.7).
const OBSOLETE_DATES: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// Returns the pause of a `Retry-After` header: seconds, also with a fraction, or a date.
///
/// A date counts from the `Date` of the answer, so that the clocks need not agree, or from `now`
/// without one. A date in the past requests no pause. A fraction is not in the RFC, but sent; it is
/// rounded up to milliseconds.
pub fn retry_after(header: &str, date: Option<&str>, now: Timestamp) -> Option<SignedDuration> {
    let text = header.trim();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return seconds(text);
    }
    let until = http_date(text)?;
    let from = date.and_then(http_date).unwrap_or(now);
    Some(until.duration_since(from).max(SignedDuration::ZERO))
}

/// Reads decimal seconds. More than fit into a duration count as the longest one.
fn seconds(text: &str) -> Option<SignedDuration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let whole = whole.parse().unwrap_or(i64::MAX);
    // Three digits are milliseconds; what follows them rounds up.
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let rest = fraction.get(3..).unwrap_or_default();
    let is_rounded = rest.bytes().any(|it| it != b'0');
    let milliseconds = digits.parse::<i64>().ok()? + i64::from(is_rounded);
    let pause = SignedDuration::from_secs(whole);
    Some(pause.saturating_add(SignedDuration::from_millis(milliseconds)))
}

/// Reads a date of an HTTP header.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    if let Ok(date) = rfc2822::DateTimeParser::new().parse_timestamp(text) {
        return Some(date);
    }
    let mut dates = OBSOLETE_DATES.iter();
    let date = dates.find_map(|form| DateTime::strptime(form, text).ok())?;
    let date = date.to_zoned(TimeZone::UTC).ok()?;
    Some(date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the date of the examples in RFC 9110.
    const NOW: i64 = 784_111_777;

    fn pause(header: &str, date: Option<&str>) -> Option<SignedDuration> {
        retry_after(header, date, Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn seconds_may_have_a_fraction() {
        for (header, milliseconds) in [
            ("0", 0),
            (" 120 ", 120_000),
            ("1.5", 1_500),
            ("0.0001", 1),
            ("2.9999", 3_000),
        ] {
            let expected = Some(SignedDuration::from_millis(milliseconds));
            assert_eq!(pause(header, None), expected, "{header}");
        }
        assert!(pause("99999999999999999999", None).unwrap() > SignedDuration::from_hours(1));
    }

    #[test]
    fn a_date_counts_from_the_date_of_the_answer() {
        let later = "Sun, 06 Nov 1994 08:50:07 GMT";
        assert_eq!(pause(later, None), Some(SignedDuration::from_secs(30)));
        let date = "Sun, 06 Nov 1994 08:49:57 GMT";
        assert_eq!(
            pause(later, Some(date)),
            Some(SignedDuration::from_secs(10))
        );
        assert_eq!(pause(date, Some(later)), Some(SignedDuration::ZERO));
        assert_eq!(
            pause(later, Some("yesterday")),
            Some(SignedDuration::from_secs(30))
        );
        for obsolete in ["Sunday, 06-Nov-94 08:50:07 GMT", "Sun Nov  6 08:50:07 1994"] {
            assert_eq!(
                pause(obsolete, None),
                Some(SignedDuration::from_secs(30)),
                "{obsolete}"
            );
        }
    }

    #[test]
    fn anything_else_requests_no_pause() {
        for header in [
            "",
            "soon",
            "-1",
            "1.",
            ".5",
            "1,5",
            "1.5.0",
            "5s",
            "1e3",
            "Sun, 06 Nov",
        ] {
            assert_eq!(pause(header, None), None, "{header}");
        }
    }
}

//! Values of the `Retry-After` header, in the forms that clouds send.

use jiff::Timestamp;

/// A form of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Whole seconds (RFC 9110 §10.2.3).
    Seconds,
    /// Seconds with a fraction, which the RFC does not have (reported).
    Fraction,
    /// An HTTP date (RFC 9110 §5.6.7).
    Date,
}

/// Returns the value that asks to wait until a time. It is no earlier than the time.
pub(super) fn retry_after(form: Form, until: Timestamp, now: Timestamp) -> String {
    let left = until.duration_since(now).as_millis().max(1);
    match form {
        Form::Seconds => (left + 999).div_euclid(1000).to_string(),
        Form::Fraction => {
            let tenths = (left + 99).div_euclid(100);
            format!("{}.{}", tenths.div_euclid(10), tenths.rem_euclid(10))
        }
        Form::Date => {
            // The `Date` of the answer lacks the fraction of its second, and so does this.
            let next = now.as_second() + i64::try_from((left + 999).div_euclid(1000)).unwrap_or(1);
            let date = Timestamp::from_second(next + 1).unwrap_or(until);
            date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
        }
    }
}

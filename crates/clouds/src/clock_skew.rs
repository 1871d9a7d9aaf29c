//! Differences between this machine's clock and a provider's, by the `Date` of its answers.

use jiff::SignedDuration;

use crate::answer::Answer;
use crate::error::Error;

/// The largest difference that does not explain a refusal: 5 minutes, which both providers tolerate
/// in signed assertions (Microsoft identity platform, `clock_skew`; Google allows a few minutes).
pub const LARGEST_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Names the difference in the error for refused credentials, if it is larger than allowed: signed
/// requests and tokens are valid for a time.
pub(crate) fn explain(error: &mut Error, answer: &Answer, host: &str) {
    let Some(skew) = answer.clock_skew().filter(|skew| is_large(*skew)) else {
        return;
    };
    let (seconds, direction) = (skew.unsigned_abs().as_secs(), direction(skew));
    let limit = LARGEST_CLOCK_SKEW.as_secs();
    error.message = format!(
        "{}. This machine's clock is {seconds} s {direction} that of {host}; the largest allowed \
         difference is {limit} s",
        error.message.trim_end_matches('.')
    );
    let remedy = "Synchronise this machine's clock (`timedatectl set-ntp true`)";
    error.remedy = Some(match error.remedy.take() {
        Some(other) => format!("{remedy}. If the refusal remains: {other}"),
        None => remedy.to_owned(),
    });
}

/// Reports whether a difference is larger than allowed.
pub(crate) fn is_large(skew: SignedDuration) -> bool {
    skew.abs() > LARGEST_CLOCK_SKEW
}

/// The direction of a difference: our clock minus the provider's.
const fn direction(skew: SignedDuration) -> &'static str {
    if skew.is_negative() {
        "behind"
    } else {
        "ahead of"
    }
}

//! Pauses after failures.

use jiff::SignedDuration;

/// The first pause after a failure; it doubles with each further one.
pub const BACKOFF_FIRST: SignedDuration = SignedDuration::from_secs(1);

/// The longest pause after transient failures: 5 minutes, the longest that Azure needs until
/// references become visible (azurerm retries as long).
pub const BACKOFF_LONGEST: SignedDuration = SignedDuration::from_secs(300);

/// The pause after an error that only an operator can resolve: 15 minutes, so that a granted
/// permission or quota is noticed without a request, at four calls an hour.
pub const BACKOFF_REFUSED: SignedDuration = SignedDuration::from_secs(900);

/// Returns the pause after the `attempts`-th failure in a row: doubled each time, capped, and
/// spread.
pub fn backoff(attempts: u32, jitter: f64) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).min(16);
    let full = (BACKOFF_FIRST * (1_i32 << doublings)).min(BACKOFF_LONGEST);
    full.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

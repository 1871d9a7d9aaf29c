//! The wall clock: the only code of this crate that reads it.

use jiff::Timestamp;

/// The current time, for the shell; models get the time as an argument.
#[expect(clippy::disallowed_methods, reason = "this is the crate's clock.rs")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

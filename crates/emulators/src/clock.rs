//! The only place of this crate that reads the wall clock.

use jiff::Timestamp;

/// What time it is, for the shells; the models get it as an argument.
#[expect(clippy::disallowed_methods, reason = "this is the crate's clock.rs")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

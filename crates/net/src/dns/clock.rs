//! The clock of signatures.

use std::time::{SystemTime, UNIX_EPOCH};

/// The seconds since 1970, in which signatures are dated (RFC 8945 §4.2).
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub(super) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

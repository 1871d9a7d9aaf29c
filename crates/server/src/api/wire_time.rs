//! Timestamps in the format of the compatible API.

use jiff::Timestamp;

/// Formats a time by RFC 3339 in UTC, in whole seconds: `2026-01-01T00:00:00Z`.
pub(crate) fn wire_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

//! Numeric ids, fingerprints and operation names, drawn from the caller's generator.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rand::Rng;

/// Returns a numeric id for a resource or operation: 19 digits, as in recorded replies.
pub(super) fn resource_number(rng: &mut dyn Rng) -> u64 {
    between(rng, 1_000_000_000_000_000_000, 9_000_000_000_000_000_000)
}

/// Returns a PSC connection id: 17 to 20 digits, as in recorded replies.
pub(super) fn connection_number(rng: &mut dyn Rng) -> u64 {
    between(rng, 10_000_000_000_000_000, u64::MAX)
}

/// Returns a project number: 12 digits.
pub(super) fn project_number(rng: &mut dyn Rng) -> u64 {
    between(rng, 100_000_000_000, 999_999_999_999)
}

fn between(rng: &mut dyn Rng, first: u64, last: u64) -> u64 {
    first + rng.next_u64() % (last - first)
}

/// Returns a fingerprint: eight bytes in base64.
pub(super) fn fingerprint(rng: &mut dyn Rng) -> String {
    STANDARD.encode(rng.next_u64().to_be_bytes())
}

/// Returns an operation name: `operation-<millis>-<hex>-<hex>-<hex>`.
pub(super) fn operation_name(rng: &mut dyn Rng, now: Timestamp) -> String {
    let (first, second) = (rng.next_u64(), rng.next_u64());
    format!(
        "operation-{}-{:013x}-{:08x}-{:08x}",
        now.as_millisecond(),
        first >> 12,
        second >> 32,
        second & 0xffff_ffff
    )
}

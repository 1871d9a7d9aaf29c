//! WAL records: lines of a checksum, a space, JSON without line breaks, and a line break.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

/// Length of a checksum, in bytes of a SHA-256: 72 bits are 12 characters of Base64 without padding.
/// It detects damage, not forgery.
const CHECKSUM_BYTES: usize = 9;

/// Length of a checksum, in characters.
const CHECKSUM: usize = CHECKSUM_BYTES / 3 * 4;

/// Appends the line of `payload` to `out`.
pub(super) fn encode(payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(checksum(payload).as_bytes());
    out.push(b' ');
    out.extend_from_slice(payload);
    out.push(b'\n');
}

/// The payload of a line without its line break; `None` if the line is incomplete or damaged.
pub(super) fn decode(line: &[u8]) -> Option<&[u8]> {
    let (sum, rest) = line.split_at_checked(CHECKSUM)?;
    let payload = rest.strip_prefix(b" ")?;
    (checksum(payload).as_bytes() == sum).then_some(payload)
}

fn checksum(payload: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, payload);
    let (shown, _) = hash.as_ref().split_at(CHECKSUM_BYTES);
    URL_SAFE_NO_PAD.encode(shown)
}

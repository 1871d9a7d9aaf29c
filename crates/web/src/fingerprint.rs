//! Fingerprints: whether a text is still the same, without keeping it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

/// SHA-256 of texts one after the other: 43 characters of URL-safe base64.
pub fn fingerprint<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    for text in texts {
        hash.update(text.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_sha_256_in_base64() {
        // FIPS 180-2, appendix B.1.
        let known = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
        assert_eq!(fingerprint(["abc"]), known);
        assert_eq!(fingerprint(["a", "bc"]), known);
        assert_ne!(fingerprint(["abd"]), known);
    }
}

//! Token texts: drawing and hashing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use subtle::ConstantTimeEq as _;
use underpass_model::credentials::Secret;

use crate::ids::Ids;

/// Random bytes of a token: 32, or 256 bits (43 characters of URL-safe base64).
const BYTES: usize = 32;

/// Characters of a token that are stored and shown to identify it: 6, or 36 of its 256 bits.
const PREFIX: usize = 6;

/// Draws the text of a new token.
pub fn draw(ids: &Ids) -> Secret {
    let mut bytes = [0; BYTES];
    ids.fill(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// Returns the stored form of a token: its SHA-256 in lower-case hex. A token has 256 random bits,
/// so a slow hash adds no protection.
pub fn hash(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest
        .as_ref()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            hex.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            hex.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
            hex
        })
}

/// Returns whether two hashes are equal, in constant time.
pub(crate) fn is_same_hash(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// Returns the characters that identify a token.
pub fn prefix(text: &str) -> String {
    text.chars().take(PREFIX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_43_url_safe_characters() {
        let ids = Ids::from_seed(7);
        let (one, other) = (draw(&ids), draw(&ids));
        assert_eq!(one.expose().len(), 43);
        assert!(
            one.expose()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
        assert_ne!(one.expose(), other.expose());
    }

    #[test]
    fn the_hash_is_sha_256_in_lower_case_hex() {
        // FIPS 180-2, appendix B.1.
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), known);
        assert!(is_same_hash(&hash("abc"), known));
        assert!(!is_same_hash(&hash("abd"), known));
    }
}

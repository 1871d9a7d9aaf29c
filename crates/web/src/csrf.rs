//! CSRF tokens: each form carries a value that only pages of the same session can know.
//!
//! A token is an HMAC of a subject with a secret key (OWASP, "Cross-Site Request Forgery
//! Prevention", HMAC-based token pattern). It does not reveal the key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

/// Name of the hidden field that carries the token.
pub const FIELD: &str = "csrf_token";

/// Secret key from which tokens are made.
pub struct CsrfKey(hmac::Key);

impl CsrfKey {
    /// A key from a secret that no page shows.
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Token of a subject, for instance of a session.
    pub fn token(&self, subject: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, subject.as_bytes()))
    }

    /// Reports whether a token is the subject's, in constant time.
    pub fn is_valid(&self, subject: &str, token: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else {
            return false;
        };
        hmac::verify(&self.0, subject.as_bytes(), &bytes).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_valid_for_one_subject_and_one_key() {
        let (key, other) = (CsrfKey::new(b"one"), CsrfKey::new(b"other"));
        let token = key.token("a");
        assert!(key.is_valid("a", &token));
        assert!(!key.is_valid("b", &token), "another subject's");
        assert!(!other.is_valid("a", &token), "another key's");
        for wrong in ["", "0", "ä", "zz", &token[2..]] {
            assert!(!key.is_valid("a", wrong), "{wrong}");
        }
    }
}

//! Secrets that are never printed.

use std::fmt;

use ring::digest;
use subtle::ConstantTimeEq as _;

/// A secret: compared in constant time and not shown by `Debug`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text of the secret, for a file or a header; never for a log or an error.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Reports whether `candidate` is the secret.
    ///
    /// Both texts are hashed first, so the duration depends on neither content nor length.
    pub(crate) fn matches(&self, candidate: &str) -> bool {
        let ours = digest::digest(&digest::SHA256, self.0.as_bytes());
        let theirs = digest::digest(&digest::SHA256, candidate.as_bytes());
        ours.as_ref().ct_eq(theirs.as_ref()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

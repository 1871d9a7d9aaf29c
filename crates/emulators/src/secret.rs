//! Text that must never be printed.

use std::fmt;

use ring::digest;
use subtle::ConstantTimeEq as _;

/// A secret: it compares in constant time and its `Debug` shows nothing.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret that came from a file or a generator.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for a file or a header; never for a log or an error.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is the secret.
    ///
    /// Both sides are hashed first, so that neither content nor length shows in the time taken.
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

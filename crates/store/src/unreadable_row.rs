//! A row that cannot be decoded, and the reason.

use std::fmt;

use crate::key::Key;
use crate::kind::Kind;

/// A row that this version of Underpass cannot decode. Its content is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Its kind.
    pub kind: Kind,
    /// Its key.
    pub key: Key,
    /// Its version.
    pub version: u64,
    /// The defect.
    pub defect: Defect,
}

/// The reason why a row cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// The document has a newer format than this version supports.
    Newer,
    /// The document cannot be decrypted with the key.
    Undecryptable,
    /// The document is not JSON.
    Malformed,
    /// The document is JSON in a form that this version does not support.
    Unsupported,
}

// === impl UnreadableRow ===

impl UnreadableRow {
    /// The name of the project that it belongs to; `None` for rows of the installation.
    pub fn project(&self) -> Option<&str> {
        let below = match self.kind {
            Kind::Observed => self.key.as_str().split_once('/')?.1,
            Kind::Project | Kind::CaKey => self.key.as_str(),
            kind if kind.is_below_project() => self.key.as_str(),
            _ => return None,
        };
        below.split('/').next()
    }
}

// === impl Defect ===

impl Defect {
    /// The name, for logs and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newer => "newer",
            Self::Undecryptable => "undecryptable",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! Why a request is not carried out: the rule, and what to do next.

use std::fmt;

use crate::cloud::UnknownCloud;
use crate::id::MalformedId;
use crate::name::MalformedName;

/// Which kind of refusal; the HTTP edge gives each its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request itself is not well formed or asks for something that cannot be.
    Invalid,
    /// The caller is not known.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// What the request names does not exist.
    NotFound,
    /// The request is well formed but the present state forbids it.
    Conflict,
}

/// A request that was refused, in words a person can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind, which decides the status code.
    pub kind: RefusalKind,
    /// A stable word for programs; each has a page `docs/errors/<code>.md`.
    pub code: &'static str,
    /// What was refused, by which rule, and what to do next.
    pub message: String,
}

impl Refusal {
    /// The request is not well formed.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Invalid,
            code,
            message: message.into(),
        }
    }

    /// The caller is not known.
    pub fn unauthenticated(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Unauthenticated,
            code,
            message: message.into(),
        }
    }

    /// The caller may not do this.
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Forbidden,
            code,
            message: message.into(),
        }
    }

    /// What is named does not exist.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::NotFound,
            code,
            message: message.into(),
        }
    }

    /// The present state forbids it.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Conflict,
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<MalformedId> for Refusal {
    fn from(error: MalformedId) -> Self {
        Self::invalid("malformed_id", error.to_string())
    }
}

impl From<MalformedName> for Refusal {
    fn from(error: MalformedName) -> Self {
        Self::invalid("malformed_name", error.to_string())
    }
}

impl From<UnknownCloud> for Refusal {
    fn from(error: UnknownCloud) -> Self {
        Self::invalid("unknown_cloud", error.to_string())
    }
}

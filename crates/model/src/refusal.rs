//! Refused requests: the rule that refused them, and the remedy.

use std::fmt;

use crate::cloud::UnknownCloud;
use crate::id::{MalformedId, ProjectVpcId, StaticIpId};
use crate::name::MalformedName;
use crate::remedy::Remedy;

/// The kind of a refusal. The HTTP edge maps each to a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request is malformed or impossible.
    Invalid,
    /// The caller is not authenticated.
    Unauthenticated,
    /// The caller lacks the permission.
    Forbidden,
    /// The requested object does not exist.
    NotFound,
    /// The request is valid but conflicts with the current state.
    Conflict,
}

/// A refused request: the rule in words, and the action that resolves it as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind, which decides the status code.
    pub kind: RefusalKind,
    /// A stable word for programs; each has a page `docs/errors/<code>.md`.
    pub code: &'static str,
    /// The request that was refused and the rule that refused it, without a full stop at the end.
    pub message: String,
    /// The action that resolves it, where there is one to name.
    pub remedy: Option<Box<Remedy>>,
}

impl Refusal {
    /// A malformed or impossible request.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Invalid,
            code,
            message: message.into(),
            remedy: None,
        }
    }

    /// A caller who is not authenticated.
    pub fn unauthenticated(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Unauthenticated,
            code,
            message: message.into(),
            remedy: None,
        }
    }

    /// A caller without the permission.
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Forbidden,
            code,
            message: message.into(),
            remedy: None,
        }
    }

    /// An object that does not exist.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::NotFound,
            code,
            message: message.into(),
            remedy: None,
        }
    }

    /// A conflict with the current state.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Conflict,
            code,
            message: message.into(),
            remedy: None,
        }
    }
}

impl Refusal {
    /// The same refusal with the action that resolves it.
    #[must_use]
    pub fn with_remedy(self, remedy: Remedy) -> Self {
        Self {
            remedy: Some(Box::new(remedy)),
            ..self
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
        let remedy = match error.kind {
            ProjectVpcId::KIND => Some(Remedy::ListVpcs),
            StaticIpId::KIND => Some(Remedy::ListStaticIps),
            _ => None,
        };
        let refusal = Self::invalid("malformed_id", error.to_string());
        match remedy {
            Some(remedy) => refusal.with_remedy(remedy),
            None => refusal,
        }
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

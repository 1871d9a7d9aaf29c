//! The error of a step, classified once.

use jiff::SignedDuration;
use underpass_model::part::Part;
use underpass_model::reconcile::{Failure, Recovery};

use crate::transport::SendError;

/// A failed step.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {message}{}", code_suffix(code))]
pub struct Error {
    /// The kind, which determines the recovery.
    pub kind: ErrorKind,
    /// The attempt, as a present-tense phrase.
    pub action: String,
    /// The provider's code, or ours for failures without one.
    pub code: String,
    /// The provider's message; safe to show, never a secret.
    pub message: String,
    /// The action of the operator, if one is needed.
    pub remedy: Option<String>,
    /// The underlying error, for logs.
    #[source]
    pub source: Option<SendError>,
}

fn code_suffix(code: &str) -> String {
    if code.is_empty() {
        String::new()
    } else {
        format!(" ({code})")
    }
}

/// The kind of an error, which determines the recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Transient: throttling, a busy dependency, an outage.
    Retry {
        /// The pause requested by the provider.
        after: Option<SignedDuration>,
    },
    /// The known state is stale.
    Conflict,
    /// A resource that the step needs does not exist.
    Missing,
    /// The account lacks a permission.
    Denied,
    /// A limit of the provider or the subscription.
    Quota,
    /// The provider will never accept this.
    Invalid,
    /// The object exists, but with the ownership tag of another owner.
    NotOurs,
    /// Sent, but not answered: the request may or may not have taken effect.
    InDoubt,
}

/// The side that caused an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Our configuration or code.
    Us,
    /// The provider.
    Provider,
    /// The network in between.
    Network,
}

impl Error {
    /// Returns the side that caused the error.
    pub const fn side(&self) -> Side {
        match self.kind {
            ErrorKind::Retry { .. } | ErrorKind::Quota | ErrorKind::Missing => Side::Provider,
            ErrorKind::Conflict | ErrorKind::Denied | ErrorKind::Invalid | ErrorKind::NotOurs => {
                Side::Us
            }
            ErrorKind::InDoubt => Side::Network,
        }
    }

    /// Returns the failure for the reconcile loop.
    pub fn failure(&self) -> Failure {
        let recovery = match self.kind {
            ErrorKind::Conflict => Recovery::Reread,
            ErrorKind::Retry { after } => Recovery::Retry { after },
            ErrorKind::InDoubt | ErrorKind::Missing => Recovery::Retry { after: None },
            ErrorKind::Denied | ErrorKind::Quota | ErrorKind::Invalid | ErrorKind::NotOurs => {
                Recovery::Refused
            }
        };
        Failure {
            recovery,
            code: self.code.clone(),
            message: format!("{}: {}", self.action, self.message),
            remedy: self.remedy.clone(),
        }
    }
}

/// The error for a request without an answer.
pub(crate) fn unanswered(action: &str, source: SendError) -> Error {
    let (kind, code, message) = match &source {
        SendError::NotSent { host, .. } => (
            ErrorKind::Retry { after: None },
            "Unreachable",
            format!("{host} cannot be reached"),
        ),
        SendError::InDoubt { host, .. } => (
            ErrorKind::InDoubt,
            "Unanswered",
            format!(
                "{host} did not answer. The request may or may not have taken effect; the \
                     part is read next"
            ),
        ),
    };
    Error {
        source: Some(source),
        ..own(kind, action, code, message)
    }
}

/// The error for a part that this cloud does not have, or a spec that the part cannot have.
pub(crate) fn unsupported(verb: &str, part: &Part) -> Error {
    own(
        ErrorKind::Invalid,
        &format!("{verb} the {}", part.display_name()),
        "UnsupportedPart",
        "the driver of this cloud does not support this part, or not with this spec".to_owned(),
    )
}

/// An error detected by the driver.
pub(crate) fn own(kind: ErrorKind, action: &str, code: &str, message: String) -> Error {
    Error {
        kind,
        action: action.to_owned(),
        code: code.to_owned(),
        message,
        remedy: None,
        source: None,
    }
}

//! Why a step did not succeed, classified once.

use jiff::SignedDuration;
use underpass_model::part::Part;
use underpass_model::reconcile::{Failure, Recovery};

use crate::transport::SendError;

/// A step that did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {message}{}", code_suffix(code))]
pub struct Error {
    /// What kind, which decides how to go on.
    pub kind: ErrorKind,
    /// What was attempted, as a present-tense phrase.
    pub action: String,
    /// The provider's code, or ours for failures without one.
    pub code: String,
    /// The provider's words; safe to show, never a secret.
    pub message: String,
    /// What the operator can do, when a person must.
    pub remedy: Option<String>,
    /// What lies below, for logs.
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

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It passes by itself: throttling, a busy dependency, an outage.
    Retry {
        /// The provider's own wish.
        after: Option<SignedDuration>,
    },
    /// What we knew is stale: look again.
    Conflict,
    /// What the step needs is not there.
    Missing,
    /// The account may not do it.
    Denied,
    /// A limit of the provider or the subscription.
    Quota,
    /// The provider will never accept this.
    Invalid,
    /// The object is there, but carries somebody else's mark.
    NotOurs,
    /// Sent, but not answered: anything may be true.
    InDoubt,
}

/// Where the cause lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Our configuration or code.
    Us,
    /// The provider.
    Provider,
    /// Between us.
    Network,
}

impl Error {
    /// Where the cause lies.
    pub const fn side(&self) -> Side {
        match self.kind {
            ErrorKind::Retry { .. } | ErrorKind::Quota | ErrorKind::Missing => Side::Provider,
            ErrorKind::Conflict | ErrorKind::Denied | ErrorKind::Invalid | ErrorKind::NotOurs => {
                Side::Us
            }
            ErrorKind::InDoubt => Side::Network,
        }
    }

    /// What the loop makes of it.
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

/// A request without an answer.
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
            format!("{host} was asked, but no answer came; what it did is looked up next"),
        ),
    };
    Error {
        source: Some(source),
        ..own(kind, action, code, message)
    }
}

/// The refusal of a part that this cloud does not have, or of a spec that the part cannot have.
pub(crate) fn unsupported(verb: &str, part: &Part) -> Error {
    own(
        ErrorKind::Invalid,
        &format!("{verb} the {}", part.display_name()),
        "UnsupportedPart",
        "the driver of this cloud does not support this part, or not with this spec".to_owned(),
    )
}

/// An error found by ourselves.
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

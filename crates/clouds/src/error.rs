//! The error of a step, classified once.

use jiff::SignedDuration;
use underpass_model::part::Part;
use underpass_model::reconcile::{Failure, Recovery};

use crate::transport::SendError;

/// The code of a request that never reached the provider.
const UNREACHABLE: &str = "Unreachable";

/// The code of a request that was sent, but not answered.
const UNANSWERED: &str = "Unanswered";

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
    /// The HTTP status of the refusing answer, if there was one. 429 also stands for a limit of
    /// requests that the provider reports with another status.
    pub status: Option<u16>,
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

/// A statement of one call about the account's endpoints, whatever it was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reachability {
    /// They answer.
    Answering,
    /// They answer too many requests with a refusal.
    Throttled {
        /// The pause requested by the provider.
        after: Option<SignedDuration>,
    },
    /// They cannot be reached, do not answer in time, or fail themselves.
    Unreachable,
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

    /// The error for a call that was given up after a time limit.
    pub fn overdue(action: &str, limit: std::time::Duration) -> Self {
        let message = format!("it took longer than {} s", limit.as_secs());
        own(ErrorKind::InDoubt, action, "Overdue", message)
    }

    /// Returns what the error says about the account's endpoints; `None` if no call was made.
    pub fn reachability(&self) -> Option<Reachability> {
        let has_no_answer = matches!(self.code.as_str(), UNREACHABLE | UNANSWERED);
        match (self.kind, self.status) {
            (ErrorKind::Retry { after }, Some(429)) => Some(Reachability::Throttled { after }),
            (_, Some(500..)) | (ErrorKind::InDoubt, None) => Some(Reachability::Unreachable),
            (_, Some(_)) => Some(Reachability::Answering),
            (_, None) => has_no_answer.then_some(Reachability::Unreachable),
        }
    }

    /// Returns a copy without the underlying error, for callers that share a result.
    pub(crate) fn copy(&self) -> Self {
        Self {
            kind: self.kind,
            action: self.action.clone(),
            code: self.code.clone(),
            message: self.message.clone(),
            remedy: self.remedy.clone(),
            status: self.status,
            source: None,
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
            UNREACHABLE,
            format!("{host} cannot be reached"),
        ),
        SendError::InDoubt { host, .. } => (
            ErrorKind::InDoubt,
            UNANSWERED,
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
        status: None,
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, code: &str, status: Option<u16>) -> Error {
        Error {
            status,
            ..own(kind, "read", code, String::new())
        }
    }

    #[test]
    fn an_error_says_whether_the_account_is_reachable() {
        let retry = |after| ErrorKind::Retry { after };
        let pause = Some(SignedDuration::from_secs(7));
        let throttled = Some(Reachability::Throttled { after: pause });
        let (answering, unreachable) = (
            Some(Reachability::Answering),
            Some(Reachability::Unreachable),
        );
        for (kind, code, status, expected) in [
            (retry(pause), "TooManyRequests", Some(429), throttled),
            (retry(None), "InternalServerError", Some(500), unreachable),
            (retry(None), "HTTP 503", Some(503), unreachable),
            (ErrorKind::InDoubt, UNANSWERED, None, unreachable),
            // A token request changes nothing, so it is not in doubt.
            (retry(None), UNANSWERED, None, unreachable),
            (retry(None), UNREACHABLE, None, unreachable),
            (ErrorKind::InDoubt, "UnreadableAnswer", Some(200), answering),
            (
                ErrorKind::Denied,
                "AuthorizationFailed",
                Some(403),
                answering,
            ),
            (
                retry(None),
                "AnotherOperationInProgress",
                Some(409),
                answering,
            ),
            // Of no call.
            (ErrorKind::Invalid, "UnsupportedPart", None, None),
            (ErrorKind::Conflict, "Changed", None, None),
        ] {
            let error = error(kind, code, status);
            assert_eq!(error.reachability(), expected, "{code}");
        }
    }
}

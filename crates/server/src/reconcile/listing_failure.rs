//! Why a scope was not listed, and whether the next attempt may succeed by itself.

use underpass_clouds::{Error as CloudError, ErrorKind};

/// Reason why a scope or an account was not listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingFailure {
    /// The reason; may contain untrusted text of the provider.
    pub reason: String,
    /// The next attempt may succeed without an operator: after throttling, an unanswered
    /// call, a failure inside the cloud, or a conflict. Refusals last, and so does an account that
    /// does not answer.
    pub is_passing: bool,
}

impl ListingFailure {
    /// A failure that lasts until an operator acts.
    pub(super) fn lasting(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_passing: false,
        }
    }

    /// A failure after which the next attempt may succeed.
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_passing: true,
        }
    }

    /// The failure of a call.
    pub(super) fn of_call(error: &CloudError) -> Self {
        let is_passing = match error.kind {
            ErrorKind::Retry { .. } | ErrorKind::Conflict | ErrorKind::InDoubt => true,
            ErrorKind::Missing
            | ErrorKind::Denied
            | ErrorKind::Quota
            | ErrorKind::Invalid
            | ErrorKind::NotOurs => false,
        };
        Self {
            reason: error.failure().message,
            is_passing,
        }
    }
}

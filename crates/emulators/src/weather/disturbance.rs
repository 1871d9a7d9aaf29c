//! Faults of single requests.

use std::time::Duration;

use super::retry_after::Form;

/// A fault of one request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Disturbance {
    /// Answers it after a pause.
    Slow(Duration),
    /// Closes its connection without an answer.
    Cut { is_carried_out: bool },
    /// Refuses it.
    Refused {
        refusal: FalseRefusal,
        is_carried_out: bool,
    },
    /// Alters the answer to a read.
    False(FalseRead),
    /// Accepts it and disturbs its operation.
    Operation(OperationFault),
    /// Carries it out, and puts the former settings back afterwards.
    Reverted,
}

/// A refusal without a cause in the state of the cloud.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FalseRefusal {
    /// Too many requests.
    Throttled {
        /// Value of the `Retry-After` header.
        retry_after: String,
        /// The form of that value.
        form: Form,
    },
    /// Another write is in progress.
    Conflict,
    /// The named state is not the present one.
    PreconditionFailed,
    /// A fault of the cloud.
    Server(ServerError),
    /// The access token has expired.
    TokenExpired,
    /// A quota is used up.
    Quota,
}

/// A status of 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerError {
    /// 500.
    Internal,
    /// 502, without a body of the cloud's form.
    BadGateway,
    /// 503.
    Unavailable,
    /// 504.
    GatewayTimeout,
}

/// A false answer to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FalseRead {
    /// The resource is absent.
    Absent,
    /// Each list lacks one entry, counted from this number.
    Short(usize),
    /// The answer is the last one.
    Stale,
}

/// A fault of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationFault {
    /// It fails.
    Fails,
    /// It takes longer.
    Hangs {
        /// The further duration.
        for_seconds: u32,
    },
}

impl Disturbance {
    /// The key of [`super::Weather`] that it comes from.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Slow(_) => "slow_answer",
            Self::Cut { .. } => "cut_connection",
            Self::Refused { refusal, .. } => match refusal {
                FalseRefusal::Throttled { .. } => "throttling",
                FalseRefusal::Conflict | FalseRefusal::PreconditionFailed => "conflict",
                FalseRefusal::Server(_) => "server_error",
                FalseRefusal::TokenExpired => "expired_token",
                FalseRefusal::Quota => "quota",
            },
            Self::False(FalseRead::Absent) => "false_absence",
            Self::False(FalseRead::Short(_)) => "short_list",
            Self::False(FalseRead::Stale) => "stale_answer",
            Self::Operation(OperationFault::Fails) => "failed_operation",
            Self::Operation(OperationFault::Hangs { .. }) => "hanging_operation",
            Self::Reverted => "reverted_write",
        }
    }

    /// The effect, for the log.
    pub(super) const fn effect(&self) -> &'static str {
        match self {
            Self::Slow(_) => "the answer is slow",
            Self::Cut {
                is_carried_out: false,
            } => "the connection is closed before the request is carried out",
            Self::Cut {
                is_carried_out: true,
            } => "the connection is closed after the request was carried out",
            Self::Refused {
                refusal,
                is_carried_out,
            } => match (refusal, is_carried_out) {
                (FalseRefusal::Throttled { .. }, _) => "too many requests",
                (FalseRefusal::Conflict, _) => "another write is said to be in progress",
                (FalseRefusal::PreconditionFailed, _) => "the resource is said to have changed",
                (FalseRefusal::Server(_), false) => "the request fails without effect",
                (FalseRefusal::Server(_), true) => "the request fails after its effect",
                (FalseRefusal::TokenExpired, _) => "the access token is said to have expired",
                (FalseRefusal::Quota, _) => "a quota is said to be used up",
            },
            Self::False(FalseRead::Absent) => "a resource that exists is answered as absent",
            Self::False(FalseRead::Short(_)) => "each list lacks one entry",
            Self::False(FalseRead::Stale) => "an earlier answer is repeated",
            Self::Operation(OperationFault::Fails) => "the operation fails",
            Self::Operation(OperationFault::Hangs { .. }) => "the operation takes longer",
            Self::Reverted => "the former settings are put back",
        }
    }
}

//! Steps, their outcomes, and the reasons to wait.

use jiff::{SignedDuration, Timestamp};

use super::absence::Evidence;
use crate::part::{Confirmed, OperationKind, Part, Spec};

/// One call to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Reads the part.
    Read(Part),
    /// Creates or changes the part.
    Put {
        /// The part.
        part: Part,
        /// The desired spec.
        spec: Spec,
        /// The tag of the state that the decision is based on; `None` only if the part did not
        /// exist.
        tag: Option<String>,
    },
    /// Lists the contents of a container, before it is deleted with them.
    Survey(Part),
    /// Deletes the part.
    Delete(Part),
    /// Polls an operation.
    Poll {
        /// The part that it changes.
        part: Part,
        /// The provider's handle.
        operation: String,
        /// The direction of the operation.
        kind: OperationKind,
    },
}

impl Step {
    /// The part of the step.
    pub const fn part(&self) -> &Part {
        match self {
            Self::Read(part)
            | Self::Survey(part)
            | Self::Delete(part)
            | Self::Put { part, .. }
            | Self::Poll { part, .. } => part,
        }
    }

    /// Reports whether the step is a write or polls one.
    pub(super) const fn is_writing(&self) -> bool {
        match self {
            Self::Put { .. } | Self::Delete(_) | Self::Poll { .. } => true,
            Self::Read(_) | Self::Survey(_) => false,
        }
    }

    /// Reports whether the step creates or changes the part, or polls the operation that does.
    pub(super) const fn is_put(&self) -> bool {
        match self {
            Self::Put { .. } => true,
            Self::Poll { kind, .. } => matches!(kind, OperationKind::Put),
            Self::Read(_) | Self::Survey(_) | Self::Delete(_) => false,
        }
    }

    /// Reports whether the step changes anything in the cloud.
    pub const fn is_write(&self) -> bool {
        match self {
            Self::Put { .. } | Self::Delete(_) => true,
            Self::Read(_) | Self::Survey(_) | Self::Poll { .. } => false,
        }
    }
}

/// The result of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A step to perform.
    Do(Step),
    /// A wait until this time.
    Wait {
        /// The time of the next evaluation.
        until: Timestamp,
        /// The reason for the wait.
        why: WaitReason,
    },
    /// Nothing to do until the desired or the observed state changes.
    Rest,
}

/// The reason for a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitReason {
    /// The provider is changing this part.
    Making(Part),
    /// This part takes its desired spec by itself.
    Awaited(Part),
    /// This part was not found; the next read is due later.
    Absence(Part),
    /// This container was empty; the next listing of its contents is due later.
    Emptiness(Part),
    /// The provider does not keep what is written to this part; the next repair is due later.
    Repair(Part),
    /// The last step on this part failed; the next attempt is due later.
    PartFailure(Part),
}

/// A provider's answer about a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider completed the removal of the part.
    Gone,
    /// A read did not find the part, which alone is no proof.
    Absent(Evidence),
    /// The container exists, and a listing of its contents shows nothing.
    Empty,
    /// The part exists and is settled.
    Ready(Confirmed),
    /// A read before a write shows the desired spec; nothing was written.
    Found(Confirmed),
    /// The part exists, but the provider reports it as failed.
    Failed(Confirmed),
    /// The provider is changing the part.
    Making {
        /// The handle for polling; `None`: the part itself is read.
        operation: Option<String>,
        /// The time of the next poll.
        check_after: Timestamp,
        /// The direction of the operation.
        kind: OperationKind,
    },
}

impl Outcome {
    /// The outcome of a write that was not needed, of the outcome of the read before it.
    #[must_use]
    pub fn found(self) -> Self {
        match self {
            Self::Ready(confirmed) => Self::Found(confirmed),
            other => other,
        }
    }
}

/// The failure of a step, as far as the loop needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The recovery.
    pub recovery: Recovery,
    /// The provider's code, or ours.
    pub code: String,
    /// The attempt and the answer; safe to show.
    pub message: String,
    /// The action of the operator, if one is needed.
    pub remedy: Option<String>,
}

/// The recovery after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Reads the part again immediately: the known state is stale.
    Reread,
    /// Retries with growing pauses, not before `after` if the provider set one.
    Retry {
        /// The pause requested by the provider.
        after: Option<SignedDuration>,
    },
    /// Only an operator can resolve it; retries rarely.
    Refused,
}

//! Steps, their outcomes, and the reasons to wait.

use jiff::{SignedDuration, Timestamp};

use crate::part::{Confirmed, OperationKind, Part, Spec};

/// One call to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Look at the part.
    Read(Part),
    /// Make the part so.
    Put {
        /// Which part.
        part: Part,
        /// What it is to be.
        spec: Spec,
        /// The tag of the state this was decided on; `None` only when nothing was there.
        tag: Option<String>,
    },
    /// Remove the part.
    Delete(Part),
    /// Ask after an operation.
    Poll {
        /// Which part it works on.
        part: Part,
        /// The provider's handle.
        operation: String,
        /// What the operation ends in.
        kind: OperationKind,
    },
}

impl Step {
    /// The part the step is about.
    pub const fn part(&self) -> &Part {
        match self {
            Self::Read(part)
            | Self::Delete(part)
            | Self::Put { part, .. }
            | Self::Poll { part, .. } => part,
        }
    }

    /// Whether the step is a write, or asks how one ended.
    pub(super) const fn is_writing(&self) -> bool {
        match self {
            Self::Put { .. } | Self::Delete(_) | Self::Poll { .. } => true,
            Self::Read(_) => false,
        }
    }

    /// Whether the step changes anything in the cloud.
    pub const fn is_write(&self) -> bool {
        match self {
            Self::Put { .. } | Self::Delete(_) => true,
            Self::Read(_) | Self::Poll { .. } => false,
        }
    }
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Perform this step.
    Do(Step),
    /// Nothing before this time.
    Wait {
        /// When to look again.
        until: Timestamp,
        /// What is waited for.
        why: WaitReason,
    },
    /// Nothing, until the wish or the world changes.
    Rest,
}

/// What a pass waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitReason {
    /// The provider works on this part.
    Making(Part),
    /// This part is to turn out as wanted by itself.
    Turning(Part),
    /// This part is in trouble; the next attempt is due later.
    PartFailure(Part),
}

/// What a provider answered about a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is not there.
    Gone,
    /// It is there and settled.
    Ready(Confirmed),
    /// It is there, but the provider calls it failed.
    Failed(Confirmed),
    /// The provider works on it.
    Making {
        /// The handle to ask with; `None`: read the part itself.
        operation: Option<String>,
        /// When to ask.
        check_after: Timestamp,
        /// What it ends in.
        kind: OperationKind,
    },
}

/// Why a step did not succeed, as far as the loop cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How to go on.
    pub recovery: Recovery,
    /// The provider's code, or ours.
    pub code: String,
    /// What was attempted and answered; safe to show.
    pub message: String,
    /// What the operator can do, if a person must.
    pub remedy: Option<String>,
}

/// How to go on after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Look at the part again right away: what we knew of it is stale.
    Reread,
    /// Try again with growing pauses, not before `after` if the provider said so.
    Retry {
        /// The provider's own wish.
        after: Option<SignedDuration>,
    },
    /// Only a person can change the answer; ask rarely.
    Refused,
}

//! Edits of leased rows of work.

use jiff::Timestamp;
use underpass_model::id::Generation;
use underpass_model::name::AccountName;
use underpass_model::work::{Priority, WorkKey};

/// An edit of a leased row of work. All but [`Self::Assign`] end the lease.
///
/// An edit has an effect only while its epoch is the row's, even if the lease has expired. Otherwise
/// it is skipped and the rest of the change is committed. Add
/// [`Expectation::Lease`](crate::Expectation::Lease) to refuse the change instead.
///
/// A request made since the lease was given is never lost: it remains due at its own time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkEdit {
    /// The object of this generation is reconciled. The lease ends. Only requests made meanwhile
    /// remain due; a request for a newer generation is due immediately.
    Finish {
        /// The work.
        key: WorkKey,
        /// The epoch of the lease.
        epoch: u64,
        /// The reconciled generation.
        generation: Generation,
    },
    /// The lease ends and the work is due again at this time, or earlier if that was requested
    /// meanwhile, or immediately if a newer generation was requested.
    Reschedule {
        /// The work.
        key: WorkKey,
        /// The epoch of the lease.
        epoch: u64,
        /// The reconciled generation.
        generation: Generation,
        /// The time of the next pass.
        due_at: Timestamp,
        /// The priority of the next pass. Requests that were made meanwhile keep a higher one.
        priority: Priority,
    },
    /// The row is one of this account from now on. The lease goes on.
    Assign {
        /// The work.
        key: WorkKey,
        /// The epoch of the lease.
        epoch: u64,
        /// The account of the object.
        account: AccountName,
    },
    /// The object is deleted. The lease ends. Only requests made meanwhile remain due, since they
    /// may concern a new object under the same key.
    Forget {
        /// The work.
        key: WorkKey,
        /// The epoch of the lease.
        epoch: u64,
    },
}

impl WorkEdit {
    /// The leased work.
    pub const fn key(&self) -> &WorkKey {
        match self {
            Self::Finish { key, .. }
            | Self::Reschedule { key, .. }
            | Self::Assign { key, .. }
            | Self::Forget { key, .. } => key,
        }
    }

    /// The epoch of the lease.
    pub const fn epoch(&self) -> u64 {
        match self {
            Self::Finish { epoch, .. }
            | Self::Reschedule { epoch, .. }
            | Self::Assign { epoch, .. }
            | Self::Forget { epoch, .. } => *epoch,
        }
    }
}

//! Leases on rows of work.

use underpass_model::id::Generation;
use underpass_model::name::AccountName;
use underpass_model::work::{Priority, WorkKey};

/// A lease on a row of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The object to reconcile.
    pub key: WorkKey,
    /// Identifies this lease among all leases ever given. Drawn from one sequence of the store, so
    /// a lease on a deleted object never matches one on its successor under the same key.
    pub epoch: u64,
    /// The newest generation requested when the lease was given.
    pub generation: Generation,
    /// The priority of the work.
    pub priority: Priority,
    /// The account of the object, if a pass recorded it.
    pub account: Option<AccountName>,
}

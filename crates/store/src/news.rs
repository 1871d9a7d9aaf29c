//! News from the processes that share a store.

use tokio::sync::watch;

/// News from the processes that share a store. They are hints: one may be lost, or come without a reason.
/// Readers ask the store in any case, only sooner after one.
#[derive(Debug, Clone)]
pub struct News {
    /// Grows soon after a commit by any of the processes.
    pub commits: watch::Receiver<u64>,
    /// Grows when the leases of a process that ended were ended, so that their work is due.
    pub left_work: watch::Receiver<u64>,
}

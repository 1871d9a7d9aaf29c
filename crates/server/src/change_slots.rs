//! Slots of requests that change something: few run concurrently, so that many of them leave time
//! for requests that read.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Most concurrent changes of requests: 4. Each reads and decides for up to a millisecond of a processor
/// and waits about as long for the disk, which several changes share. With 8, no link was made sooner, and
/// the slowest reads meanwhile took twice as long.
const CONCURRENT_CHANGES: usize = 4;

/// Slots, given in the order of requests; cheap to clone.
#[derive(Debug, Clone)]
pub struct ChangeSlots {
    slots: Arc<Semaphore>,
    /// A slot is kept until the change is stored. Otherwise it is free once the request has decided.
    covers_commit: bool,
}

// === impl ChangeSlots ===

impl ChangeSlots {
    /// Creates the slots. A commit to a database on a server waits for round trips, which need no time of this
    /// machine's processors, so that its wait is not covered.
    pub fn new(is_store_remote: bool) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(CONCURRENT_CHANGES)),
            covers_commit: !is_store_remote,
        }
    }

    /// Returns the slot again if the change is still to be stored in it.
    pub(crate) fn before_commit<'a>(
        &self,
        slot: Option<SemaphorePermit<'a>>,
    ) -> Option<SemaphorePermit<'a>> {
        slot.filter(|_| self.covers_commit)
    }

    /// Waits for a slot, which is free again when it is dropped. `None` never happens: the semaphore is
    /// never closed.
    pub(crate) async fn wait(&self) -> Option<SemaphorePermit<'_>> {
        self.slots.acquire().await.ok()
    }
}

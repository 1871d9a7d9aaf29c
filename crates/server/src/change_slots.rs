//! Slots of requests that change something: few run concurrently, so that many of them leave time
//! for requests that read.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Most concurrent changes of requests: 8. Each reads and decides for a millisecond of a processor and
/// waits about as long for the disk, which several changes share, so more of them would not be
/// faster; they would only delay each request that reads by their milliseconds.
const CONCURRENT_CHANGES: usize = 8;

/// Slots, given in the order of requests; cheap to clone.
#[derive(Debug, Clone)]
pub struct ChangeSlots(Arc<Semaphore>);

// === impl ChangeSlots ===

impl Default for ChangeSlots {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(CONCURRENT_CHANGES)))
    }
}

impl ChangeSlots {
    /// Waits for a slot, which is free again when it is dropped. `None` never happens: the semaphore is
    /// never closed.
    pub(crate) async fn wait(&self) -> Option<SemaphorePermit<'_>> {
        self.0.acquire().await.ok()
    }
}

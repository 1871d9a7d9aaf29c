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

//! Turns of requests that change something: few run concurrently, so that many of them leave time
//! for requests that read.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Most concurrent changes of requests: 8. Each reads and decides for a millisecond of a processor and
/// waits about as long for the disk, which several changes share, so more of them would not be
/// faster; they would only delay each request that reads by their milliseconds.
const CONCURRENT_CHANGES: usize = 8;

/// Turns, in the order of requests; cheap to clone.
#[derive(Debug, Clone)]
pub struct ChangeTurns(Arc<Semaphore>);

// === impl ChangeTurns ===

impl Default for ChangeTurns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(CONCURRENT_CHANGES)))
    }
}

impl ChangeTurns {
    /// Waits for a turn, which ends when it is dropped. `None` never happens: turns are never closed.
    pub(crate) async fn wait(&self) -> Option<SemaphorePermit<'_>> {
        self.0.acquire().await.ok()
    }
}

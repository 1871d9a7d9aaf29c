//! Wakes whoever waits for work; carries no data, because the worker rereads everything.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// A hint that there may be work; polling is the truth.
#[derive(Debug, Clone, Default)]
pub struct Wakeup {
    signal: Arc<Notify>,
}

impl Wakeup {
    /// A bell nobody listens to yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes one waiting worker; if none waits, the next one does not wait.
    pub fn notify(&self) {
        self.signal.notify_one();
    }

    /// Waits for a ring, at most so long.
    pub async fn wait(&self, at_most: Duration) {
        // Which of the two it was makes no difference.
        let _elapsed = tokio::time::timeout(at_most, self.signal.notified()).await;
    }
}

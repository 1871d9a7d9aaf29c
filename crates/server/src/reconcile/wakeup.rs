//! Wakeup of waiting workers; it carries no data, because workers read the store.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// Hint that work may be due; workers also poll.
#[derive(Debug, Clone, Default)]
pub struct Wakeup {
    signal: Arc<Notify>,
}

impl Wakeup {
    /// Creates a wakeup.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes one waiting worker; if none waits, the next call of `wait` returns immediately.
    pub fn notify(&self) {
        self.signal.notify_one();
    }

    /// Waits for a notification, but at most for `at_most`.
    pub async fn wait(&self, at_most: Duration) {
        // A notification and a timeout have the same effect.
        let _elapsed = tokio::time::timeout(at_most, self.signal.notified()).await;
    }
}

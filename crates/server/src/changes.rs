//! Change notifications for open console pages.
//!
//! A notification carries no data; its receiver reads the store again. Changes of another control
//! plane on the same store are not announced, so receivers also read periodically.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use underpass_store::{Change, Error, Kind, Store, StoreLayer, Write};

/// Sender of change notifications; cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes {
    announcements: Arc<watch::Sender<Announcements>>,
}

/// Number of announced changes, and whether announcements have ended.
#[derive(Debug, Clone, Copy, Default)]
struct Announcements {
    count: u64,
    ended: bool,
}

/// Receiver of change notifications.
#[derive(Debug)]
pub struct Listener {
    announcements: watch::Receiver<Announcements>,
}

/// Store that announces the changes committed through it.
pub(crate) struct AnnouncingStore {
    store: Arc<dyn Store>,
    changes: Changes,
}

// === impl Changes ===

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

impl Changes {
    /// Creates a sender without receivers.
    pub fn new() -> Self {
        Self {
            announcements: Arc::new(watch::Sender::new(Announcements::default())),
        }
    }

    /// Announces a change.
    pub fn announce(&self) {
        self.announcements
            .send_modify(|announcements| announcements.count += 1);
    }

    /// Ends the announcements; receivers stop waiting.
    pub fn end(&self) {
        self.announcements
            .send_modify(|announcements| announcements.ended = true);
    }

    /// Returns the number of announced changes; later reads contain all of them.
    pub fn count(&self) -> u64 {
        self.announcements.borrow().count
    }

    /// Returns a receiver of the changes from now on.
    pub fn listen(&self) -> Listener {
        Listener {
            announcements: self.announcements.subscribe(),
        }
    }

    /// Returns a receiver of all changes after the first `count`, including earlier ones.
    ///
    /// The count of an earlier process differs from this one's, which counts as a change.
    pub fn listen_after(&self, count: u64) -> Listener {
        let mut announcements = self.announcements.subscribe();
        if announcements.borrow().count != count {
            announcements.mark_changed();
        }
        Listener { announcements }
    }
}

// === impl Listener ===

impl Listener {
    /// Waits for the next change; changes since the last call count as one. Returns false after the
    /// end of the announcements.
    pub async fn next(&mut self) -> bool {
        let received = self.announcements.changed().await;
        received.is_ok() && !self.announcements.borrow_and_update().ended
    }
}

// === impl AnnouncingStore ===

impl AnnouncingStore {
    pub(crate) fn new(store: Arc<dyn Store>, changes: Changes) -> Self {
        Self { store, changes }
    }
}

#[async_trait]
impl StoreLayer for AnnouncingStore {
    fn inner(&self) -> &dyn Store {
        &*self.store
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        let is_visible = !change.events.is_empty() || change.writes.iter().any(is_visible);
        self.store.commit(change).await?;
        if is_visible {
            self.changes.announce();
        }
        Ok(())
    }
}

/// Returns whether a write can change a page of the console; writes of tokens and claims do not.
fn is_visible(write: &Write) -> bool {
    let (Write::Put(kind, ..) | Write::Remove(kind, _)) = write;
    matches!(
        kind,
        Kind::Connection
            | Kind::Link
            | Kind::Observed
            | Kind::Project
            | Kind::Service
            | Kind::StaticIp
            | Kind::Vpc
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_between_two_waits_are_received_once() {
        let changes = Changes::new();
        let mut listener = changes.listen();
        changes.announce();
        changes.announce();
        assert!(listener.next().await);
        changes.end();
        assert!(!listener.next().await, "the announcements ended");
    }

    #[tokio::test]
    async fn changes_between_a_read_and_the_wait_are_received() {
        let changes = Changes::new();
        changes.announce();
        let count = changes.count();
        changes.announce();
        assert!(
            changes.listen_after(count).next().await,
            "the change was announced before"
        );
        let mut listener = changes.listen_after(changes.count());
        changes.end();
        assert!(!listener.next().await, "there was no further change");
    }
}

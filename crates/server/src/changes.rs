//! Tells whoever waits that something people can see may have changed.
//!
//! It carries nothing: whoever hears it looks again, as always. It only spares looking again and
//! again while nothing happens. A second control plane on the same store is not heard, so those
//! who wait also look now and then by themselves.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use underpass_store::{Change, Error, Kind, Store, StoreLayer, Write};

/// The announcer; cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes {
    announcements: Arc<watch::Sender<Announcements>>,
}

/// How often something changed, until nobody announces it any more.
#[derive(Debug, Clone, Copy, Default)]
struct Announcements {
    count: u64,
    ended: bool,
}

/// Somebody who waits.
#[derive(Debug)]
pub struct Listener {
    announcements: watch::Receiver<Announcements>,
}

/// A store that announces what is committed through it.
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
    /// An announcer that nobody listens to yet.
    pub fn new() -> Self {
        Self {
            announcements: Arc::new(watch::Sender::new(Announcements::default())),
        }
    }

    /// Announces that something changed.
    pub fn announce(&self) {
        self.announcements
            .send_modify(|announcements| announcements.count += 1);
    }

    /// Sends everybody home: nothing more will be announced.
    pub fn end(&self) {
        self.announcements
            .send_modify(|announcements| announcements.ended = true);
    }

    /// How many changes were announced so far; what is read afterwards shows them all.
    pub fn count(&self) -> u64 {
        self.announcements.borrow().count
    }

    /// Hears every change from now on.
    pub fn listen(&self) -> Listener {
        Listener {
            announcements: self.announcements.subscribe(),
        }
    }

    /// Hears every change after the first `count`, those that nobody waited for included.
    ///
    /// A count of an earlier process differs from ours, which is heard as a change: whoever has
    /// it saw what an earlier process had to show.
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
    /// Waits for the next change; several that came meanwhile are one. False once it is over.
    pub async fn next(&mut self) -> bool {
        let heard = self.announcements.changed().await;
        heard.is_ok() && !self.announcements.borrow_and_update().ended
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
        let is_seen = !change.events.is_empty() || change.writes.iter().any(is_seen);
        self.store.commit(change).await?;
        if is_seen {
            self.changes.announce();
        }
        Ok(())
    }
}

/// Whether people see anything of a row; of tokens in use and claims they do not.
fn is_seen(write: &Write) -> bool {
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
    async fn changes_that_came_while_nobody_waited_are_heard_once() {
        let changes = Changes::new();
        let mut listener = changes.listen();
        changes.announce();
        changes.announce();
        assert!(listener.next().await);
        changes.end();
        assert!(!listener.next().await, "it is over");
    }

    #[tokio::test]
    async fn changes_between_a_look_and_the_waiting_are_heard() {
        let changes = Changes::new();
        changes.announce();
        let count = changes.count();
        changes.announce();
        assert!(
            changes.listen_after(count).next().await,
            "it came meanwhile"
        );
        let mut listener = changes.listen_after(changes.count());
        changes.end();
        assert!(!listener.next().await, "nothing came meanwhile");
    }
}

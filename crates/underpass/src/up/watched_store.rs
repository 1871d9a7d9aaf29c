//! The store, with a bell that rings after a change the machine room may care about.
//!
//! The bell carries nothing: whoever hears it looks through the public API, as always. It only
//! spares looking again and again while nothing happens.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Notify;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;
use underpass_store::{Change, Claim, Error, Fetched, HistoryPage, Kind, Lookup, Store, Write};

/// A store that tells when something changed.
pub(super) struct WatchedStore<S> {
    store: S,
    bell: Arc<Notify>,
}

impl<S: Store> WatchedStore<S> {
    /// Wraps a store; the bell keeps one ring for whoever is not waiting yet.
    pub(super) fn new(store: S) -> (Self, Arc<Notify>) {
        let bell = Arc::new(Notify::new());
        (
            Self {
                store,
                bell: Arc::clone(&bell),
            },
            bell,
        )
    }
}

#[async_trait]
impl<S: Store> Store for WatchedStore<S> {
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        self.store.fetch(lookups).await
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        let rings = !change.events.is_empty() || change.writes.iter().any(concerns_machines);
        self.store.commit(change).await?;
        if rings {
            self.bell.notify_one();
        }
        Ok(())
    }

    async fn claim(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, Error> {
        self.store.claim(owner, now, lease_until, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        self.store.next_due().await
    }

    async fn history(
        &self,
        project: &ProjectName,
        page: &HistoryPage,
    ) -> Result<Vec<(u64, Event)>, Error> {
        self.store.history(project, page).await
    }

    async fn check(&self) -> Result<(), Error> {
        self.store.check().await
    }
}

/// Whether a row tells of services, networks or addresses, or of what was seen of them.
fn concerns_machines(write: &Write) -> bool {
    let (Write::Put(kind, ..) | Write::Remove(kind, _)) = write;
    matches!(
        kind,
        Kind::Observed | Kind::Service | Kind::StaticIp | Kind::Vpc
    )
}

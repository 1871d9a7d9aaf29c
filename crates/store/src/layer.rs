//! Stores in front of other stores.

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;

use crate::change::Change;
use crate::changed_row::ChangedRows;
use crate::claim::Claim;
use crate::error::Error;
use crate::fetched::Fetched;
use crate::history::HistoryPage;
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::news::News;
use crate::retention::EventLimits;
use crate::room::Room;
use crate::shift::{Shift, Task};
use crate::store::Store;
use crate::unreadable_row::UnreadableRow;

/// A store in front of another store, for instance to observe or alter the calls.
///
/// Every call is forwarded to the inner store unless the layer overrides it. A layer is a [`Store`].
#[async_trait]
pub trait StoreLayer: Send + Sync {
    /// The store that receives the forwarded calls.
    fn inner(&self) -> &dyn Store;

    /// Handles [`Store::fetch`].
    ///
    /// # Errors
    /// As [`Store::fetch`].
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        self.inner().fetch(lookups).await
    }

    /// Handles [`Store::commit`].
    ///
    /// # Errors
    /// As [`Store::commit`].
    async fn commit(&self, change: Change) -> Result<(), Error> {
        self.inner().commit(change).await
    }
}

#[async_trait]
impl<L: StoreLayer> Store for L {
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        StoreLayer::fetch(self, lookups).await
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        StoreLayer::commit(self, change).await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Option<ChangedRows>, Error> {
        self.inner().changes(after, limit).await
    }

    async fn unreadable(&self) -> Result<Vec<UnreadableRow>, Error> {
        self.inner().unreadable().await
    }

    async fn claim(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        room: &Room,
    ) -> Result<Vec<Claim>, Error> {
        self.inner().claim(owner, now, lease_until, room).await
    }

    async fn next_due(&self, room: &Room) -> Result<Option<Timestamp>, Error> {
        self.inner().next_due(room).await
    }

    async fn history(
        &self,
        project: &ProjectName,
        page: &HistoryPage,
    ) -> Result<Vec<(u64, Event)>, Error> {
        self.inner().history(project, page).await
    }

    async fn trim_events(&self, limits: &EventLimits, limit: usize) -> Result<bool, Error> {
        self.inner().trim_events(limits, limit).await
    }

    async fn count(&self, kind: Kind, key: &Key) -> Result<usize, Error> {
        self.inner().count(kind, key).await
    }

    async fn check(&self) -> Result<(), Error> {
        self.inner().check().await
    }

    async fn take_shift(&self, task: &Task<'_>) -> Result<Shift, Error> {
        self.inner().take_shift(task).await
    }

    async fn end_shift(&self, task: &Task<'_>, number: u64) -> Result<(), Error> {
        self.inner().end_shift(task, number).await
    }

    fn news(&self) -> Option<News> {
        self.inner().news()
    }
}

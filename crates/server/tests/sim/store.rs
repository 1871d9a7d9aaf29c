//! The memory store, in a process that may die around each commit.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;
use underpass_store::{Change, Claim, Error, Fetched, HistoryPage, Lookup, Memory, Store};

use crate::executor::crash;
use crate::sky::{Fate, SharedSky};

/// Counts commits as effects, and alters them if a mistake is planted.
pub(crate) struct MortalStore {
    pub(crate) memory: Arc<Memory>,
    pub(crate) sky: SharedSky,
    /// A planted mistake: what the store does to a change before it commits it.
    pub(crate) alter: Option<fn(&mut Change)>,
}

#[async_trait]
impl Store for MortalStore {
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        self.memory.fetch(lookups).await
    }

    async fn commit(&self, mut change: Change) -> Result<(), Error> {
        let fate = self.sky.lock().unwrap().next_fate();
        if fate == Fate::CrashBefore {
            self.sky
                .lock()
                .unwrap()
                .note("    crash before the commit".to_owned());
            return crash().await;
        }
        if let Some(alter) = self.alter {
            alter(&mut change);
        }
        let answer = self.memory.commit(change).await;
        if fate == Fate::CrashAfter {
            self.sky
                .lock()
                .unwrap()
                .note("    crash after the commit".to_owned());
            return crash().await;
        }
        answer
    }

    async fn claim(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, Error> {
        self.memory.claim(owner, now, lease_until, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        self.memory.next_due().await
    }

    async fn history(
        &self,
        project: &ProjectName,
        page: &HistoryPage,
    ) -> Result<Vec<(u64, Event)>, Error> {
        self.memory.history(project, page).await
    }

    async fn check(&self) -> Result<(), Error> {
        self.memory.check().await
    }
}

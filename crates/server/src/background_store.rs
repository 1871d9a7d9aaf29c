//! The store for work in the background, which lets requests go first.

use std::sync::Arc;

use async_trait::async_trait;
use underpass_store::{Error, Fetched, Lookup, Store, StoreLayer};

/// A store whose reads begin with letting other tasks run.
///
/// A read runs on the thread of its caller. A sweep or the publisher reads hundreds of rows in a row,
/// and without a pause between them a request would wait for all of them.
pub(crate) struct BackgroundStore(Arc<dyn Store>);

// === impl BackgroundStore ===

impl BackgroundStore {
    /// Wraps a store for the use by workers, sweeps and the publisher.
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self(inner)
    }
}

#[async_trait]
impl StoreLayer for BackgroundStore {
    fn inner(&self) -> &dyn Store {
        &*self.0
    }

    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        tokio::task::yield_now().await;
        self.0.fetch(lookups).await
    }
}

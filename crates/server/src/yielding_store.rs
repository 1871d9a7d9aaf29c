//! The store of the publisher, which lets requests go first.

use std::sync::Arc;

use async_trait::async_trait;
use underpass_store::{Error, Fetched, Lookup, Store, StoreLayer};

/// A store whose reads begin with letting other tasks run.
///
/// A read runs on the thread of its caller. The publisher runs beside requests and reads hundreds of rows
/// in a row; without a pause between them a request would wait for all of them.
pub(crate) struct YieldingStore(Arc<dyn Store>);

// === impl YieldingStore ===

impl YieldingStore {
    /// Wraps a store for the use by the publisher.
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self(inner)
    }
}

#[async_trait]
impl StoreLayer for YieldingStore {
    fn inner(&self) -> &dyn Store {
        &*self.0
    }

    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        tokio::task::yield_now().await;
        self.0.fetch(lookups).await
    }
}

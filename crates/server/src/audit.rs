//! Search for stored documents that cannot be read, when the process starts.
//!
//! Readers set such documents aside anyway. The search finds also those that no reader has met, so
//! that they are listed, and protected from being written over.

use std::sync::Arc;

use error_reporter::Report;
use tokio::sync::watch;
use underpass_store::{Error, Lookup, Store};

/// Most documents of one read: 200, which is less than a millisecond of decoding.
const PAGE: usize = 200;

/// Reads every document once. Ends early on shutdown.
pub(crate) async fn audit(store: Arc<dyn Store>, shutdown: watch::Receiver<bool>) {
    if let Err(error) = read_all(&*store, &shutdown).await {
        let error = Report::new(&error).to_string();
        tracing::error!(error, "failed to search the store for unreadable documents");
    }
}

/// Reads every document, so that the store knows those that cannot be decoded.
///
/// # Errors
/// If the store cannot be read.
async fn read_all(store: &dyn Store, shutdown: &watch::Receiver<bool>) -> Result<(), Error> {
    let mut position = 0;
    while !*shutdown.borrow() {
        let Some(found) = store.changes(position, PAGE).await? else {
            position = 0;
            continue;
        };
        let rows = found.rows.into_iter();
        let lookups: Vec<_> = rows.map(|row| Lookup::One(row.kind, row.key)).collect();
        if !lookups.is_empty() {
            store.fetch(&lookups).await?.check();
        }
        if !found.has_more {
            return Ok(());
        }
        position = found.position;
        // Reads take no other turn by themselves.
        tokio::task::yield_now().await;
    }
    Ok(())
}

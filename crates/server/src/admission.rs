//! Admission of a request: what it counts for while it is in progress, and the queue in which it waits.
//!
//! The API notes it when it has authenticated the request. The request counts until its answer was
//! transmitted, also if its client is gone before.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::http::Extensions;
use tokio::runtime::Handle;

use crate::fair_slots::Slot;
use crate::in_progress::Entered;

/// Queue of operators, whose requests have no limits.
pub(crate) const OPERATORS: &str = "operators";

/// Queue of what is no request.
const INTERNAL: &str = "";

tokio::task_local! {
    static CURRENT: Admission;
}

/// The place where the admission of a request is noted; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Admission(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    queue: OnceLock<String>,
    /// Threads of reads of whole projects.
    reads: Option<Handle>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    counted: Vec<Entered>,
    read_slot: Option<Slot>,
}

/// Runs in a queue what is no request of the API.
pub(crate) async fn in_queue<T>(queue: &str, work: impl Future<Output = T>) -> T {
    let admission = Admission::default();
    admission.enter_queue(queue);
    admission.scope(work).await
}

/// Returns the queue of the request that is in progress.
pub(crate) fn current_queue() -> String {
    CURRENT
        .try_with(|admission| admission.queue().to_owned())
        .unwrap_or_default()
}

// === impl Admission ===

impl Admission {
    /// A place for a request, beside threads of reads of whole projects.
    pub(crate) fn new(reads: Option<Handle>) -> Self {
        Self(Arc::new(Inner {
            reads,
            ..Inner::default()
        }))
    }

    /// Runs the request of this place.
    pub(crate) async fn scope<T>(&self, request: impl Future<Output = T>) -> T {
        CURRENT.scope(self.clone(), request).await
    }

    /// The place of a request; one that holds nothing for a request without one.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Notes the queue. A second look at the token finds the same.
    pub(crate) fn enter_queue(&self, queue: &str) {
        let _already_noted = self.0.queue.set(queue.to_owned());
    }

    pub(crate) fn queue(&self) -> &str {
        self.0.queue.get().map_or(INTERNAL, String::as_str)
    }

    /// Counts the request until its end.
    pub(crate) fn count(&self, counted: impl IntoIterator<Item = Entered>) {
        self.change(|held| held.counted.extend(counted));
    }

    /// Holds a slot until the answer is made.
    pub(crate) fn hold_read_slot(&self, slot: Slot) {
        self.change(|held| held.read_slot = Some(slot));
    }

    /// Gives the slot back.
    pub(crate) fn end_read(&self) {
        self.change(|held| held.read_slot = None);
    }

    pub(crate) fn reads(&self) -> Option<&Handle> {
        self.0.reads.as_ref()
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.0.held.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

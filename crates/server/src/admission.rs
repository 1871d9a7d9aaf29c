//! Admission of a request: what it counts for while it is in progress, and the lane in which it waits.
//!
//! The API notes it when it has authenticated the request. The request counts until its answer was
//! transmitted, also if its client is gone before.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;

use crate::app::App;
use crate::fair_slots::Slot;
use crate::in_progress::Entered;

/// Lane of operators, whose requests have no limits.
pub(crate) const OPERATORS: &str = "operators";

/// Lane of what is no request.
const INTERNAL: &str = "";

tokio::task_local! {
    static CURRENT: Admission;
}

/// The place where the admission of a request is noted; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Admission(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    lane: OnceLock<String>,
    /// Threads of reads of whole projects.
    reads: Option<Handle>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    counted: Vec<Entered>,
    read_slot: Option<Slot>,
}

/// Makes the place, and lets it go with the answer.
pub(crate) async fn hold(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let admission = Admission(Arc::new(Inner {
        reads: app.whole_reads.threads(),
        ..Inner::default()
    }));
    request.extensions_mut().insert(admission.clone());
    let response = CURRENT.scope(admission.clone(), next.run(request)).await;
    // The answer is made; what is left waits for its client.
    admission.change(|held| held.read_slot = None);
    response.map(|body| {
        // Not `map_frame`, which forgets the size.
        Body::new(body.inspect_frame(move |_| {
            let _held_until_its_end = &admission;
        }))
    })
}

/// Runs in a lane what is no request of the API.
pub(crate) async fn in_lane<T>(lane: &str, work: impl Future<Output = T>) -> T {
    let admission = Admission::default();
    admission.enter_lane(lane);
    CURRENT.scope(admission, work).await
}

/// Returns the lane of the request that is in progress.
pub(crate) fn current_lane() -> String {
    CURRENT
        .try_with(|admission| admission.lane().to_owned())
        .unwrap_or_default()
}

// === impl Admission ===

impl Admission {
    /// The place of a request; one that holds nothing for a request without one.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Notes the lane. A second look at the token finds the same.
    pub(crate) fn enter_lane(&self, lane: &str) {
        let _already_noted = self.0.lane.set(lane.to_owned());
    }

    pub(crate) fn lane(&self) -> &str {
        self.0.lane.get().map_or(INTERNAL, String::as_str)
    }

    /// Counts the request until its end.
    pub(crate) fn count(&self, counted: impl IntoIterator<Item = Entered>) {
        self.change(|held| held.counted.extend(counted));
    }

    /// Holds a slot until the answer is made.
    pub(crate) fn hold_read_slot(&self, slot: Slot) {
        self.change(|held| held.read_slot = Some(slot));
    }

    pub(crate) fn reads(&self) -> Option<&Handle> {
        self.0.reads.as_ref()
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.0.held.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

//! Reads of whole projects: lists, searches and overviews.
//!
//! They take tens of milliseconds of a processor where others take microseconds, and more with the size
//! of the project. So they have threads of their own, between which and the other threads the system
//! shares the processors; few run concurrently, and of one project fewer.

use std::io;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::admission::{Admission, OPERATORS};
use crate::api::Error;
use crate::app::App;
use crate::fair_slots::FairSlots;
use crate::runtime::OwnRuntime;

/// Fewest threads: 2, so that one project does not use all.
const FEWEST_THREADS: usize = 2;

/// Most reads of one project that run concurrently: 2, and 1 of fewer than 4.
const MOST_OF_ONE: usize = 2;

/// Most reads of one project that wait: 32. The last one waits for a second or two.
const WAITING: usize = 32;

/// Slots and threads; cheap to clone.
#[derive(Debug, Clone)]
pub struct WholeReads {
    slots: FairSlots,
    runtime: Option<Arc<OwnRuntime>>,
}

// === impl WholeReads ===

impl WholeReads {
    /// Starts threads for half of the processors.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start() -> io::Result<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = (processors / 2).max(FEWEST_THREADS);
        let runtime = OwnRuntime::start("whole-reads", Some(threads))?;
        Ok(Self {
            runtime: Some(Arc::new(runtime)),
            ..Self::on_caller(threads)
        })
    }

    /// Reads on the threads of the requests, so many concurrently.
    pub fn on_caller(total: usize) -> Self {
        Self {
            slots: FairSlots::new(total, (total / 2).clamp(1, MOST_OF_ONE)),
            runtime: None,
        }
    }

    pub(crate) fn threads(&self) -> Option<Handle> {
        self.runtime.as_ref().map(|it| it.handle().clone())
    }

    /// Waits for a slot in the lane of a request, which holds it until its answer is made.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`]: too many wait in the lane.
    pub(crate) async fn enter(&self, admission: &Admission) -> Result<(), Error> {
        let lane = admission.lane();
        let most_waiting = if lane == OPERATORS {
            usize::MAX
        } else {
            WAITING
        };
        match self.slots.wait(lane, most_waiting).await {
            Some(slot) => {
                admission.hold_read_slot(slot);
                Ok(())
            }
            None => Err(Error::too_many_waiting(WAITING)),
        }
    }
}

/// The routes so far, on the threads of these reads. Their handlers take `WholeProject`.
pub(crate) fn on_own_threads(routes: MethodRouter<App>) -> MethodRouter<App> {
    routes.layer(from_fn(move_to_threads))
}

async fn move_to_threads(request: Request, next: Next) -> Response {
    let threads = Admission::of(request.extensions()).reads().cloned();
    let answer = next.run(request).in_current_span();
    let Some(threads) = threads else {
        return answer.await;
    };
    match threads.spawn(answer).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            // An outer layer answers it.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_ended) => {
                let message = "The server is stopping. Try again".to_owned();
                Error::Unavailable(message).into_response()
            }
        },
    }
}

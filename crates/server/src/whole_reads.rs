//! Reads of whole projects: lists, searches and overviews.
//!
//! They take tens of milliseconds of a processor where others take microseconds, and more with the size
//! of the project. So they have threads of their own, between which and the other threads the system
//! shares the processors; few run concurrently, and of one project fewer.

use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::admission::{Admission, OPERATORS};
use crate::fair_slots::FairSlots;
use crate::runtime::OwnRuntime;

/// Fewest threads: 2, so that one project does not use all.
const FEWEST_THREADS: usize = 2;

/// Most reads of one project that run concurrently: 2, and 1 of fewer than 4.
const MOST_OF_ONE: usize = 2;

/// Most reads of one project that wait: 32. The last one waits for a second or two.
pub(crate) const WAITING: usize = 32;

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

    /// Waits for a slot in the queue of a request, which holds it until its answer is made. Returns
    /// false if [too many](WAITING) wait there.
    pub(crate) async fn enter(&self, admission: &Admission) -> bool {
        let queue = admission.queue();
        let most_waiting = if queue == OPERATORS {
            usize::MAX
        } else {
            WAITING
        };
        let slot = self.slots.wait(queue, most_waiting).await;
        slot.map(|slot| admission.hold_read_slot(slot)).is_some()
    }
}

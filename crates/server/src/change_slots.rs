//! Slots of requests that change something: few run concurrently, so that many of them leave time
//! for requests that read.

use crate::admission;
use crate::fair_slots::{FairSlots, Slot};

/// Most concurrent changes of requests: 4. Each reads and decides for up to a millisecond of a processor
/// and waits about as long for the disk, which several changes share. With 8, no link was made sooner, and
/// the slowest reads meanwhile took twice as long.
const CONCURRENT_CHANGES: usize = 4;

/// Most concurrent changes of one project, or of one holder of tokens outside of projects: 3, so that
/// another one usually finds a slot free.
const CONCURRENT_CHANGES_OF_ONE: usize = 3;

/// Slots, which projects get one after the other; cheap to clone.
#[derive(Debug, Clone)]
pub struct ChangeSlots {
    slots: FairSlots,
    /// A slot is kept until the change is stored. Otherwise it is free once the request has decided.
    covers_commit: bool,
}

// === impl ChangeSlots ===

impl ChangeSlots {
    /// Creates the slots. A commit to a database on a server waits for round trips, which need no time of this
    /// machine's processors, so that its wait is not covered.
    pub fn new(is_store_remote: bool) -> Self {
        Self {
            slots: FairSlots::new(CONCURRENT_CHANGES, CONCURRENT_CHANGES_OF_ONE),
            covers_commit: !is_store_remote,
        }
    }

    /// Returns the slot again if the change is still to be stored in it.
    pub(crate) fn before_commit(&self, slot: Option<Slot>) -> Option<Slot> {
        slot.filter(|_| self.covers_commit)
    }

    /// Waits for a slot in the queue of the request, which is free again when it is dropped. The limit of
    /// requests in progress bounds the queue, so `None` never happens.
    pub(crate) async fn wait(&self) -> Option<Slot> {
        self.slots
            .wait(&admission::current_queue(), usize::MAX)
            .await
    }
}

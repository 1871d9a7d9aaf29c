//! Slots of requests that change something: few run concurrently, so that many of them leave time
//! for requests that read.

use crate::admission;
use crate::fair_slots::{FairSlots, Slot};

/// Most concurrent changes of requests: 4. Each reads and decides for up to a millisecond of a processor
/// and waits about as long for the disk, which several changes share. With 8, no link was made sooner, and
/// the slowest reads meanwhile took twice as long.
const MOST_CHANGES: usize = 4;

/// Fewest slots: 2, so that one change is decided while another one waits for the disk. On two processors,
/// links were made as soon with 2 as with 4, and the slowest reads meanwhile took two thirds of the time.
const FEWEST_CHANGES: usize = 2;

/// Slots, which projects get one after the other; cheap to clone.
#[derive(Debug, Clone)]
pub struct ChangeSlots {
    slots: FairSlots,
    /// A slot is kept until the change is stored. Otherwise it is free once the request has decided.
    covers_commit: bool,
}

// === impl ChangeSlots ===

impl ChangeSlots {
    /// Creates the slots for a number of processors. A commit to a database on a server waits for round
    /// trips, which need no time of this machine's processors, so that its wait is not covered.
    pub fn new(is_store_remote: bool, processors: usize) -> Self {
        let (all, of_one) = sizes(is_store_remote, processors);
        Self {
            slots: FairSlots::new(all, of_one),
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

/// Returns the number of slots, and of those that one project, or one holder of tokens outside of projects,
/// may have: all but one, so that another one usually finds a slot free, but at least two, so that its next
/// change is decided while the last one waits for the disk. Reads from a database on a server wait for round
/// trips, so the number of processors does not matter then.
fn sizes(is_store_remote: bool, processors: usize) -> (usize, usize) {
    let all = if is_store_remote {
        MOST_CHANGES
    } else {
        processors.clamp(FEWEST_CHANGES, MOST_CHANGES)
    };
    (all, all.saturating_sub(1).max(FEWEST_CHANGES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_slots_as_processors_within_limits() {
        let expected = [
            (1, (2, 2)),
            (2, (2, 2)),
            (3, (3, 2)),
            (4, (4, 3)),
            (64, (4, 3)),
        ];
        for (processors, expected) in expected {
            assert_eq!(sizes(false, processors), expected, "{processors}");
            assert_eq!(sizes(true, processors), (4, 3), "{processors}");
        }
    }
}

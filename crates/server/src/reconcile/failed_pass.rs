//! End of the lease of a pass that the store failed.
//!
//! Without it, the work of a process that goes on would wait until the lease expires.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use underpass_store::{Change, Claim, Error, WorkEdit};

use super::engine::Engine;

/// Pause between two attempts to end the lease: 1 second.
const PAUSE: Duration = Duration::from_secs(1);

/// Pause before the next pass after a failure that is no outage, which likely returns: 30 seconds.
const PAUSE_OF_WORK: SignedDuration = SignedDuration::from_secs(30);

/// Makes the work of a failed pass due again, as soon as the store accepts writes. Gives up when the lease
/// expires, and at the shutdown, after which the lease ends with the process.
pub(super) async fn give_back(
    engine: &Engine,
    claim: &Claim,
    failure: &Error,
    lease_until: Timestamp,
    mut shutdown: watch::Receiver<bool>,
) {
    let pause = if failure.is_outage() {
        SignedDuration::ZERO
    } else {
        PAUSE_OF_WORK
    };
    loop {
        let now = engine.clock.now();
        if now >= lease_until {
            return;
        }
        let again = WorkEdit::Reschedule {
            key: claim.key.clone(),
            epoch: claim.epoch,
            generation: claim.generation,
            due_at: now.saturating_add(pause).unwrap_or(now),
            priority: claim.priority,
        };
        if engine.store.commit(Change::new().work(again)).await.is_ok() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            // An error means that the sender was dropped, which is a shutdown as well.
            _ = shutdown.wait_for(|stop| *stop) => return,
        }
    }
}

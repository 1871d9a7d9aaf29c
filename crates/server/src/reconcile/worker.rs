//! Workers: claim due work and run a reconcile pass for each claim.

use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::engine::Engine;
use super::failed_pass::give_back;
use super::pass::{LEASE, pass_in_slot};
use super::wakeup::Wakeup;

/// Most concurrent passes: 64, the passes of eight accounts. A pass holds one object and at most one
/// answer of a cloud. The share of one account is limited in [`super::account_shares`].
const CONCURRENT_PASSES: usize = 64;

/// Longest time between two claims: 10 s. A wakeup shortens it; this limits the delay after a lost
/// wakeup.
const LONGEST_IDLE: Duration = Duration::from_secs(10);

/// Pause after a failure of the store, so that an outage does not cause a busy loop.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Workers of this process.
pub struct Workers {
    engine: Engine,
    wakeup: Wakeup,
    owner: String,
}

impl Workers {
    /// Creates workers; `owner` identifies this process in leases.
    pub const fn new(engine: Engine, wakeup: Wakeup, owner: String) -> Self {
        Self {
            engine,
            wakeup,
            owner,
        }
    }

    /// Works until shutdown, then completes active passes.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let engine = Arc::new(self.engine);
        let mut passes = JoinSet::new();
        loop {
            while passes.try_join_next().is_some() {}
            if *shutdown.borrow() {
                break;
            }
            let idle = match claim(&engine, &self.owner, &mut passes, &shutdown).await {
                Ok(idle) => idle,
                Err(error) => {
                    let error = Report::new(&error).to_string();
                    tracing::error!(error, "failed to claim due work");
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::select! {
                () = self.wakeup.wait(idle) => {}
                Some(_) = passes.join_next(), if passes.len() >= CONCURRENT_PASSES => {}
                changed = shutdown.changed() => if changed.is_err() { break },
            }
        }
        while passes.join_next().await.is_some() {}
    }
}

/// Starts passes for due rows up to the limit; returns the time until more work is due.
async fn claim(
    engine: &Arc<Engine>,
    owner: &str,
    passes: &mut JoinSet<()>,
    shutdown: &watch::Receiver<bool>,
) -> Result<Duration, underpass_store::Error> {
    let now = engine.clock.now();
    let room = |running: usize| {
        let free = CONCURRENT_PASSES.saturating_sub(running);
        engine.shares.room(free, now)
    };
    let before = room(passes.len());
    let lease_until = now.saturating_add(LEASE).unwrap_or(now);
    let claims = if before.total() == 0 {
        Vec::new()
    } else {
        let store = &engine.store;
        store.claim(owner, now, lease_until, &before).await?
    };
    let full = claims.len() == before.total();
    for claim in claims {
        // Begun here, so that the next claim knows of it.
        let slot = engine.shares.start(&claim, now);
        let (engine, shutdown) = (Arc::clone(engine), shutdown.clone());
        passes.spawn(async move {
            let work = claim.key.to_string();
            match pass_in_slot(&engine, &claim, lease_until, slot).await {
                Ok(end) => tracing::debug!(work, ?end, "completed reconcile pass"),
                Err(failure) => {
                    let error = Report::new(&failure).to_string();
                    tracing::error!(work, error, "reconcile pass failed");
                    give_back(&engine, &claim, &failure, lease_until, shutdown).await;
                }
            }
        });
    }
    if full {
        return Ok(LONGEST_IDLE);
    }
    // Work of an account with all its passes is due when one of them ends, which wakes the workers;
    // that of an account that is not called now, at the next attempt.
    let due = engine.store.next_due(&room(passes.len())).await?;
    let due = due.into_iter().chain(engine.shares.next_attempt(now)).min();
    let idle = due.map(|due| due.duration_since(engine.clock.now()));
    Ok(idle.map_or(LONGEST_IDLE, |idle| {
        Duration::try_from(idle)
            .unwrap_or(Duration::ZERO)
            .min(LONGEST_IDLE)
    }))
}

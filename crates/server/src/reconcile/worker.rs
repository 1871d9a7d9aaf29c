//! Workers: claim due work and run a reconcile pass for each claim.

use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::engine::Engine;
use super::pass::{LEASE, reconcile_pass};
use super::wakeup::Wakeup;

/// Most concurrent passes: 8. A pass mostly waits for a cloud, whose write budget (200 and 10/s for
/// each subscription) is exhausted by fewer passes.
const CONCURRENT_PASSES: usize = 8;

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
            let idle = match claim(&engine, &self.wakeup, &self.owner, &mut passes).await {
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
    wakeup: &Wakeup,
    owner: &str,
    passes: &mut JoinSet<()>,
) -> Result<Duration, underpass_store::Error> {
    let room = CONCURRENT_PASSES.saturating_sub(passes.len());
    let now = engine.clock.now();
    let lease_until = now.saturating_add(LEASE).unwrap_or(now);
    let claims = if room == 0 {
        Vec::new()
    } else {
        engine.store.claim(owner, now, lease_until, room).await?
    };
    let full = claims.len() == room;
    for claim in claims {
        let (engine, wakeup) = (Arc::clone(engine), wakeup.clone());
        passes.spawn(async move {
            let work = claim.key.to_string();
            match reconcile_pass(&engine, &claim, lease_until).await {
                Ok(end) => tracing::debug!(work, ?end, "completed reconcile pass"),
                Err(error) => {
                    let error = Report::new(&error).to_string();
                    tracing::error!(work, error, "reconcile pass failed");
                }
            }
            // The next work may be due sooner than computed.
            wakeup.notify();
        });
    }
    if full {
        return Ok(LONGEST_IDLE);
    }
    let due = engine.store.next_due().await?;
    let idle = due.map(|due| due.duration_since(engine.clock.now()));
    Ok(idle.map_or(LONGEST_IDLE, |idle| {
        Duration::try_from(idle)
            .unwrap_or(Duration::ZERO)
            .min(LONGEST_IDLE)
    }))
}

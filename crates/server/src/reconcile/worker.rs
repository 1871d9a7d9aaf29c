//! Claims due work and gives each claim its turn.

use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::pass::{Engine, LEASE, reconcile_pass};
use super::wakeup::Wakeup;

/// Turns at once: 8. A turn is mostly waiting for a provider, whose write budget (200 and 10/s
/// for each subscription) is spent long before that many are busy.
const CONCURRENT_PASSES: usize = 8;

/// Longest time between two looks at the table: 10 s. The bell makes it shorter; this bounds what
/// a ring that was lost can cost.
const LONGEST_NAP: Duration = Duration::from_secs(10);

/// Pause after the store failed, so that an outage does not become a busy loop.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The workers of this process.
pub struct Workers {
    engine: Engine,
    wakeup: Wakeup,
    owner: String,
}

impl Workers {
    /// `owner` names this process in leases.
    pub const fn new(engine: Engine, wakeup: Wakeup, owner: String) -> Self {
        Self {
            engine,
            wakeup,
            owner,
        }
    }

    /// Works until told to stop, then lets turns under way end.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let engine = Arc::new(self.engine);
        let mut passes = JoinSet::new();
        loop {
            while passes.try_join_next().is_some() {}
            if *shutdown.borrow() {
                break;
            }
            let nap = match claim(&engine, &self.wakeup, &self.owner, &mut passes).await {
                Ok(nap) => nap,
                Err(error) => {
                    let error = Report::new(&error).to_string();
                    tracing::error!(error, "claim due work");
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::select! {
                () = self.wakeup.wait(nap) => {}
                Some(_) = passes.join_next(), if passes.len() >= CONCURRENT_PASSES => {}
                changed = shutdown.changed() => if changed.is_err() { break },
            }
        }
        while passes.join_next().await.is_some() {}
    }
}

/// Starts a turn for each due row there is room for; tells how long nothing more will be due.
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
                Ok(end) => tracing::debug!(work, ?end, "end turn"),
                Err(error) => {
                    let error = Report::new(&error).to_string();
                    tracing::error!(work, error, "take a turn");
                }
            }
            // What is due next may be sooner than the loop thinks.
            wakeup.notify();
        });
    }
    if full {
        return Ok(LONGEST_NAP);
    }
    let due = engine.store.next_due().await?;
    let nap = due.map(|due| due.duration_since(engine.clock.now()));
    Ok(nap.map_or(LONGEST_NAP, |nap| {
        Duration::try_from(nap)
            .unwrap_or(Duration::ZERO)
            .min(LONGEST_NAP)
    }))
}

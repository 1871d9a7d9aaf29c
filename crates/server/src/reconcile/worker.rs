//! Claims due work and gives each claim its turn.

use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::bell::Bell;
use super::turn::{Engine, LEASE, turn};

/// Turns at once: 8. A turn is mostly waiting for a provider, whose write budget (200 and 10/s
/// for each subscription) is spent long before that many are busy.
const CONCURRENT_TURNS: usize = 8;

/// Longest time between two looks at the table: 10 s. The bell makes it shorter; this bounds what
/// a ring that was lost can cost.
const LONGEST_NAP: Duration = Duration::from_secs(10);

/// Pause after the store failed, so that an outage does not become a busy loop.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The workers of this process.
pub struct Workers {
    engine: Engine,
    bell: Bell,
    owner: String,
}

impl Workers {
    /// `owner` names this process in leases.
    pub const fn new(engine: Engine, bell: Bell, owner: String) -> Self {
        Self {
            engine,
            bell,
            owner,
        }
    }

    /// Works until told to stop, then lets turns under way end.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let engine = Arc::new(self.engine);
        let mut turns = JoinSet::new();
        loop {
            while turns.try_join_next().is_some() {}
            if *shutdown.borrow() {
                break;
            }
            let nap = match claim(&engine, &self.bell, &self.owner, &mut turns).await {
                Ok(nap) => nap,
                Err(error) => {
                    let error = Report::new(&error).to_string();
                    tracing::error!(error, "claim due work");
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::select! {
                () = self.bell.wait(nap) => {}
                Some(_) = turns.join_next(), if turns.len() >= CONCURRENT_TURNS => {}
                changed = shutdown.changed() => if changed.is_err() { break },
            }
        }
        while turns.join_next().await.is_some() {}
    }
}

/// Starts a turn for each due row there is room for; tells how long nothing more will be due.
async fn claim(
    engine: &Arc<Engine>,
    bell: &Bell,
    owner: &str,
    turns: &mut JoinSet<()>,
) -> Result<Duration, underpass_store::Error> {
    let room = CONCURRENT_TURNS.saturating_sub(turns.len());
    let now = engine.clock.now();
    let lease_until = now.saturating_add(LEASE).unwrap_or(now);
    let claims = if room == 0 {
        Vec::new()
    } else {
        engine.store.claim(owner, now, lease_until, room).await?
    };
    let full = claims.len() == room;
    for claim in claims {
        let (engine, bell) = (Arc::clone(engine), bell.clone());
        turns.spawn(async move {
            let work = claim.key.to_string();
            match turn(&engine, &claim, lease_until).await {
                Ok(end) => tracing::debug!(work, ?end, "end turn"),
                Err(error) => {
                    let error = Report::new(&error).to_string();
                    tracing::error!(work, error, "take a turn");
                }
            }
            // What is due next may be sooner than the loop thinks.
            bell.ring();
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

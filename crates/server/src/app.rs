//! What every request handler shares.

use std::sync::Arc;
use std::time::Duration;

use underpass_store::{Change, Kind, Store, Write};

use crate::accounts::Accounts;
use crate::api::Error;
use crate::changes::Changes;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::publish::Publisher;
use crate::reconcile::{SweepHandle, Wakeup};
use crate::settings::Settings;

/// How often a request decides anew when what it read was changed meanwhile: 10 times. Contention
/// on one aggregate comes from a handful of people and one worker, each done within milliseconds.
const ATTEMPTS: u32 = 10;

/// Longest pause before the second attempt; doubles with each further one, so that the last comes
/// within a second. Those who met once spread out and do not meet again.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// The application, as handlers see it; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Where intent is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and secrets.
    pub ids: Arc<Ids>,
    /// What the operator decided.
    pub settings: Arc<Settings>,
    /// Which accounts serve which cloud.
    pub accounts: Accounts,
    /// Wakes the workers.
    pub wakeup: Wakeup,
    /// Asks for fresh sweeps.
    pub sweeps: SweepHandle,
    /// Keeps DNS equal to what is approved and active.
    pub publisher: Arc<Publisher>,
    /// Tells pages that something may look different now.
    pub changes: Changes,
    /// Writes what was counted, in the text exposition format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl App {
    /// Reads, decides and commits; again from the start when something was changed meanwhile.
    ///
    /// `attempt` reads what it needs, judges, and gives the change together with the answer.
    /// When this returns, the change is durable, the workers are woken, and names that the change
    /// took away are no longer answered.
    ///
    /// # Errors
    /// Whatever `attempt` refuses, [`Error::contended`] when the row would not hold still, and
    /// [`Error::Unavailable`] when the store takes no writes.
    // Not `AsyncFnMut`: its future cannot be shown to be `Send`, which handlers must be.
    pub async fn transact<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<(Change, T), Error>>,
    {
        for number in 0..ATTEMPTS {
            if number > 0 {
                let longest = FIRST_PAUSE * (1 << (number - 1));
                tokio::time::sleep(longest.mul_f64(self.ids.jitter())).await;
            }
            let (change, answer) = attempt().await?;
            if change.is_empty() {
                return Ok(answer);
            }
            let wakes = !change.enqueue.is_empty();
            let renames = touches_names(&change);
            match self.store.commit(change).await {
                Ok(()) => {
                    if renames {
                        self.publisher.refresh().await?;
                    }
                    if wakes {
                        self.wakeup.notify();
                    }
                    return Ok(answer);
                }
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(Error::uncommitted(error)),
            }
        }
        Err(Error::contended())
    }
}

/// Whether a change can give or take a private name.
fn touches_names(change: &Change) -> bool {
    change.writes.iter().any(|write| {
        let (Write::Put(kind, ..) | Write::Remove(kind, _)) = write;
        matches!(kind, Kind::Link | Kind::Connection | Kind::Observed)
    })
}

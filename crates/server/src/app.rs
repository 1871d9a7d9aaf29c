//! State that all request handlers share.

use std::sync::Arc;
use std::time::Duration;

use underpass_store::{BackupSource, Change, Store};

use crate::accounts::Accounts;
use crate::api::error::Error;
use crate::backend_health::BackendHealth;
use crate::change_slots::ChangeSlots;
use crate::changes::Changes;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::in_progress::InProgress;
use crate::publish::{PublisherHandle, may_rename};
use crate::readiness::Readiness;
use crate::reconcile::{AccountShares, SweepHandle, Wakeup};
use crate::recovery::refuse_held;
use crate::request_rates::RequestRates;
use crate::settings::Settings;
use crate::whole_reads::WholeReads;

/// Attempts of one request whose reads are changed concurrently: 10. An aggregate is written by a
/// few clients and one worker, each for milliseconds.
const ATTEMPTS: u32 = 10;

/// Longest pause before the second attempt. It doubles with each further attempt, so that the last
/// one begins within a second; the pauses are random, so that concurrent requests do not collide
/// again.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// Longest wait of a request until its changes of names are answered: 1 s. It takes milliseconds,
/// and the publisher goes on without the request.
const LONGEST_PUBLICATION: Duration = Duration::from_secs(1);

/// The place where a change has its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A cloud, by the work that the change enqueues.
    Cloud,
    /// The store, and what follows from it without a cloud: names, states, pages.
    Store,
}

/// State of the application; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Store of the desired state.
    pub store: Arc<dyn Store>,
    /// Backups of the store.
    pub backups: Arc<dyn BackupSource>,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Source of IDs and secrets.
    pub ids: Arc<Ids>,
    /// Settings of the installation.
    pub settings: Arc<Settings>,
    /// Cloud accounts.
    pub accounts: Accounts,
    /// Notifies the workers.
    pub wakeup: Wakeup,
    /// Shares of the accounts in passes and sweeps, and their outages.
    pub shares: AccountShares,
    /// Last answers about the health of backends.
    pub health: BackendHealth,
    /// Requests sweeps.
    pub sweeps: SweepHandle,
    /// Publishes private names.
    pub names: PublisherHandle,
    /// Requests of projects and tokens, which are limited.
    pub rates: RequestRates,
    /// Requests in progress, which are limited.
    pub in_progress: InProgress,
    /// Slots of changes.
    pub slots: ChangeSlots,
    /// Slots and threads of reads of whole projects.
    pub whole_reads: WholeReads,
    /// Change notifications for open console pages.
    pub changes: Changes,
    /// Readiness for new requests.
    pub readiness: Readiness,
    /// Writes the metrics in the text exposition format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl App {
    /// Reads, decides and commits; repeats all of it after a concurrent change.
    ///
    /// `attempt` reads, decides, and returns the change together with the answer. On return the
    /// change is durable, the workers are notified, and removed names are no longer answered,
    /// unless the publisher failed, which then tries again.
    ///
    /// A change that enqueues work of an account on hold is refused.
    ///
    /// # Errors
    /// The errors of `attempt`; `account_on_hold`; [`Error::Contended`] if concurrent changes
    /// prevented all attempts; [`Error::Unavailable`] if the store accepts no writes.
    // Not `AsyncFnMut`: its future is not provably `Send`, which handlers require.
    pub async fn transact<T, F>(&self, attempt: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<(Change, T), Error>>,
    {
        self.transact_as(Reach::Cloud, attempt).await
    }

    /// Like [`Self::transact`]; a change of which no cloud gets anything is not refused.
    ///
    /// # Errors
    /// As [`Self::transact`].
    pub(crate) async fn transact_as<T, F>(
        &self,
        reach: Reach,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<(Change, T), Error>>,
    {
        for number in 0..ATTEMPTS {
            if number > 0 {
                let longest = FIRST_PAUSE * (1 << (number - 1));
                tokio::time::sleep(longest.mul_f64(self.ids.jitter())).await;
            }
            let slot = self.slots.wait().await;
            let (change, answer) = attempt().await?;
            if change.is_empty() {
                return Ok(answer);
            }
            let change = match reach {
                Reach::Cloud => refuse_held(&*self.store, change).await?,
                Reach::Store => change,
            };
            let wakes = !change.enqueue.is_empty();
            let renames = may_rename(&change);
            let slot = self.slots.before_commit(slot);
            let committed = self.store.commit(change).await;
            drop(slot);
            match committed {
                Ok(()) => {
                    if renames {
                        self.names.published(LONGEST_PUBLICATION).await;
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
        Err(Error::Contended)
    }
}

//! Sweeper: runs sweeps in the background and on request.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use underpass_clouds::Depth;
use underpass_model::work::WorkKey;
use underpass_store::Error;

use super::account_hold;
use super::engine::Engine;
use super::sweep::{has_new_scope, sweep};
use super::wakeup::Wakeup;

/// Background sweeps between full listings: 30. At the default interval of 10 s, drift of load
/// balancers and memberships is detected every 5 minutes.
const FULL_SWEEP_EVERY: u64 = 30;

/// Most listings for one request: 5. A worker writes an active link several times a second, and
/// each write makes a listing void for it; a link at rest needs one listing.
const FRESH_LISTINGS: usize = 5;

/// Pause before the second attempt to compare the accounts with the store: 1 second; it doubles.
const FIRST_COMPARISON_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause between two such attempts: 1 minute.
const LONGEST_COMPARISON_PAUSE: Duration = Duration::from_mins(1);

/// Most waiting requests: 1,024; further ones wait for a place in the queue and may time out.
const MAX_WAITING: usize = 1024;

/// Handle to request sweeps; cheap to clone.
#[derive(Debug, Clone)]
pub struct SweepHandle {
    requests: mpsc::Sender<Request>,
}

/// Outcome of a refresh of one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The observations are recorded.
    Recorded,
    /// Concurrent changes of the link made every listing void for it.
    Contended,
    /// The listing failed, with the reason. The reason may contain untrusted text of the provider.
    Failed(String),
    /// The refresh timed out.
    TimedOut,
}

#[derive(Debug)]
struct Request {
    link: WorkKey,
    done: oneshot::Sender<RefreshOutcome>,
}

/// The next comparison of accounts that were not compared yet.
#[derive(Debug, Clone, Copy)]
struct Comparison {
    pause: Duration,
    due: Instant,
}

impl Comparison {
    fn immediate() -> Self {
        Self {
            pause: Duration::ZERO,
            due: Instant::now(),
        }
    }
}

/// Lists scopes in the background and on request.
pub struct Sweeper {
    engine: Engine,
    wakeup: Wakeup,
    interval: Option<Duration>,
    requests: mpsc::Receiver<Request>,
}

impl SweepHandle {
    /// Returns a handle and its queue.
    fn new() -> (Self, mpsc::Receiver<Request>) {
        let (requests, queue) = mpsc::channel(MAX_WAITING);
        (Self { requests }, queue)
    }

    /// Waits for a sweep of the link's scope that begins after this call, but at most for
    /// `at_most`. Concurrent requests share one sweep.
    pub async fn fresh(&self, link: &WorkKey, at_most: Duration) -> RefreshOutcome {
        let (done, answer) = oneshot::channel();
        let request = Request {
            link: link.clone(),
            done,
        };
        let round_trip = async {
            self.requests.send(request).await.ok()?;
            answer.await.ok()
        };
        let outcome = tokio::time::timeout(at_most, round_trip).await;
        outcome.ok().flatten().unwrap_or(RefreshOutcome::TimedOut)
    }
}

impl Sweeper {
    /// Creates a sweeper and its handle. `interval` is the interval of background sweeps; `None`:
    /// only on request.
    pub fn new(engine: Engine, wakeup: Wakeup, interval: Option<Duration>) -> (Self, SweepHandle) {
        let (handle, requests) = SweepHandle::new();
        (
            Self {
                engine,
                wakeup,
                interval,
                requests,
            },
            handle,
        )
    }

    /// Sweeps until shutdown. The first sweeps compare every account with the store.
    ///
    /// Requests that arrive during a sweep share the next one.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut round: u64 = 0;
        let mut comparison = (!self.has_compared_all()).then(Comparison::immediate);
        loop {
            // An account that cannot be compared does not delay the discovery of the others.
            let until_comparison = comparison.map(|it| it.due.duration_since(Instant::now()));
            let pause = until_comparison.into_iter().chain(self.interval).min();
            let tick = async {
                match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            let mut waiting = Vec::new();
            tokio::select! {
                biased;
                changed = shutdown.changed() => {
                    if changed.is_err() || *shutdown.borrow() {
                        return;
                    }
                    continue;
                }
                request = self.requests.recv() => match request {
                    Some(request) => waiting.push(request),
                    None => return,
                },
                () = tick => {}
            }
            while let Ok(request) = self.requests.try_recv() {
                waiting.push(request);
            }
            let only: BTreeSet<WorkKey> =
                waiting.iter().map(|request| request.link.clone()).collect();
            // A request lists everything, to detect drift as well.
            let compares = comparison.is_some_and(|it| it.due <= Instant::now());
            let full = !only.is_empty()
                || compares
                || round.is_multiple_of(FULL_SWEEP_EVERY)
                || self.has_new_scope().await;
            let depth = if full {
                Depth::Everything
            } else {
                Depth::Connections
            };
            let only_is_empty = only.is_empty();
            round += u64::from(only_is_empty);
            let outcomes = tokio::select! {
                outcomes = self.sweep(only, depth) => outcomes,
                _ = shutdown.changed() => return,
            };
            if only_is_empty && full {
                comparison = self.next_comparison(comparison);
            }
            for request in waiting {
                let outcome = outcomes
                    .get(&request.link)
                    .cloned()
                    .unwrap_or(RefreshOutcome::Recorded);
                // The caller may have timed out.
                let _unsent = request.done.send(outcome);
            }
        }
    }
}

impl Sweeper {
    /// Returns whether a scope is new, such as the network of a project VPC that was just created, or
    /// an account on hold was not listed completely yet.
    async fn has_new_scope(&self) -> bool {
        let engine = &self.engine;
        let new = async {
            Ok::<_, Error>(
                has_new_scope(engine).await? || account_hold::has_unlisted(engine).await?,
            )
        };
        new.await.unwrap_or_else(|error| {
            tracing::warn!(error = %Report::new(&error), "failed to read the scopes to list");
            false
        })
    }

    fn has_compared_all(&self) -> bool {
        let engine = &self.engine;
        let mut accounts = engine.accounts.names();
        accounts.all(|account| engine.compared.contains(account))
    }

    /// Returns the pause before the next comparison of accounts that were not compared yet; `None`
    /// if all were, which lets waiting work go on.
    fn next_comparison(&self, before: Option<Comparison>) -> Option<Comparison> {
        let before = before?;
        if self.has_compared_all() {
            self.wakeup.notify();
            return None;
        }
        let engine = &self.engine;
        let accounts = engine.accounts.names();
        for account in accounts.filter(|account| !engine.compared.contains(account)) {
            tracing::warn!(
                cloud.account = %account,
                "failed to compare the account with the store; nothing is written to it until a \
                 listing succeeds"
            );
        }
        let pause = (before.pause * 2).clamp(FIRST_COMPARISON_PAUSE, LONGEST_COMPARISON_PAUSE);
        Some(Comparison {
            pause,
            due: Instant::now() + pause,
        })
    }

    /// Sweeps once in the background, or for requests until their links have recorded findings.
    /// Returns the outcomes that differ from `Recorded`.
    async fn sweep(
        &self,
        mut only: BTreeSet<WorkKey>,
        depth: Depth,
    ) -> BTreeMap<WorkKey, RefreshOutcome> {
        let mut outcomes = BTreeMap::new();
        for _ in 0..FRESH_LISTINGS {
            match sweep(&self.engine, &self.wakeup, &only, depth).await {
                Ok(swept) => {
                    only.retain(|link| swept.void.contains(link));
                    let failed = swept.failed.into_iter();
                    outcomes.extend(
                        failed.map(|(link, reason)| (link, RefreshOutcome::Failed(reason))),
                    );
                }
                Err(error) => {
                    tracing::error!(error = %Report::new(&error), "sweep failed");
                    let reason = "the stored state could not be read; the log contains the reason"
                        .to_owned();
                    let failed = |link| (link, RefreshOutcome::Failed(reason.clone()));
                    outcomes.extend(only.into_iter().map(failed));
                    return outcomes;
                }
            }
            if only.is_empty() {
                break;
            }
        }
        outcomes.extend(
            only.into_iter()
                .map(|link| (link, RefreshOutcome::Contended)),
        );
        outcomes
    }
}

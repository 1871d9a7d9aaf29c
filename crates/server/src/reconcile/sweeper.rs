//! Runs sweeps: in the background, and for whoever wants to know now.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::{mpsc, oneshot, watch};
use underpass_clouds::Depth;
use underpass_model::work::WorkKey;

use super::pass::Engine;
use super::sweep::sweep;
use super::wakeup::Wakeup;

/// Every so many background sweeps everything is listed, not only connections: 30, which at the
/// default interval of 10 s looks for drift of balancers and memberships every 5 minutes.
const FULL_SWEEP_EVERY: u64 = 30;

/// Most listings for one request: 5. A link that is being worked on is written several times a
/// second, and what was listed before such a write is void for it; a link at rest needs one.
const FRESH_LISTINGS: usize = 5;

/// Requests for a fresh sweep that may wait: 1,024; beyond that callers get yesterday's news.
const MAX_WAITING: usize = 1024;

/// Asks for fresh sweeps; cheap to clone.
#[derive(Debug, Clone)]
pub struct SweepHandle {
    requests: mpsc::Sender<Request>,
}

/// What became of a request for a fresh look at a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// What the provider shows is recorded.
    ObservedPart,
    /// The link was worked on all the while, so that every listing was void for it.
    Raced,
    /// It could not be listed, and why. May hold the provider's words, which are hostile text.
    Unlisted(String),
    /// There was no answer in time.
    Late,
}

#[derive(Debug)]
struct Request {
    link: WorkKey,
    done: oneshot::Sender<RefreshOutcome>,
}

/// Lists scopes in the background and on request.
pub struct Sweeper {
    engine: Engine,
    wakeup: Wakeup,
    interval: Option<Duration>,
    requests: mpsc::Receiver<Request>,
}

impl SweepHandle {
    /// A handle and the queue it fills.
    fn new() -> (Self, mpsc::Receiver<Request>) {
        let (requests, queue) = mpsc::channel(MAX_WAITING);
        (Self { requests }, queue)
    }

    /// Waits for one sweep of the link's scope that began after this call, shared with whoever
    /// else asks, but at most so long.
    pub async fn fresh(&self, link: &WorkKey, at_most: Duration) -> RefreshOutcome {
        let (done, answer) = oneshot::channel();
        let request = Request {
            link: link.clone(),
            done,
        };
        let ask = async {
            self.requests.send(request).await.ok()?;
            answer.await.ok()
        };
        let look = tokio::time::timeout(at_most, ask).await;
        look.ok().flatten().unwrap_or(RefreshOutcome::Late)
    }
}

impl Sweeper {
    /// A sweeper and the handle that asks it. `interval`: how often connections are discovered
    /// in the background; `None`: only on request.
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

    /// Sweeps until told to stop.
    ///
    /// Requests that come while a sweep runs are answered by the next one, all together.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut round: u64 = 0;
        loop {
            let tick = async {
                match self.interval {
                    Some(interval) => tokio::time::sleep(interval).await,
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
            // Whoever asks wants to know everything, drift included.
            let full = !only.is_empty() || round.is_multiple_of(FULL_SWEEP_EVERY);
            let depth = if full {
                Depth::Everything
            } else {
                Depth::Connections
            };
            round += u64::from(only.is_empty());
            let looks = tokio::select! {
                looks = self.sweep(only, depth) => looks,
                _ = shutdown.changed() => return,
            };
            for request in waiting {
                let look = looks
                    .get(&request.link)
                    .cloned()
                    .unwrap_or(RefreshOutcome::ObservedPart);
                // Whoever asked may have gone.
                let _gone = request.done.send(look);
            }
        }
    }
}

impl Sweeper {
    /// Sweeps once in the background. For those who asked, again while what was found is void for
    /// a link of theirs. Gives what is to be told besides that everything was seen.
    async fn sweep(
        &self,
        mut only: BTreeSet<WorkKey>,
        depth: Depth,
    ) -> BTreeMap<WorkKey, RefreshOutcome> {
        let mut looks = BTreeMap::new();
        for _ in 0..FRESH_LISTINGS {
            match sweep(&self.engine, &self.wakeup, &only, depth).await {
                Ok(swept) => {
                    only.retain(|link| swept.void.contains(link));
                    let unlisted = swept.unlisted.into_iter();
                    looks.extend(unlisted.map(|(link, why)| (link, RefreshOutcome::Unlisted(why))));
                }
                Err(error) => {
                    tracing::error!(error = %Report::new(&error), "sweep");
                    let why = "what is known could not be read; the log has the reason".to_owned();
                    let failed = |link| (link, RefreshOutcome::Unlisted(why.clone()));
                    looks.extend(only.into_iter().map(failed));
                    return looks;
                }
            }
            if only.is_empty() {
                break;
            }
        }
        looks.extend(only.into_iter().map(|link| (link, RefreshOutcome::Raced)));
        looks
    }
}

//! Sweeper: runs sweeps in the background and on request.
//!
//! Each account is swept by tasks of its own, so that one that answers slowly, or not at all, delays
//! no other. Sweeps in the background are due at absolute times, which requests do not move.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use underpass_clouds::Depth;
use underpass_model::name::AccountName;
use underpass_model::work::WorkKey;
use underpass_store::{Error, Shift, Task};

use super::account_hold;
use super::account_listing::Limit;
use super::engine::Engine;
use super::findings::Swept;
use super::listing_failure::ListingFailure;
use super::network_sweep::sweep_networks;
use super::refresh::{
    Answers, RefreshOutcome, Refreshed, Refreshes, Request, RequestedListing, SweepHandle, objects,
};
use super::sweep::{has_new_scope, sweep_account, sweep_scope};
use super::wakeup::Wakeup;

/// Background sweeps between full listings: 30. At the default interval of 10 s, drift of load
/// balancers and memberships is detected every 5 minutes.
const FULL_SWEEP_EVERY: u64 = 30;

/// Most listings for one request: 5. A worker writes an active link several times a second, and
/// each write makes a listing void for it; a link at rest needs one listing.
const FRESH_LISTINGS: usize = 5;

/// Longest listing of one scope: 2 minutes, four of the longest HTTP exchanges. A listing of 65,536
/// interfaces in pages takes half of it.
const LISTING: Limit = Some(Duration::from_mins(2));

/// Time after which another process sweeps an account whose sweep has not ended: 1 minute, so that a process
/// that was killed delays discovery by no more.
const LONGEST_SHIFT: Duration = Duration::from_mins(1);

/// Pause before the second attempt to compare an account with the store: 1 second; it doubles.
const FIRST_COMPARISON_PAUSE: Duration = Duration::from_secs(1);

/// Pause after which a failed comparison is announced: 2 seconds, which is the third attempt. A link
/// that changes during a listing makes the first ones void.
const ANNOUNCED_COMPARISON_PAUSE: Duration = Duration::from_secs(2);

/// Longest pause between two such attempts: 1 minute.
const LONGEST_COMPARISON_PAUSE: Duration = Duration::from_mins(1);

/// Sweeps of one account in the background.
#[derive(Debug)]
struct Background {
    /// Time of the next sweep; `None`: there is none.
    due: Option<Instant>,
    is_running: bool,
    round: u64,
    /// Time of the next attempt to compare the account with the store, and the pause before it;
    /// `None` after it was compared.
    comparison: Option<(Instant, Duration)>,
}

/// A running task.
enum RunningTask {
    Background(AccountName),
    Requested(RequestedListing, Vec<Request>),
}

/// Lists scopes in the background and on request.
pub struct Sweeper {
    engine: Engine,
    wakeup: Wakeup,
    interval: Option<Duration>,
    requests: mpsc::Receiver<Request>,
}

/// Sweeper that runs.
struct Running {
    engine: Arc<Engine>,
    wakeup: Wakeup,
    interval: Option<Duration>,
    accounts: BTreeMap<AccountName, Background>,
    refreshes: Refreshes,
    sweeps: JoinSet<Answers>,
    /// The few sweeps that run, by the ID of their task, which has no order.
    tasks: Vec<(Id, RunningTask)>,
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
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut requests = self.requests;
        let mut running = Running::new(self.engine, self.wakeup, self.interval);
        loop {
            running.start_due();
            let due = running.due();
            let tick = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changed = shutdown.changed() => {
                    if changed.is_err() || *shutdown.borrow() {
                        // Dropping them ends the tasks.
                        return;
                    }
                }
                Some(ended) = running.sweeps.join_next_with_id() => running.end(ended),
                request = requests.recv() => match request {
                    Some(request) => running.add(request).await,
                    None => return,
                },
                () = tick => {}
            }
        }
    }
}

impl Running {
    fn new(engine: Engine, wakeup: Wakeup, interval: Option<Duration>) -> Self {
        let now = Instant::now();
        let background = |account: &AccountName| {
            let is_compared = engine.compared.contains(account);
            Background {
                due: interval.map(|interval| now + interval),
                is_running: false,
                round: 0,
                comparison: (!is_compared).then_some((now, Duration::ZERO)),
            }
        };
        let accounts = engine.accounts.names();
        let accounts = accounts.map(|account| (account.clone(), background(account)));
        Self {
            accounts: accounts.collect(),
            engine: Arc::new(engine),
            wakeup,
            interval,
            refreshes: Refreshes::default(),
            sweeps: JoinSet::new(),
            tasks: Vec::new(),
        }
    }

    /// Returns the time of the next sweep.
    fn due(&self) -> Option<Instant> {
        let idle = self.accounts.values().filter(|it| !it.is_running);
        idle.filter_map(Background::due)
            .chain(self.refreshes.due())
            .min()
    }

    /// Starts the sweeps that are due.
    fn start_due(&mut self) {
        let now = Instant::now();
        let mut due = Vec::new();
        for (account, background) in &mut self.accounts {
            let is_due = background.due().is_some_and(|due| due <= now);
            if is_due && !background.is_running {
                due.push((account.clone(), background.begin(now, self.interval)));
            }
        }
        for (account, full) in due {
            let (engine, wakeup) = (Arc::clone(&self.engine), self.wakeup.clone());
            let (of_account, interval) = (account.clone(), self.interval);
            let sweep = async move {
                in_shift(&engine, &wakeup, &of_account, interval, full).await;
                Answers::new()
            };
            let task = self.sweeps.spawn(sweep);
            self.tasks
                .push((task.id(), RunningTask::Background(account)));
        }
        while let Some((listing, requests)) = self.refreshes.next(now) {
            let (engine, wakeup) = (Arc::clone(&self.engine), self.wakeup.clone());
            let (requested, only) = (listing.clone(), objects(&requests));
            let sweep = async move { on_request(&engine, &wakeup, &requested, only).await };
            let task = self.sweeps.spawn(sweep);
            let requested = RunningTask::Requested(listing, requests);
            self.tasks.push((task.id(), requested));
        }
    }

    /// Takes in an ended task.
    fn end(&mut self, ended: Result<(Id, Answers), JoinError>) {
        let (id, mut answers) = match ended {
            Ok((id, answers)) => (id, Ok(answers)),
            Err(error) => {
                tracing::error!(error = %Report::new(&error), "sweep failed");
                (error.id(), Err(unread()))
            }
        };
        let index = self.tasks.iter().position(|(task, _)| *task == id);
        match index.map(|index| self.tasks.swap_remove(index).1) {
            None => {}
            Some(RunningTask::Background(account)) => self.end_background(&account),
            Some(RunningTask::Requested(listing, requests)) => {
                self.refreshes.end(&listing, Instant::now());
                for request in requests {
                    let answer = match &mut answers {
                        Ok(answers) => answers
                            .get(&request.work)
                            .cloned()
                            .unwrap_or(RefreshOutcome::Recorded.into()),
                        Err(failed) => failed.clone().into(),
                    };
                    request.answer(answer);
                }
            }
        }
    }

    fn end_background(&mut self, account: &AccountName) {
        let Some(background) = self.accounts.get_mut(account) else {
            return;
        };
        background.is_running = false;
        let Some((due, pause)) = background.comparison else {
            return;
        };
        let now = Instant::now();
        if self.engine.compared.contains(account) {
            background.comparison = None;
            // Lets waiting work go on.
            self.wakeup.notify();
        } else if due <= now {
            if pause >= ANNOUNCED_COMPARISON_PAUSE {
                tracing::warn!(
                    cloud.account = %account,
                    "failed to compare the account with the store; nothing is written to it until \
                     a listing succeeds"
                );
            }
            let pause = (pause * 2).clamp(FIRST_COMPARISON_PAUSE, LONGEST_COMPARISON_PAUSE);
            background.comparison = Some((now + pause, pause));
        }
    }

    /// Adds a request to those that wait for the same listing.
    async fn add(&mut self, request: Request) {
        let links = &self.engine.links;
        if let Err(error) = links.refresh(&*self.engine.store).await {
            tracing::error!(error = %Report::new(&error), "failed to read the object to list");
            request.answer(unread().into());
            return;
        }
        let listing = match &request.work {
            WorkKey::Vpc(..) => links
                .account_of_network(&request.work)
                .map(RequestedListing::Networks),
            work => links
                .scope_of_link(work, Depth::Everything)
                .map(RequestedListing::Links),
        };
        match listing {
            Some(listing) => self.refreshes.add(listing, request, Instant::now()),
            // Of a network that no account serves, or that is being deleted; it has nothing to list.
            None => request.answer(RefreshOutcome::Recorded.into()),
        }
    }
}

impl Background {
    fn due(&self) -> Option<Instant> {
        let comparison = self.comparison.map(|(due, _)| due);
        self.due.into_iter().chain(comparison).min()
    }

    /// Begins a sweep; returns whether it lists everything in any case.
    fn begin(&mut self, now: Instant, interval: Option<Duration>) -> bool {
        self.is_running = true;
        let compares = self.comparison.is_some_and(|(due, _)| due <= now);
        let full = compares || self.round.is_multiple_of(FULL_SWEEP_EVERY);
        self.round += 1;
        if let (Some(due), Some(interval)) = (self.due, interval)
            && due <= now
        {
            // A sweep that took longer than the interval is not made up for.
            let next = due + interval;
            self.due = Some(if next > now { next } else { now + interval });
        }
        full
    }
}

/// Sweeps an account once, unless another process on the store does.
async fn in_shift(
    engine: &Engine,
    wakeup: &Wakeup,
    account: &AccountName,
    interval: Option<Duration>,
    full: bool,
) {
    // Each process compares the accounts for itself.
    let Some(interval) = interval.filter(|_| engine.compared.contains(account)) else {
        return in_background(engine, wakeup, account, full).await;
    };
    let name = format!("sweep/{account}");
    let task = Task {
        name: &name,
        interval,
        longest: LONGEST_SHIFT,
    };
    match engine.store.take_shift(&task).await {
        Ok(Shift::Alone) => in_background(engine, wakeup, account, full).await,
        Ok(Shift::Own(number)) => {
            let full = number.is_multiple_of(FULL_SWEEP_EVERY);
            in_background(engine, wakeup, account, full).await;
            if let Err(error) = engine.store.end_shift(&task, number).await {
                tracing::info!(error = %Report::new(&error), "failed to end the shift of a sweep");
            }
        }
        Ok(Shift::Other) => {}
        Err(error) => {
            tracing::error!(error = %Report::new(&error), "failed to take the shift of a sweep");
        }
    }
}

/// Sweeps an account once.
async fn in_background(engine: &Engine, wakeup: &Wakeup, account: &AccountName, full: bool) {
    let new = async {
        let is_new = has_new_scope(engine, account).await?;
        Ok::<_, Error>(is_new || account_hold::has_unlisted(engine, account).await?)
    };
    let full = full
        || new.await.unwrap_or_else(|error| {
            tracing::warn!(error = %Report::new(&error), "failed to read the scopes to list");
            false
        });
    let depth = if full {
        Depth::Everything
    } else {
        Depth::Connections
    };
    if let Err(error) = sweep_account(engine, wakeup, account, depth, LISTING).await {
        tracing::error!(error = %Report::new(&error), "sweep failed");
    }
}

/// Makes a listing for requests until their objects have recorded findings.
async fn on_request(
    engine: &Engine,
    wakeup: &Wakeup,
    listing: &RequestedListing,
    mut only: BTreeSet<WorkKey>,
) -> Answers {
    let mut answers = Answers::new();
    for _ in 0..FRESH_LISTINGS {
        let swept = match listing {
            RequestedListing::Links(scope) => {
                let listed = engine.links.links_in(scope);
                sweep_scope(engine, wakeup, scope, &listed, &only, LISTING).await
            }
            RequestedListing::Networks(account) => {
                list_networks(engine, wakeup, account, &only, &mut answers).await
            }
        };
        match swept {
            Ok(Ok(swept)) => {
                only.retain(|work| swept.void.contains(work));
                let recorded = swept.differences.into_iter().map(|(work, differences)| {
                    let refreshed = Refreshed {
                        outcome: RefreshOutcome::Recorded,
                        differences: Some(differences),
                    };
                    (work, refreshed)
                });
                answers.extend(recorded);
            }
            Ok(Err(failure)) => {
                answers.extend(outcomes(only, &RefreshOutcome::Failed(failure)));
                return answers;
            }
            Err(error) => {
                tracing::error!(error = %Report::new(&error), "sweep failed");
                answers.extend(outcomes(only, &unread()));
                return answers;
            }
        }
        if only.is_empty() {
            break;
        }
    }
    answers.extend(outcomes(only, &RefreshOutcome::Contended));
    answers
}

/// Lists the networks of an account for project VPCs; the static IPs of their projects are listed, too.
/// Returns those that changed during the listing, and adds those to `left_out` that it left out.
async fn list_networks(
    engine: &Engine,
    wakeup: &Wakeup,
    account: &AccountName,
    vpcs: &BTreeSet<WorkKey>,
    left_out: &mut Answers,
) -> Result<Result<Swept, ListingFailure>, Error> {
    let projects: BTreeSet<_> = vpcs.iter().map(WorkKey::project).collect();
    let mut only = vpcs.clone();
    let (listed, _) = engine.links.networks(account);
    only.extend(listed.into_iter().map(|it| it.work).filter(|work| {
        matches!(work, WorkKey::StaticIp(..)) && projects.contains(&work.project())
    }));
    let swept = sweep_networks(engine, wakeup, account, &only, LISTING).await?;
    Ok(swept.map(|swept| {
        let failed = swept.left_out.into_iter();
        let failed = failed.filter(|(work, _)| vpcs.contains(work));
        let failed = failed.map(|(work, reason)| {
            let failure = ListingFailure::passing(reason);
            (work, RefreshOutcome::Failed(failure).into())
        });
        left_out.extend(failed);
        let listed = only
            .difference(&swept.void)
            .filter(|work| !left_out.contains_key(*work));
        Swept {
            differences: listed.map(|work| (work.clone(), Vec::new())).collect(),
            void: swept.void,
        }
    }))
}

fn outcomes(objects: BTreeSet<WorkKey>, outcome: &RefreshOutcome) -> Answers {
    let outcomes = objects
        .into_iter()
        .map(|work| (work, outcome.clone().into()));
    outcomes.collect()
}

fn unread() -> RefreshOutcome {
    RefreshOutcome::Failed(ListingFailure::passing(
        "the stored state could not be read; the log contains the reason",
    ))
}

//! Refreshes on request: each scope, and the networks of each account, are listed at most once a second,
//! for all requests that wait for them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use underpass_model::doctor::Difference;
use underpass_model::name::AccountName;
use underpass_model::work::WorkKey;

use super::compared::AccountScope;
use super::listing_failure::ListingFailure;

/// Shortest interval between two listings of a scope, or of the networks of an account, on request: 1 s. A client that polls costs no
/// more than one listing a second, and its requests wait for the next one.
const REQUEST_INTERVAL: Duration = Duration::from_secs(1);

/// Most concurrent listings of one account on request: 2, so that one slow scope does not keep
/// another one waiting. A listing in the background may run beside them.
const LISTINGS_PER_ACCOUNT: usize = 2;

/// Most waiting requests: 1,024; further ones wait for a place in the queue and may time out.
const MAX_WAITING: usize = 1024;

/// Handle to request sweeps; cheap to clone.
#[derive(Debug, Clone)]
pub struct SweepHandle {
    requests: mpsc::Sender<Request>,
}

/// Outcome of a refresh of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The observations are recorded.
    Recorded,
    /// Concurrent changes of the object made every listing void for it.
    Contended,
    /// The listing failed.
    Failed(ListingFailure),
    /// The refresh timed out.
    TimedOut,
}

/// Answers to requests by their objects. An object without one had nothing to list.
pub(super) type Answers = BTreeMap<WorkKey, Refreshed>;

/// Answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// Outcome of the refresh.
    pub outcome: RefreshOutcome,
    /// The parts of the link that were listed otherwise than desired; `None` if it was not listed.
    pub differences: Option<Vec<Difference>>,
}

/// One request for a refresh.
#[derive(Debug)]
pub(super) struct Request {
    /// The link or project VPC.
    pub(super) work: WorkKey,
    done: oneshot::Sender<Refreshed>,
}

/// One listing, and the objects that it shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RequestedListing {
    /// Links of a scope.
    Links(AccountScope),
    /// Project VPCs and static IPs of an account.
    Networks(AccountName),
}

impl RequestedListing {
    fn account(&self) -> &AccountName {
        match self {
            Self::Links((account, _)) | Self::Networks(account) => account,
        }
    }
}

/// Waiting requests, by the listings that show their objects.
#[derive(Debug, Default)]
pub(super) struct Refreshes {
    listings: BTreeMap<RequestedListing, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    requests: Vec<Request>,
    /// Arrival of the first of them.
    since: Option<Instant>,
    /// Time from which the listing may be repeated.
    due: Option<Instant>,
    is_listed: bool,
}

impl SweepHandle {
    /// Returns a handle and its queue.
    pub(super) fn new() -> (Self, mpsc::Receiver<Request>) {
        let (requests, queue) = mpsc::channel(MAX_WAITING);
        (Self { requests }, queue)
    }

    /// Waits for a listing of a link or project VPC that begins after this call, but at most for
    /// `at_most`. Requests that wait for the same listing share it.
    pub async fn fresh(&self, work: &WorkKey, at_most: Duration) -> RefreshOutcome {
        self.listed(work, at_most).await.outcome
    }

    /// Like [`Self::fresh`], with what the listing showed otherwise than desired.
    pub async fn listed(&self, work: &WorkKey, at_most: Duration) -> Refreshed {
        let (done, answer) = oneshot::channel();
        let request = Request {
            work: work.clone(),
            done,
        };
        let round_trip = async {
            self.requests.send(request).await.ok()?;
            answer.await.ok()
        };
        let outcome = tokio::time::timeout(at_most, round_trip).await;
        let timed_out = || Refreshed::from(RefreshOutcome::TimedOut);
        outcome.ok().flatten().unwrap_or_else(timed_out)
    }
}

impl From<RefreshOutcome> for Refreshed {
    fn from(outcome: RefreshOutcome) -> Self {
        Self {
            outcome,
            differences: None,
        }
    }
}

impl Request {
    /// Answers the request.
    pub(super) fn answer(self, refreshed: Refreshed) {
        // The caller may have timed out.
        let _unsent = self.done.send(refreshed);
    }
}

impl Refreshes {
    /// Adds a request.
    pub(super) fn add(&mut self, listing: RequestedListing, request: Request, now: Instant) {
        let waiting = self.listings.entry(listing).or_default();
        waiting.since.get_or_insert(now);
        waiting.requests.push(request);
    }

    /// Returns the listing to make now that was waited for longest, with its requests; the caller calls
    /// [`Self::end`] after it.
    pub(super) fn next(&mut self, now: Instant) -> Option<(RequestedListing, Vec<Request>)> {
        for waiting in self.listings.values_mut() {
            // A caller that timed out needs no listing.
            waiting.requests.retain(|request| !request.done.is_closed());
            if waiting.requests.is_empty() {
                waiting.since = None;
            }
        }
        let busy = self.busy();
        let due = self.listings.iter_mut().filter(|(listing, waiting)| {
            waiting.is_idle()
                && waiting.due.is_none_or(|due| due <= now)
                && !busy.contains(listing.account())
        });
        let (listing, waiting) = due.min_by_key(|(_, waiting)| waiting.since)?;
        waiting.since = None;
        waiting.is_listed = true;
        waiting.due = Some(now + REQUEST_INTERVAL);
        Some((listing.clone(), std::mem::take(&mut waiting.requests)))
    }

    /// Ends a listing, and forgets those without requests.
    pub(super) fn end(&mut self, listing: &RequestedListing, now: Instant) {
        if let Some(waiting) = self.listings.get_mut(listing) {
            waiting.is_listed = false;
        }
        self.listings.retain(|_, waiting| {
            waiting.is_listed
                || !waiting.requests.is_empty()
                || waiting.due.is_some_and(|due| now < due)
        });
    }

    /// Returns the earliest time of a listing that requests wait for.
    pub(super) fn due(&self) -> Option<Instant> {
        let busy = self.busy();
        let idle = self.listings.iter().filter(|(listing, waiting)| {
            // Those of a busy account are made when one of its listings ends.
            waiting.is_idle() && !busy.contains(listing.account())
        });
        idle.filter_map(|(_, waiting)| waiting.due).min()
    }

    /// Returns the accounts with as many listings as they may have.
    fn busy(&self) -> BTreeSet<AccountName> {
        let mut running: BTreeMap<&AccountName, usize> = BTreeMap::new();
        for (listing, waiting) in &self.listings {
            *running.entry(listing.account()).or_default() += usize::from(waiting.is_listed);
        }
        let busy = running
            .into_iter()
            .filter(|(_, count)| *count >= LISTINGS_PER_ACCOUNT);
        busy.map(|(account, _)| account.clone()).collect()
    }
}

impl Waiting {
    /// Returns whether requests wait for a listing that has not begun.
    fn is_idle(&self) -> bool {
        !self.requests.is_empty() && !self.is_listed
    }
}

/// Returns the objects of requests.
pub(super) fn objects(requests: &[Request]) -> BTreeSet<WorkKey> {
    requests
        .iter()
        .map(|request| request.work.clone())
        .collect()
}

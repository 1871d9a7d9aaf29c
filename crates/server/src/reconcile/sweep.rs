//! Discovery and drift repair: lists whole scopes instead of polling links.
//!
//! One listing of a container serves every link in it.
//! What a sweep found is applied to a link only if nobody wrote the link's observations since
//! before the listing began; otherwise the finding may be older than what is known, and the next
//! sweep will tell.
//! A sweep never writes to a cloud: it records what it saw and asks for a pass.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use underpass_clouds::{Depth, Finding, Scope, group_of};
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::part::{Part, Phase};
use underpass_model::reconcile::{self, Next, Outcome};
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Error, Key, Kind, Lookup};

use super::bell::Bell;
use super::noun::place_of;
use super::turn::Engine;
use super::wish::Wish;

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

#[derive(Debug)]
struct Request {
    link: WorkKey,
    done: oneshot::Sender<()>,
}

/// Lists scopes in the background and on request.
pub struct Sweeper {
    engine: Engine,
    bell: Bell,
    interval: Option<Duration>,
    requests: mpsc::Receiver<Request>,
}

/// A scope of one account.
type Place = (AccountName, Scope);

impl SweepHandle {
    /// A handle and the queue it fills.
    fn new() -> (Self, mpsc::Receiver<Request>) {
        let (requests, queue) = mpsc::channel(MAX_WAITING);
        (Self { requests }, queue)
    }

    /// Waits for one sweep of the link's scope that began after this call, shared with whoever
    /// else asks, but at most so long. Tells whether it was done in time.
    pub async fn fresh(&self, link: &WorkKey, at_most: Duration) -> bool {
        let (done, answer) = oneshot::channel();
        let request = Request {
            link: link.clone(),
            done,
        };
        let ask = async { self.requests.send(request).await.is_ok() && answer.await.is_ok() };
        tokio::time::timeout(at_most, ask).await.unwrap_or(false)
    }
}

impl Sweeper {
    /// A sweeper and the handle that asks it. `interval`: how often connections are discovered
    /// in the background; `None`: only on request.
    pub fn new(engine: Engine, bell: Bell, interval: Option<Duration>) -> (Self, SweepHandle) {
        let (handle, requests) = SweepHandle::new();
        (
            Self {
                engine,
                bell,
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
            tokio::select! {
                () = self.sweep(only, depth) => {}
                _ = shutdown.changed() => return,
            }
            for request in waiting {
                // Whoever asked may have gone.
                let _gone = request.done.send(());
            }
        }
    }
}

impl Sweeper {
    /// Sweeps once in the background. For those who asked, again while what was found is void for
    /// a link of theirs: they are told that everything was seen.
    async fn sweep(&self, mut only: BTreeSet<WorkKey>, depth: Depth) {
        for _ in 0..FRESH_LISTINGS {
            match sweep(&self.engine, &self.bell, &only, depth).await {
                Ok(void) => only.retain(|link| void.contains(link)),
                Err(error) => {
                    tracing::error!(error = crate::api::chain(&error), "sweep");
                    return;
                }
            }
            if only.is_empty() {
                return;
            }
        }
    }
}

/// Lists every scope that holds links (or those of some links), and applies what was found.
/// Gives the links for which it was void, because somebody wrote their observations meanwhile.
///
/// # Errors
/// When the store fails; a provider that fails is logged and does not stop other scopes.
pub async fn sweep(
    engine: &Engine,
    bell: &Bell,
    only: &BTreeSet<WorkKey>,
    depth: Depth,
) -> Result<BTreeSet<WorkKey>, Error> {
    let mut void = BTreeSet::new();
    for ((account, scope), links) in scopes(engine, only, depth).await? {
        let Some(driver) = engine.accounts.get(&account) else {
            continue;
        };
        // Read before the listing: a version that moved since makes the finding void.
        let mut wishes = Vec::new();
        for key in links {
            wishes.extend(Wish::load(&*engine.store, &key).await?);
        }
        match driver.cloud.sweep(&scope, engine.clock.now()).await {
            Ok(findings) => {
                if depth == Depth::Everything {
                    report_orphans(engine, &scope, &findings).await?;
                }
                for wish in wishes {
                    let key = wish.key.clone();
                    if !apply(engine, bell, wish, &findings, depth, &scope.group).await? {
                        void.insert(key);
                    }
                }
            }
            Err(error) => {
                let error = crate::api::chain(&error);
                tracing::warn!(cloud.account = %account, cloud.group = scope.group, error, "sweep scope");
            }
        }
    }
    Ok(void)
}

/// Tells the operator of objects that carry our mark, but that no link owns.
///
/// None should ever be there. Some are after the store was put back to an older state; to delete
/// them by ourselves could then cut living links, so a person must look.
async fn report_orphans(engine: &Engine, scope: &Scope, found: &[Finding]) -> Result<(), Error> {
    // Read after the listing: a link that began meanwhile is known by now.
    let lookup = Lookup::Under(Kind::Link, Key::root());
    let links = engine.store.fetch(&[lookup]).await?.all::<Link>()?;
    let owned: BTreeSet<String> = links.iter().map(|link| link.value.id.to_string()).collect();
    for orphan in found
        .iter()
        .filter(|finding| !owned.contains(&finding.object))
    {
        tracing::warn!(
            cloud.group = scope.group,
            object = orphan.object,
            part = %orphan.part,
            "find an object with our mark that no link owns; delete it at the provider if it is \
             not another installation's"
        );
    }
    Ok(())
}

/// The scopes to list, each with the links in it.
async fn scopes(
    engine: &Engine,
    only: &BTreeSet<WorkKey>,
    depth: Depth,
) -> Result<BTreeMap<Place, Vec<WorkKey>>, Error> {
    let lookups = [Kind::Link, Kind::Vpc].map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = engine.store.fetch(&lookups).await?;
    let vpcs = fetched.all::<ProjectVpc>()?;
    let mut scopes: BTreeMap<Place, Vec<WorkKey>> = BTreeMap::new();
    for link in fetched.all::<Link>()? {
        let key = link.value.work_key();
        let Some(vpc) = vpcs.iter().find(|vpc| vpc.value.id == link.value.vpc) else {
            continue;
        };
        let place = place_of(&vpc.value);
        if let (Some(account), Some(group)) = (&vpc.value.account, group_of(&place)) {
            let region = vpc.value.cloud.region().to_owned();
            let scope = Scope {
                region,
                group: group.to_owned(),
                depth,
            };
            scopes
                .entry((account.clone(), scope))
                .or_default()
                .push(key);
        }
    }
    if !only.is_empty() {
        scopes.retain(|_, links| links.iter().any(|link| only.contains(link)));
    }
    Ok(scopes)
}

/// Records what was found of one link, and asks for a pass if there is something to do. Tells
/// whether it was recorded, or is void.
async fn apply(
    engine: &Engine,
    bell: &Bell,
    mut wish: Wish,
    findings: &[Finding],
    depth: Depth,
    group: &str,
) -> Result<bool, Error> {
    let now = engine.clock.now();
    let Some(site) = &wish.site else {
        return Ok(true);
    };
    let object = site.object.clone();
    let of_link = |part: &Part| {
        findings
            .iter()
            .find(|finding| finding.object == object && is_same(&finding.part, part))
    };
    for part in wish.settled_parts(depth, group) {
        match of_link(&part) {
            Some(finding) => wish.refresh(&part, &finding.outcome, now),
            // Not listed, though it was there: the worker looks at the part itself.
            None => wish.doubt(&part, now),
        }
    }
    if let Some(listed) = of_link(&Part::Attachment).and_then(|found| found.connections.as_ref()) {
        wish.take_in(listed, &engine.ids, now);
    }
    let mut change = wish.change()?;
    if change.is_empty() {
        return Ok(true);
    }
    let busy = !matches!(reconcile::next(&wish.picture, now), Next::Rest);
    if busy {
        change = change.enqueue(Enqueue {
            key: wish.key.clone(),
            due_at: now,
            generation: wish.picture.generation,
            priority: Priority::Background,
        });
    }
    match engine.store.commit(change).await {
        Ok(()) => {
            if wish.looks_different() {
                engine.publisher.refresh().await?;
            }
            if busy {
                bell.ring();
            }
            Ok(true)
        }
        Err(error) if error.is_conflict() => {
            tracing::debug!(work = %wish.key, "drop a finding older than what is known");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

impl Wish {
    /// The parts a sweep of this depth can speak of and that are there, settled, as far as known.
    fn settled_parts(&self, depth: Depth, group: &str) -> Vec<Part> {
        let listed_group = format!("/resourcegroups/{}/", group.to_ascii_lowercase());
        let covered = |part: &Part| match part {
            Part::Attachment => true,
            Part::Balancer
            | Part::NatSubnet(_)
            | Part::Deny
            | Part::Allow
            | Part::HealthCheck
            | Part::EndpointGroup(_)
            | Part::Endpoints(_)
            | Part::BackendService
            | Part::ForwardingRule => depth == Depth::Everything,
            // An interface in another group than the one listed: its absence tells nothing.
            Part::Member(handle) => {
                depth == Depth::Everything && handle.to_ascii_lowercase().contains(&listed_group)
            }
            Part::Group
            | Part::Network
            | Part::Subnet
            | Part::Probes
            | Part::NatPolicy
            | Part::Address
            | Part::Admission(_) => false,
        };
        let parts = &self.picture.observed.parts;
        parts
            .iter()
            .filter(|(part, seen)| seen.phase == Phase::Ready && covered(part))
            .map(|(part, _)| part.clone())
            .collect()
    }

    /// Takes a finding about a settled part over into what is known.
    fn refresh(&mut self, part: &Part, outcome: &Outcome, now: jiff::Timestamp) {
        match outcome {
            Outcome::Ready(found) => {
                let observed = &mut self.picture.observed;
                let Some(seen) = observed.parts.get_mut(part) else {
                    return;
                };
                // A tag that moved alone is no news; keeping the old one only costs a reread.
                if seen
                    .last
                    .as_ref()
                    .is_none_or(|last| !last.spec.agrees_with(&found.spec))
                {
                    seen.last = Some(found.clone());
                }
            }
            Outcome::Gone | Outcome::Failed(_) | Outcome::Making { .. } => self.doubt(part, now),
        }
    }
}

/// Whether two parts are the same; clouds do not keep the case of handles.
fn is_same(found: &Part, part: &Part) -> bool {
    match (found, part) {
        (Part::Member(found), Part::Member(handle)) => found.eq_ignore_ascii_case(handle),
        _ => found == part,
    }
}

/// For tests and simulations: a sweep of everything, now.
///
/// # Errors
/// As [`sweep`].
pub async fn sweep_all(engine: &Engine, depth: Depth) -> Result<(), Error> {
    sweep(engine, &Bell::new(), &BTreeSet::new(), depth)
        .await
        .map(drop)
}

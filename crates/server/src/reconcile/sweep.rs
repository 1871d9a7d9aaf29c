//! Sweeps: discovery and drift detection by listing whole scopes instead of polling links.
//!
//! One listing of a scope serves all links in it. A finding is applied to a link only if the link's
//! observations did not change since before the listing began; otherwise the finding may be
//! outdated, and the next sweep repeats it. A sweep never writes to a cloud: it records
//! observations and enqueues a reconcile pass.

use std::collections::{BTreeMap, BTreeSet};

use error_reporter::Report;
use underpass_clouds::{Coverage, Depth, Listing, Scope};
use underpass_model::cloud_target::NetworkPlacement;
use underpass_model::link::Link;
use underpass_model::orphan::Orphan;
use underpass_model::part::{Part, Phase};
use underpass_model::reconcile::{self, Next, Outcome};
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Error, Key, Kind, Lookup};

use super::compared::AccountScope;
use super::engine::Engine;
use super::orphans;
use super::reconciliation::Reconciliation;
use super::wakeup::Wakeup;

/// Links without recorded findings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Links whose observations changed during the listing; another sweep may succeed.
    pub void: BTreeSet<WorkKey>,
    /// Links that could not be listed, with the reason. The reason may contain text of the
    /// provider.
    pub failed: BTreeMap<WorkKey, String>,
}

/// Lists every scope that contains links, or only those of `only`, and applies the findings.
/// Returns the links without recorded findings.
///
/// # Errors
/// If the store fails. A failed listing is logged, and other scopes are still listed.
pub async fn sweep(
    engine: &Engine,
    wakeup: &Wakeup,
    only: &BTreeSet<WorkKey>,
    depth: Depth,
) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    let mut incomplete = BTreeSet::new();
    for ((account, scope), links) in scopes(engine, only, depth).await? {
        let Some(driver) = engine.accounts.get(&account) else {
            let reason = format!("account `{account}` is no longer configured");
            swept.add_failed(links, &reason);
            incomplete.insert(account);
            continue;
        };
        // Read before the listing: a version that changes later makes the finding void.
        let mut reconciliations = Vec::new();
        for key in &links {
            reconciliations.extend(Reconciliation::load(engine, key).await?);
        }
        let started = engine.clock.now();
        match driver.cloud.sweep(&scope, started).await {
            Ok(listing) => {
                if depth == Depth::Everything {
                    let found = &listing.findings;
                    orphans::report(engine, &account, &scope, found, started).await?;
                    engine.compared.add_scope((account.clone(), scope.clone()));
                }
                for reconciliation in reconciliations {
                    let key = reconciliation.key.clone();
                    let is_requested = only.contains(&key);
                    if !apply(engine, wakeup, reconciliation, &listing, is_requested).await? {
                        swept.void.insert(key);
                        incomplete.insert(account.clone());
                    }
                }
            }
            Err(error) => {
                swept.add_failed(links, &error.failure().message);
                incomplete.insert(account.clone());
                // The next full sweep lists it again. Otherwise one failing scope would make every
                // sweep of every account a full one.
                if depth == Depth::Everything {
                    engine.compared.add_scope((account.clone(), scope.clone()));
                }
                let error = Report::new(&error).to_string();
                tracing::warn!(cloud.account = %account, cloud.region = scope.region, cloud.group = scope.group, error, "failed to sweep scope");
            }
        }
    }
    if only.is_empty() && depth == Depth::Everything {
        let accounts = engine.accounts.names();
        let complete = accounts.filter(|account| !incomplete.contains(account));
        engine.compared.extend(complete.cloned());
    }
    Ok(swept)
}

impl Swept {
    fn add_failed(&mut self, links: Vec<WorkKey>, reason: &str) {
        let failed = links.into_iter().map(|link| (link, reason.to_owned()));
        self.failed.extend(failed);
    }
}

/// Returns whether no full listing of a scope was tried since the process started.
pub(super) async fn has_new_scope(engine: &Engine) -> Result<bool, Error> {
    let lookup = Lookup::Under(Kind::Vpc, Key::root());
    let vpcs = engine.store.fetch(&[lookup]).await?.all::<ProjectVpc>()?;
    let mut vpcs = vpcs.iter().filter(|vpc| !vpc.value.deleting);
    Ok(vpcs.any(|vpc| {
        scope_of(&vpc.value, Depth::Everything).is_some_and(|scope| {
            engine.accounts.get(&scope.0).is_some() && !engine.compared.contains_scope(&scope)
        })
    }))
}

/// Returns the scopes to list, each with its links.
async fn scopes(
    engine: &Engine,
    only: &BTreeSet<WorkKey>,
    depth: Depth,
) -> Result<BTreeMap<AccountScope, Vec<WorkKey>>, Error> {
    let lookups = [Kind::Link, Kind::Orphan, Kind::Vpc];
    let lookups = lookups.map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = engine.store.fetch(&lookups).await?;
    let vpcs = fetched.all::<ProjectVpc>()?;
    let mut scopes: BTreeMap<AccountScope, Vec<WorkKey>> = BTreeMap::new();
    for link in fetched.all::<Link>()? {
        let key = link.value.work_key();
        let Some(vpc) = vpcs.iter().find(|vpc| vpc.value.id == link.value.vpc) else {
            continue;
        };
        if let Some(scope) = scope_of(&vpc.value, depth) {
            scopes.entry(scope).or_default().push(key);
        }
    }
    if depth == Depth::Everything {
        // A network without links may contain links that the store does not know.
        for vpc in vpcs.iter().filter(|vpc| !vpc.value.deleting) {
            if let Some(scope) = scope_of(&vpc.value, depth) {
                scopes.entry(scope).or_default();
            }
        }
        // An orphan outlives the project VPC that it was in.
        for orphan in fetched.all::<Orphan>()? {
            let Orphan {
                account,
                region,
                group,
                ..
            } = orphan.value;
            if engine.accounts.get(&account).is_some() {
                let scope = Scope {
                    region,
                    group,
                    depth,
                };
                scopes.entry((account, scope)).or_default();
            }
        }
    }
    if !only.is_empty() {
        scopes.retain(|_, links| links.iter().any(|link| only.contains(link)));
    }
    Ok(scopes)
}

/// Returns the scope in which the links of a project VPC are listed.
fn scope_of(vpc: &ProjectVpc, depth: Depth) -> Option<AccountScope> {
    let placement = NetworkPlacement::of(vpc)?;
    let scope = Scope::of(vpc.cloud.region(), &placement, depth)?;
    Some((vpc.account.clone()?, scope))
}

/// Records the findings of one link, and enqueues a reconcile pass if a step is due. Returns
/// whether they were recorded; false means void.
async fn apply(
    engine: &Engine,
    wakeup: &Wakeup,
    mut reconciliation: Reconciliation,
    listing: &Listing,
    is_requested: bool,
) -> Result<bool, Error> {
    let now = engine.clock.now();
    let Some(target) = &reconciliation.target else {
        return Ok(true);
    };
    let object = target.object.clone();
    let of_link = |part: &Part| {
        let findings = &listing.findings;
        findings
            .iter()
            .find(|finding| finding.object == object && finding.part.is_same(part))
    };
    for part in reconciliation.settled_parts(&listing.coverage) {
        match of_link(&part) {
            Some(finding) => reconciliation.refresh(&part, &finding.outcome, now),
            // The worker reads a part that is no longer listed, until its absence is proven.
            None => reconciliation.picture.observed.suspect(&part, now),
        }
    }
    if let Some(listed) = of_link(&Part::Attachment).and_then(|found| found.connections.as_ref()) {
        reconciliation.take_in(listed, &engine.ids, now);
    }
    if is_requested {
        reconciliation.picture.observed.hurry_absence(now);
    }
    let mut change = reconciliation.change(now)?;
    if change.is_empty() {
        return Ok(true);
    }
    let busy = !reconciliation.is_held()
        && !matches!(reconcile::next(&reconciliation.picture, now), Next::Rest);
    if busy {
        change = change.enqueue(Enqueue {
            key: reconciliation.key.clone(),
            due_at: now,
            generation: reconciliation.picture.generation,
            priority: Priority::Background,
        });
    }
    match engine.store.commit(change).await {
        Ok(()) => {
            if busy {
                wakeup.notify();
            }
            Ok(true)
        }
        Err(error) if error.is_conflict() => {
            tracing::debug!(work = %reconciliation.key, "discarding an outdated finding");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

impl Reconciliation {
    /// Returns the parts that were ready at the last observation and that the listing covers.
    fn settled_parts(&self, coverage: &Coverage) -> Vec<Part> {
        let parts = &self.picture.observed.parts;
        parts
            .iter()
            .filter(|(part, observed)| observed.phase == Phase::Ready && coverage.covers(part))
            .map(|(part, _)| part.clone())
            .collect()
    }

    /// Records a finding about a ready part.
    fn refresh(&mut self, part: &Part, outcome: &Outcome, now: jiff::Timestamp) {
        match outcome {
            Outcome::Ready(found) => {
                let observed = &mut self.picture.observed;
                let Some(known) = observed.parts.get_mut(part) else {
                    return;
                };
                // A changed tag alone is not recorded; an outdated tag only costs another read.
                if known
                    .last
                    .as_ref()
                    .is_none_or(|last| !last.spec.agrees_with(&found.spec))
                {
                    known.last = Some(found.clone());
                }
            }
            Outcome::Gone | Outcome::Absent(_) | Outcome::Failed(_) | Outcome::Making { .. } => {
                self.mark_unknown(part, now);
            }
        }
    }
}

/// Sweeps all scopes, for tests and simulations.
///
/// # Errors
/// As [`sweep`].
pub async fn sweep_all(engine: &Engine, depth: Depth) -> Result<(), Error> {
    sweep(engine, &Wakeup::new(), &BTreeSet::new(), depth)
        .await
        .map(drop)
}

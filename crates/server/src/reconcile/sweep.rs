//! Discovery and drift repair: lists whole scopes instead of polling links.
//!
//! One listing of a container serves every link in it.
//! What a sweep found is applied to a link only if nobody wrote the link's observations since
//! before the listing began; otherwise the finding may be older than what is known, and the next
//! sweep will tell.
//! A sweep never writes to a cloud: it records what it saw and asks for a pass.

use std::collections::{BTreeMap, BTreeSet};

use error_reporter::Report;
use underpass_clouds::{Coverage, Depth, Finding, Listing, Scope};
use underpass_model::cloud_target::NetworkPlacement;
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::part::{Part, Phase};
use underpass_model::reconcile::{self, Next, Outcome};
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Error, Key, Kind, Lookup};

use super::pass::Engine;
use super::reconciliation::Reconciliation;
use super::wakeup::Wakeup;

/// A scope of one account.
type AccountScope = (AccountName, Scope);

/// The links that a sweep told nothing about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Somebody wrote their observations meanwhile: another listing may tell.
    pub void: BTreeSet<WorkKey>,
    /// They could not be listed, and why, in short. May hold the provider's words.
    pub unlisted: BTreeMap<WorkKey, String>,
}

/// Lists every scope that holds links (or those of some links), and applies what was found.
/// Gives the links for which it told nothing.
///
/// # Errors
/// When the store fails; a provider that fails is logged and does not stop other scopes.
pub async fn sweep(
    engine: &Engine,
    wakeup: &Wakeup,
    only: &BTreeSet<WorkKey>,
    depth: Depth,
) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    for ((account, scope), links) in scopes(engine, only, depth).await? {
        let Some(driver) = engine.accounts.get(&account) else {
            let why = format!("account `{account}` is not configured any more");
            swept.leave_out(links, &why);
            continue;
        };
        // Read before the listing: a version that moved since makes the finding void.
        let mut reconciliations = Vec::new();
        for key in &links {
            reconciliations.extend(Reconciliation::load(&*engine.store, key).await?);
        }
        match driver.cloud.sweep(&scope, engine.clock.now()).await {
            Ok(listing) => {
                if depth == Depth::Everything {
                    report_orphans(engine, &scope, &listing.findings).await?;
                }
                for reconciliation in reconciliations {
                    let key = reconciliation.key.clone();
                    if !apply(engine, wakeup, reconciliation, &listing).await? {
                        swept.void.insert(key);
                    }
                }
            }
            Err(error) => {
                swept.leave_out(links, &error.failure().message);
                let error = Report::new(&error).to_string();
                tracing::warn!(cloud.account = %account, cloud.region = scope.region, cloud.group = scope.group, error, "sweep scope");
            }
        }
    }
    Ok(swept)
}

impl Swept {
    fn leave_out(&mut self, links: Vec<WorkKey>, why: &str) {
        let unlisted = links.into_iter().map(|link| (link, why.to_owned()));
        self.unlisted.extend(unlisted);
    }
}

/// Tells the operator of objects that carry our mark, but that no link or network owns.
///
/// None should ever be there. Some are after the store was put back to an older state; to delete
/// them by ourselves could then cut living links, so a person must look.
async fn report_orphans(engine: &Engine, scope: &Scope, found: &[Finding]) -> Result<(), Error> {
    // Read after the listing: a link that began meanwhile is known by now.
    let lookups = [Kind::Link, Kind::Vpc].map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = engine.store.fetch(&lookups).await?;
    let links = fetched.all::<Link>()?;
    let vpcs = fetched.all::<ProjectVpc>()?;
    // A listing of a whole region meets what belongs to networks, too.
    let owned: BTreeSet<String> = links
        .iter()
        .map(|link| link.value.id.to_string())
        .chain(vpcs.iter().map(|vpc| vpc.value.id.to_string()))
        .collect();
    for orphan in found
        .iter()
        .filter(|finding| !owned.contains(&finding.object))
    {
        tracing::warn!(
            cloud.region = scope.region,
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
) -> Result<BTreeMap<AccountScope, Vec<WorkKey>>, Error> {
    let lookups = [Kind::Link, Kind::Vpc].map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = engine.store.fetch(&lookups).await?;
    let vpcs = fetched.all::<ProjectVpc>()?;
    let mut scopes: BTreeMap<AccountScope, Vec<WorkKey>> = BTreeMap::new();
    for link in fetched.all::<Link>()? {
        let key = link.value.work_key();
        let Some(vpc) = vpcs.iter().find(|vpc| vpc.value.id == link.value.vpc) else {
            continue;
        };
        let region = vpc.value.cloud.region();
        let scope = NetworkPlacement::of(&vpc.value)
            .and_then(|placement| Scope::of(region, &placement, depth));
        if let (Some(account), Some(scope)) = (&vpc.value.account, scope) {
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
    wakeup: &Wakeup,
    mut reconciliation: Reconciliation,
    listing: &Listing,
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
            // Not listed, though it was there: the worker looks at the part itself.
            None => reconciliation.mark_unknown(&part, now),
        }
    }
    if let Some(listed) = of_link(&Part::Attachment).and_then(|found| found.connections.as_ref()) {
        reconciliation.take_in(listed, &engine.ids, now);
    }
    let mut change = reconciliation.change()?;
    if change.is_empty() {
        return Ok(true);
    }
    let busy = !matches!(reconcile::next(&reconciliation.picture, now), Next::Rest);
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
            if reconciliation.looks_different() {
                engine.publisher.refresh().await?;
            }
            if busy {
                wakeup.notify();
            }
            Ok(true)
        }
        Err(error) if error.is_conflict() => {
            tracing::debug!(work = %reconciliation.key, "drop a finding older than what is known");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

impl Reconciliation {
    /// The parts that were settled at the last observation and that the listing covers.
    fn settled_parts(&self, coverage: &Coverage) -> Vec<Part> {
        let parts = &self.picture.observed.parts;
        parts
            .iter()
            .filter(|(part, seen)| seen.phase == Phase::Ready && coverage.covers(part))
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
            Outcome::Gone | Outcome::Failed(_) | Outcome::Making { .. } => {
                self.mark_unknown(part, now);
            }
        }
    }
}

/// For tests and simulations: a sweep of everything, now.
///
/// # Errors
/// As [`sweep`].
pub async fn sweep_all(engine: &Engine, depth: Depth) -> Result<(), Error> {
    sweep(engine, &Wakeup::new(), &BTreeSet::new(), depth)
        .await
        .map(drop)
}

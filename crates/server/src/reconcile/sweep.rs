//! Sweeps: discovery and drift detection by listing whole scopes instead of polling links.
//!
//! One listing of a scope serves all links in it. A finding is applied to a link only if the link's
//! rows did not change since before the listing began; otherwise the finding may be outdated, and
//! the next sweep repeats it. A link whose findings and rows are the same as last time is not read. A
//! sweep never writes to a cloud: it records observations and enqueues a reconcile pass.

use std::collections::{BTreeMap, BTreeSet};

use error_reporter::Report;
use underpass_clouds::{Coverage, Depth, Finding, Scope};
use underpass_model::name::AccountName;
use underpass_model::orphan::Orphan;
use underpass_model::part::{Part, Phase};
use underpass_model::reconcile::{self, Next, Outcome};
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Error, Key, Kind, Lookup};

use super::account_listing::Limit;
use super::compared::AccountScope;
use super::engine::Engine;
use super::link_index::ListedLink;
use super::reconciliation::Reconciliation;
use super::wakeup::Wakeup;
use super::{account_hold, account_listing, orphans};

/// Lists every scope of an account, and applies the findings. After a complete listing of everything
/// the account is compared.
///
/// # Errors
/// If the store fails. A failed listing is logged, and other scopes are still listed.
pub(super) async fn sweep_account(
    engine: &Engine,
    wakeup: &Wakeup,
    account: &AccountName,
    depth: Depth,
    limit: Limit,
) -> Result<(), Error> {
    let mut scopes = scopes(engine, account, depth).await?;
    let mut is_complete = depth == Depth::Everything
        && account_listing::add_scopes(engine, account, &mut scopes, limit).await?;
    let only = BTreeSet::new();
    for (scope, links) in scopes {
        let void = sweep_scope(engine, wakeup, &scope, &links, &only, limit).await?;
        is_complete &= void.is_ok_and(|void| void.is_empty());
    }
    if is_complete {
        account_hold::record_listing(engine, account).await?;
        engine.compared.extend([account.clone()]);
    }
    Ok(())
}

/// Lists a scope and applies the findings to its links. Returns the links whose observations changed
/// during the listing, or the reason why the scope could not be listed: a scope of an account that does
/// not answer is not listed before its next attempt.
pub(super) async fn sweep_scope(
    engine: &Engine,
    wakeup: &Wakeup,
    account_scope: &AccountScope,
    links: &[ListedLink],
    only: &BTreeSet<WorkKey>,
    limit: Limit,
) -> Result<Result<BTreeSet<WorkKey>, String>, Error> {
    let (account, scope) = account_scope;
    let Some(driver) = engine.accounts.get(account) else {
        return Ok(Err(format!("account `{account}` is no longer configured")));
    };
    // Rows with a higher version changed after the listing began, which makes a finding void.
    let position = engine.links.refresh(&*engine.store).await?;
    let started = engine.clock.now();
    let call = driver.cloud.sweep(scope, started);
    let answer = match account_listing::call(engine, account, limit, call).await {
        Ok(answer) => answer,
        Err(reason) => return Ok(Err(reason)),
    };
    if scope.depth == Depth::Everything {
        // Also after a failure: the next full sweep lists it again. Otherwise one failing scope
        // would make every sweep of every account a full one.
        engine.compared.add_scope(account_scope.clone());
    }
    let listing = match answer {
        Ok(listing) => listing,
        Err(error) => {
            let reason = error.failure().message;
            let error = Report::new(&error).to_string();
            tracing::warn!(cloud.account = %account, cloud.region = scope.region, cloud.group = scope.group, error, "failed to sweep scope");
            return Ok(Err(reason));
        }
    };
    if scope.depth == Depth::Everything {
        orphans::report(engine, account, scope, &listing.findings, started).await?;
    }
    let mut by_object: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for finding in listing.findings {
        let of_object = by_object.entry(finding.object.clone()).or_default();
        of_object.push(finding);
    }
    let mut void = BTreeSet::new();
    for ListedLink { work, object } in links {
        let findings = by_object.remove(object).unwrap_or_default();
        let is_requested = only.contains(work);
        // A full listing is applied in any case, so that nothing is overlooked for long.
        if scope.depth == Depth::Connections
            && !is_requested
            && engine.links.is_settled(work, &findings)
        {
            continue;
        }
        let reconciliation = match Reconciliation::load(engine, work).await {
            Ok(Some(reconciliation)) => reconciliation,
            Ok(None) => continue,
            // It is set aside, and all other links go on.
            Err(error) if error.is_unreadable() => continue,
            Err(error) => return Err(error),
        };
        if reconciliation.newest_version() > position {
            void.insert(work.clone());
            continue;
        }
        let shown = Shown {
            findings: &findings,
            coverage: &listing.coverage,
        };
        match apply(engine, wakeup, reconciliation, &shown, is_requested).await? {
            Applied::Nothing if scope.depth == Depth::Connections => {
                engine.links.settle(work, findings, position);
            }
            Applied::Nothing | Applied::Recorded => {}
            Applied::Void => {
                void.insert(work.clone());
            }
        }
    }
    Ok(Ok(void))
}

/// The part of a listing that is about one link.
struct Shown<'a> {
    findings: &'a [Finding],
    coverage: &'a Coverage,
}

/// Effect of the findings of one link.
enum Applied {
    /// They show nothing new.
    Nothing,
    /// They were recorded.
    Recorded,
    /// The link changed during the listing.
    Void,
}

/// Returns whether no full listing of a scope of the account was tried since the process started.
pub(super) async fn has_new_scope(engine: &Engine, account: &AccountName) -> Result<bool, Error> {
    engine.links.refresh(&*engine.store).await?;
    let mut scopes = engine.links.scopes_of_vpcs().into_iter();
    Ok(scopes.any(|scope| scope.0 == *account && !engine.compared.contains_scope(&scope)))
}

/// Returns the scopes of an account, each with its links.
async fn scopes(
    engine: &Engine,
    account: &AccountName,
    depth: Depth,
) -> Result<BTreeMap<AccountScope, Vec<ListedLink>>, Error> {
    engine.links.refresh(&*engine.store).await?;
    let mut scopes = engine.links.scopes(account, depth);
    if depth == Depth::Everything {
        let lookup = Lookup::Under(Kind::Orphan, Key::root());
        let orphans = engine.store.fetch(&[lookup]).await?.readable::<Orphan>();
        // An orphan outlives the project VPC that it was in. What is not ours is shown by the
        // listing of the account.
        let of_account = |orphan: &Orphan| orphan.is_proven && orphan.account == *account;
        for orphan in orphans.into_iter().filter(|it| of_account(&it.value)) {
            let Orphan { region, group, .. } = orphan.value;
            let scope = Scope {
                region,
                group,
                depth,
            };
            scopes.entry((account.clone(), scope)).or_default();
        }
    }
    Ok(scopes)
}

/// Records the findings of one link, and enqueues a reconcile pass if a step is due.
async fn apply(
    engine: &Engine,
    wakeup: &Wakeup,
    mut reconciliation: Reconciliation,
    shown: &Shown<'_>,
    is_requested: bool,
) -> Result<Applied, Error> {
    let now = engine.clock.now();
    if reconciliation.target.is_none() {
        return Ok(Applied::Nothing);
    }
    let find = |part: &Part| {
        let mut findings = shown.findings.iter();
        findings.find(|finding| finding.part.is_same(part))
    };
    for part in reconciliation.settled_parts(shown.coverage) {
        match find(&part) {
            Some(finding) => reconciliation.refresh(&part, &finding.outcome, now),
            // The worker reads a part that is no longer listed, until its absence is proven.
            None => reconciliation.picture.observed.suspect(&part, now),
        }
    }
    for finding in shown.findings {
        reconciliation.doubt_absence(&finding.part, now);
    }
    if let Some(listed) = find(&Part::Attachment).and_then(|found| found.connections.as_ref()) {
        reconciliation.take_in(listed, &engine.ids, now);
    }
    if is_requested {
        reconciliation.picture.observed.hurry_absence(now);
    }
    let mut change = reconciliation.change(now)?;
    if change.is_empty() {
        return Ok(Applied::Nothing);
    }
    // While the account is on hold, it is only read.
    let busy = match reconcile::next(&reconciliation.picture, now) {
        Next::Rest => false,
        Next::Do(step) => !(step.is_write() && reconciliation.is_held()),
        Next::Wait { .. } => true,
    };
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
            Ok(Applied::Recorded)
        }
        Err(error) if error.is_conflict() => {
            tracing::debug!(work = %reconciliation.key, "discarding an outdated finding");
            Ok(Applied::Void)
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

    /// Marks a part as unknown that is listed, though no observation of it is recorded or it was gone:
    /// another program made it, or made it again. The worker reads it.
    fn doubt_absence(&mut self, part: &Part, now: jiff::Timestamp) {
        let parts = &self.picture.observed.parts;
        let known = parts.iter().find(|(known, _)| known.is_same(part));
        match known {
            None => self.mark_unknown(&part.clone(), now),
            Some((known, seen)) if seen.phase == Phase::Gone => {
                self.mark_unknown(&known.clone(), now);
            }
            Some(_) => {}
        }
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
/// If the store fails.
pub async fn sweep_all(engine: &Engine, depth: Depth) -> Result<(), Error> {
    for account in engine.accounts.names() {
        sweep_account(engine, &Wakeup::new(), account, depth, None).await?;
    }
    Ok(())
}

//! Sweeps: discovery and drift detection by listing whole scopes instead of polling links.
//!
//! One listing of a scope serves all links in it. A finding is applied to a link only if the link's
//! rows did not change since before the listing began; otherwise the finding may be outdated, and
//! the next sweep repeats it. A link whose findings and rows are the same as last time is not read. A
//! sweep never writes to a cloud: it records observations and enqueues a reconcile pass.

use std::collections::{BTreeMap, BTreeSet};

use error_reporter::Report;
use underpass_clouds::{Depth, Scope};
use underpass_model::name::AccountName;
use underpass_model::orphan::Orphan;
use underpass_model::work::WorkKey;
use underpass_store::{Error, Key, Kind, Lookup};

use super::account_listing::Limit;
use super::compared::AccountScope;
use super::engine::Engine;
use super::findings::{Repeated, Swept, record};
use super::listed_object::ListedObject;
use super::listing_failure::ListingFailure;
use super::wakeup::Wakeup;
use super::{account_hold, account_listing, network_sweep, orphans};

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
        let swept = sweep_scope(engine, wakeup, &scope, &links, &only, limit).await?;
        is_complete &= swept.is_ok_and(|swept| swept.void.is_empty());
    }
    if depth == Depth::Everything {
        // Not part of the comparison: decisions are at links.
        let _logged = network_sweep::sweep_networks(engine, wakeup, account, &only, limit).await?;
    }
    if is_complete {
        account_hold::record_listing(engine, account).await?;
        engine.compared.extend([account.clone()]);
    }
    Ok(())
}

/// Lists a scope and applies the findings to its links. Returns the reason if the scope could not be
/// listed: a scope of an account that does not answer is not listed before its next attempt.
pub(super) async fn sweep_scope(
    engine: &Engine,
    wakeup: &Wakeup,
    account_scope: &AccountScope,
    links: &[ListedObject],
    only: &BTreeSet<WorkKey>,
    limit: Limit,
) -> Result<Result<Swept, ListingFailure>, Error> {
    let (account, scope) = account_scope;
    let Some(driver) = engine.accounts.get(account) else {
        let reason = format!("account `{account}` is no longer configured");
        return Ok(Err(ListingFailure::lasting(reason)));
    };
    // Rows with a higher version changed after the listing began, which makes a finding void.
    let position = engine.links.refresh(&*engine.store).await?;
    let started = engine.clock.now();
    let call = driver.cloud.sweep(scope, started);
    let answer = match account_listing::call(engine, account, limit, call).await {
        Ok(answer) => answer,
        Err(failure) => return Ok(Err(failure)),
    };
    if scope.depth == Depth::Everything {
        // Also after a failure: the next full sweep lists it again. Otherwise one failing scope
        // would make every sweep of every account a full one.
        engine.compared.add_scope(account_scope.clone());
    }
    let listing = match answer {
        Ok(listing) => listing,
        Err(error) => {
            let failure = ListingFailure::of_call(&error);
            let error = Report::new(&error).to_string();
            tracing::warn!(cloud.account = %account, cloud.region = scope.region, cloud.group = scope.group, error, "failed to sweep scope");
            return Ok(Err(failure));
        }
    };
    if scope.depth == Depth::Everything {
        orphans::report(engine, account, scope, &listing.findings, started).await?;
    }
    let skips = match scope.depth {
        Depth::Connections => Repeated::Skip,
        // Applied in any case, so that nothing is overlooked for long.
        Depth::Everything => Repeated::Apply,
    };
    let swept = record(engine, wakeup, listing, links, position, only, skips).await?;
    Ok(Ok(swept))
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
) -> Result<BTreeMap<AccountScope, Vec<ListedObject>>, Error> {
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

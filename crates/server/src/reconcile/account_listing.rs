//! The listing of whole accounts, which shows links in networks that the store does not have.
//!
//! Sweeps list the scopes of stored project VPCs. A store that is older than a cloud lacks the project
//! VPCs that were made since, and the links in them. One list call for each account shows their
//! published services. A scope with one that carries our proof is listed like any other; one
//! without a proof belongs to another installation, or to a lost key file, and is only recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use error_reporter::Report;
use underpass_clouds::{Depth, Error as CloudError, Finding, PlacedAttachment, Scope};
use underpass_model::name::AccountName;
use underpass_model::orphan::Orphan;
use underpass_store::{Error, Key, Kind, Lookup};

use super::compared::AccountScope;
use super::engine::Engine;
use super::listed_object::ListedObject;
use super::listing_failure::ListingFailure;
use super::orphans;

/// Longest time of one listing; `None`: none, for simulations, which have no runtime.
pub(super) type Limit = Option<Duration>;

/// Makes a call that lists, in the share of its account.
///
/// # Errors
/// The reason why the account is not called now.
pub(super) async fn call<T>(
    engine: &Engine,
    account: &AccountName,
    limit: Limit,
    call: impl Future<Output = Result<T, CloudError>>,
) -> Result<Result<T, CloudError>, ListingFailure> {
    let slot = engine.shares.start_sweep(account, engine.clock.now())?;
    let answer = match limit {
        None => call.await,
        Some(limit) => match tokio::time::timeout(limit, call).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(CloudError::overdue("list the account", limit)),
        },
    };
    let result = answer.as_ref().map(drop);
    let now = engine.clock.now();
    engine.shares.record(account, result, &engine.ids, now);
    drop(slot);
    Ok(answer)
}

/// Lists an account, and adds the scopes with links of ours that the store does not have. Returns
/// whether it could be listed.
///
/// # Errors
/// If the store fails.
pub(super) async fn add_scopes(
    engine: &Engine,
    name: &AccountName,
    scopes: &mut BTreeMap<AccountScope, Vec<ListedObject>>,
    limit: Limit,
) -> Result<bool, Error> {
    let Some(account) = engine.accounts.get(name) else {
        return Ok(false);
    };
    let started = engine.clock.now();
    let listing = account.cloud.attachments(started);
    let listed = match call(engine, name, limit, listing).await {
        Ok(Ok(listed)) => listed,
        Ok(Err(error)) => {
            let error = Report::new(&error).to_string();
            tracing::warn!(cloud.account = %name, error, "failed to list the published services of the account");
            return Ok(false);
        }
        // Logged when it began.
        Err(_not_called) => return Ok(false),
    };
    let mut others = unproven(engine, name).await?;
    for PlacedAttachment { scope, finding } in listed {
        let is_listed =
            |(account, listed): &AccountScope| account == name && is_same(listed, &scope);
        if scopes.keys().any(is_listed) {
            continue;
        }
        if is_ours(engine, &finding) {
            scopes.insert((name.clone(), scope), Vec::new());
        } else {
            others.entry(scope).or_default().push(finding);
        }
    }
    for (scope, found) in others {
        let is_listed =
            |(account, listed): &AccountScope| account == name && is_same(listed, &scope);
        if !scopes.keys().any(is_listed) {
            orphans::report(engine, name, &scope, &found, started).await?;
        }
    }
    Ok(true)
}

/// Returns whether an attachment carries our proof.
fn is_ours(engine: &Engine, finding: &Finding) -> bool {
    let key = &engine.proof_key;
    let origin = finding.origin.as_ref();
    origin.is_some_and(|it| key.verify_link(&finding.object, &it.managed, &it.proof))
}

/// Returns the scopes of the recorded orphans that are not proven to be ours: one that is listed no
/// more is forgotten.
async fn unproven(
    engine: &Engine,
    account: &AccountName,
) -> Result<BTreeMap<Scope, Vec<Finding>>, Error> {
    let lookup = Lookup::Under(Kind::Orphan, Key::root());
    let rows = engine.store.fetch(&[lookup]).await?.readable::<Orphan>();
    let mut scopes = BTreeMap::new();
    for row in rows {
        let orphan = row.value;
        if orphan.account == *account && !orphan.is_proven {
            let scope = Scope {
                region: orphan.region,
                group: orphan.group,
                depth: Depth::Everything,
            };
            scopes.insert(scope, Vec::new());
        }
    }
    Ok(scopes)
}

/// Returns whether both are the same region and resource group; Azure does not keep the case.
fn is_same(one: &Scope, other: &Scope) -> bool {
    let groups = match (&one.group, &other.group) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    groups && one.region.eq_ignore_ascii_case(&other.region)
}

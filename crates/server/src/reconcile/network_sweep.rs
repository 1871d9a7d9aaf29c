//! Sweep of project VPCs and static IPs: one listing of the networks, rules and addresses of an account
//! shows the parts of all of them.

use std::collections::{BTreeMap, BTreeSet};

use error_reporter::Report;
use underpass_clouds::Listing;
use underpass_model::name::AccountName;
use underpass_model::work::WorkKey;
use underpass_store::Error;

use super::account_listing::{self, Limit};
use super::engine::Engine;
use super::findings::{Repeated, record};
use super::listed_object::ListedObject;
use super::listing_failure::ListingFailure;
use super::wakeup::Wakeup;

/// Outcome of a listing of networks.
#[derive(Debug, Default)]
pub(super) struct SweptNetworks {
    /// Objects whose rows changed during the listing, for which it is void.
    pub(super) void: BTreeSet<WorkKey>,
    /// Objects that the listing left out, with the reason.
    pub(super) left_out: BTreeMap<WorkKey, String>,
}

/// Lists the networks of an account and applies the findings, also repeated ones of the objects in
/// `only`. Returns the reason if the listing failed.
/// Nothing is listed for an account without project VPCs and static IPs.
///
/// # Errors
/// If the store fails.
pub(super) async fn sweep_networks(
    engine: &Engine,
    wakeup: &Wakeup,
    account: &AccountName,
    only: &BTreeSet<WorkKey>,
    limit: Limit,
) -> Result<Result<SweptNetworks, ListingFailure>, Error> {
    let Some(driver) = engine.accounts.get(account) else {
        let reason = format!("account `{account}` is no longer configured");
        return Ok(Err(ListingFailure::lasting(reason)));
    };
    let position = engine.links.refresh(&*engine.store).await?;
    let (objects, targets) = engine.links.networks(account);
    if targets.is_empty() {
        return Ok(Ok(SweptNetworks::default()));
    }
    let call = driver.cloud.networks(&targets, engine.clock.now());
    let (listing, failed) = match account_listing::call(engine, account, limit, call).await {
        Ok(Ok(listing)) => (listing, None),
        Ok(Err(error)) => {
            let failure = ListingFailure::of_call(&error);
            let error = Report::new(&error).to_string();
            tracing::warn!(cloud.account = %account, error, "failed to list the networks of the account");
            (nothing(&objects, &failure.reason), Some(failure))
        }
        Err(failure) => (nothing(&objects, &failure.reason), Some(failure)),
    };
    if failed.is_none()
        && let Some((object, error)) = listing.unlisted.first_key_value()
    {
        let left_out = listing.unlisted.len();
        tracing::warn!(cloud.account = %account, object, left_out, error, "failed to list some networks of the account");
    }
    let left_out = objects.iter().filter_map(|it| {
        let reason = listing.unlisted.get(&it.object)?;
        Some((it.work.clone(), reason.clone()))
    });
    let left_out = left_out.collect();
    let skip = Repeated::Skip;
    let swept = record(engine, wakeup, listing, &objects, position, only, skip).await?;
    let void = swept.void;
    Ok(failed.map_or(Ok(SweptNetworks { void, left_out }), Err))
}

/// Returns a listing that leaves every object out.
fn nothing(objects: &[ListedObject], reason: &str) -> Listing {
    let unlisted = objects
        .iter()
        .map(|it| (it.object.clone(), reason.to_owned()));
    Listing {
        unlisted: unlisted.collect(),
        ..Listing::default()
    }
}

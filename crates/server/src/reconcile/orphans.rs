//! Orphans: cloud objects of ours that the store does not know.

use std::collections::BTreeSet;

use underpass_clouds::{Finding, Scope};
use underpass_model::ended_link::EndedLink;
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::published_network::PublishedNetwork;
use underpass_model::reconcile::Outcome;
use underpass_model::recovery::{AccountHold, LinkDifference, PublishedService};
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Error, Fetched, Key, Kind, Lookup};

use super::account_hold;
use super::engine::Engine;

/// Reports objects with an ownership tag that no link or project VPC owns.
///
/// They are not deleted, because that could cut connections; the operator decides. A link that
/// carries our proof shows that the store is older than the account, which is then put on hold.
pub(super) async fn report(
    engine: &Engine,
    account: &AccountName,
    scope: &Scope,
    found: &[Finding],
) -> Result<(), Error> {
    // Read after the listing, so that links created during the listing are included.
    let lookups = [
        Kind::Link,
        Kind::Vpc,
        Kind::EndedLink,
        Kind::AccountHold,
        Kind::LinkDifference,
    ];
    let lookups = lookups.map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = engine.store.fetch(&lookups).await?;
    let owned = owned(&fetched)?;
    forget(engine, &fetched).await?;
    for orphan in found
        .iter()
        .filter(|finding| !owned.contains(&finding.object))
    {
        tracing::warn!(
            cloud.region = scope.region,
            cloud.group = scope.group,
            object = orphan.object,
            part = %orphan.part,
            "failed to find the owner of a cloud object with an ownership tag; delete the object in \
             the cloud unless it belongs to another installation"
        );
        renew(engine, &orphan.object, &fetched).await?;
        if let Some(difference) = unknown_link(engine, account, scope, orphan, found, &fetched)? {
            let holds: Vec<AccountHold> = fetched
                .all::<AccountHold>()?
                .into_iter()
                .map(|row| row.value)
                .collect();
            let change = account_hold::put(Change::new(), &difference, &holds, difference.since)?;
            engine.store.commit(change).await?;
        }
    }
    Ok(())
}

/// Returns the IDs of links and project VPCs. A listing of a region also contains parts of project
/// VPCs.
fn owned(fetched: &Fetched) -> Result<BTreeSet<String>, Error> {
    let links = fetched.all::<Link>()?.into_iter();
    let vpcs = fetched.all::<ProjectVpc>()?.into_iter();
    let links = links.map(|link| link.value.id.to_string());
    let vpcs = vpcs.map(|vpc| vpc.value.id.to_string());
    Ok(links.chain(vpcs).collect())
}

/// Removes the rows of deleted links that are no longer kept.
async fn forget(engine: &Engine, fetched: &Fetched) -> Result<(), Error> {
    let now = engine.clock.now();
    let mut change = Change::new();
    for row in fetched.all::<EndedLink>()? {
        if row.value.is_expired(now) {
            change = change.remove::<EndedLink>(row.key);
        }
    }
    if change.is_empty() {
        return Ok(());
    }
    engine.store.commit(change).await
}

/// Keeps the row of an ended link for as long as its cloud shows the link: a link that an operator
/// left as an orphan never puts its account on hold again.
async fn renew(engine: &Engine, object: &str, fetched: &Fetched) -> Result<(), Error> {
    let now = engine.clock.now();
    let row = fetched.one::<EndedLink>(&Key::ended_link(object))?;
    let Some(mut row) = row.filter(|row| row.value.is_to_be_renewed(now)) else {
        return Ok(());
    };
    row.value.ended_at = now;
    let change = Change::new().put(row.key, &row.value)?;
    engine.store.commit(change).await
}

/// Returns the difference about a link that carries our proof, unless it was deleted or is recorded
/// already.
fn unknown_link(
    engine: &Engine,
    account: &AccountName,
    scope: &Scope,
    orphan: &Finding,
    found: &[Finding],
    fetched: &Fetched,
) -> Result<Option<LinkDifference>, Error> {
    let Some(origin) = &orphan.origin else {
        return Ok(None);
    };
    let object = &orphan.object;
    if !engine
        .proof_key
        .verify_link(object, &origin.managed, &origin.proof)
    {
        return Ok(None);
    }
    let ended = fetched.one::<EndedLink>(&Key::ended_link(object))?;
    let Ok(link) = object.parse() else {
        return Ok(None);
    };
    if ended.is_some() {
        return Ok(None);
    }
    let listed = orphan.connections.as_deref().unwrap_or_default();
    let key = Key::link_difference(&origin.managed, object);
    let recorded = fetched.one::<LinkDifference>(&key)?;
    let before = recorded.map(|row| row.value);
    let published = match &orphan.outcome {
        Outcome::Ready(confirmed) => {
            PublishedService::of(&confirmed.spec, &scope.region, scope.group.as_deref())
        }
        Outcome::Gone | Outcome::Absent(_) | Outcome::Failed(_) | Outcome::Making { .. } => None,
    };
    // A listing of connections only does not show the network.
    let before_network = before.as_ref().and_then(|it| it.published.as_ref());
    let before_network = before_network.map(|it| it.network.clone());
    let network = found
        .iter()
        .filter(|finding| finding.object == *object)
        .fold(PublishedNetwork::default(), |network, finding| {
            network.or(finding.network.clone())
        })
        .or(before_network.unwrap_or_default());
    let difference = LinkDifference {
        account: account.clone(),
        object: object.clone(),
        managed: origin.managed.clone(),
        is_known: false,
        published: published.map(|published| PublishedService {
            network,
            ..published
        }),
        connections: account_hold::compare(&engine.proof_key, &link, &[], &[], listed),
        since: before
            .as_ref()
            .map_or_else(|| engine.clock.now(), |before| before.since),
    };
    Ok((before.as_ref() != Some(&difference)).then_some(difference))
}

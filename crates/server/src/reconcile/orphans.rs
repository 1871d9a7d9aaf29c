//! Orphans: cloud objects of ours that the store does not know.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use underpass_clouds::{Finding, Scope};
use underpass_model::ended_link::EndedLink;
use underpass_model::id::LinkId;
use underpass_model::name::AccountName;
use underpass_model::orphan::{ListedOrphan, MOST_ORPHANS, Orphan, OrphanPlace};
use underpass_model::part::{Observed, Part};
use underpass_model::published_network::PublishedNetwork;
use underpass_model::reconcile::Outcome;
use underpass_model::recovery::{LinkDifference, PublishedService};
use underpass_store::{Change, Error, Fetched, Key, Kind, Lookup};

use super::account_hold;
use super::engine::Engine;

/// Keeps the list of objects with an ownership tag that no link or project VPC owns.
///
/// They are not deleted by themselves, because that could cut connections; the operator decides. A
/// link that carries our proof shows that the store is older than the account, which is then put on
/// hold. `started` is the time before the listing.
pub(super) async fn report(
    engine: &Engine,
    account: &AccountName,
    scope: &Scope,
    found: &[Finding],
    started: Timestamp,
) -> Result<(), Error> {
    // Read after the listing, so that links created during the listing are included. A listing of a
    // region also contains parts of project VPCs.
    engine.links.refresh(&*engine.store).await?;
    let unreadable = engine.links.unreadable_links();
    let is_doubtful = engine.links.has_unreadable_link(account, scope);
    let unowned: Vec<&Finding> = found
        .iter()
        .filter(|finding| !engine.links.owns(&finding.object))
        .filter(|finding| !may_be_of(&finding.object, found, &unreadable, is_doubtful))
        .collect();
    // Deleted links are many.
    let ended: BTreeSet<_> = unowned
        .iter()
        .map(|it| Key::ended_link(&it.object))
        .collect();
    let ended = ended
        .into_iter()
        .map(|key| Lookup::One(Kind::EndedLink, key));
    let all = [Kind::AccountHold, Kind::LinkDifference, Kind::Orphan];
    let all = all.map(|kind| Lookup::Under(kind, Key::root()));
    let lookups: Vec<_> = ended.chain(all).collect();
    let fetched = engine.store.fetch(&lookups).await?;
    for orphan in &unowned {
        renew(engine, &orphan.object, &fetched).await?;
        if let Some(difference) = unknown_link(engine, account, scope, orphan, found, &fetched)? {
            let holds = account_hold::holds(&fetched);
            let change = account_hold::put(Change::new(), &difference, &holds, difference.since)?;
            engine.store.commit(change).await?;
        }
    }
    let Some(provider) = engine.accounts.get(account).map(|account| account.provider) else {
        return Ok(());
    };
    let place = OrphanPlace {
        account: account.clone(),
        provider,
        region: scope.region.clone(),
        group: scope.group.clone(),
    };
    let listing = OrphanListing {
        engine,
        place,
        fetched: &fetched,
        started,
    };
    listing.record(&unowned).await
}

/// Returns whether an object may be that of an unreadable link. The ID of such a link is unknown, and
/// the tags of its parts name it, but not every part has a tag: a membership has none.
///
/// `is_doubtful`: such a link may be in the listed scope.
fn may_be_of(
    object: &str,
    found: &[Finding],
    unreadable: &BTreeSet<String>,
    is_doubtful: bool,
) -> bool {
    if unreadable.is_empty() {
        return false;
    }
    let parts = found.iter().filter(|finding| finding.object == object);
    let names: Vec<_> = parts.flat_map(named).collect();
    (is_doubtful && names.is_empty()) || names.iter().any(|name| unreadable.contains(name))
}

/// Returns the work keys that the tags of a finding name.
fn named(finding: &Finding) -> impl Iterator<Item = String> {
    let proven = finding.origin.as_ref().map(|origin| origin.managed.clone());
    finding.managed.clone().into_iter().chain(proven)
}

/// The rows of orphans, and one listing of a scope.
struct OrphanListing<'a> {
    engine: &'a Engine,
    place: OrphanPlace,
    fetched: &'a Fetched,
    started: Timestamp,
}

impl OrphanListing<'_> {
    /// Records the listing. A concurrent change discards it; the next listing repeats it.
    async fn record(&self, unowned: &[&Finding]) -> Result<(), Error> {
        let now = self.engine.clock.now();
        let rows = self.fetched.readable::<Orphan>();
        let mut of_account = rows
            .iter()
            .filter(|row| row.value.account == self.place.account)
            .count();
        let mut by_object: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in unowned {
            by_object.entry(&finding.object).or_default().push(finding);
        }
        let mut change = Change::new();
        for (object, findings) in &by_object {
            let Ok(link) = object.parse::<LinkId>() else {
                self.warn(object, findings);
                continue;
            };
            let row = rows
                .iter()
                .find(|row| row.value.account == self.place.account && row.value.link == link);
            let Some(listed) = self.listed(object, findings) else {
                continue;
            };
            let key = Key::orphan(&self.place.account, &link);
            if self.fetched.is_unreadable::<Orphan>(&key) {
                continue;
            }
            let mut new_id = || self.engine.ids.connection();
            match row {
                // The worker reads its parts itself.
                Some(row) if row.value.removal.is_some() => {}
                // Another resource with a copied tag: the first one is the orphan.
                Some(row) if !row.value.is_in(&self.place) => self.warn(object, findings),
                Some(row) => {
                    let mut row = row.clone();
                    if row.value.take_in(listed, &mut new_id, now) {
                        change = change.update(&row)?;
                    }
                }
                None if of_account >= MOST_ORPHANS => self.warn(object, findings),
                None => {
                    self.warn(object, findings);
                    let mut orphan = Orphan::new(self.place.clone(), link, now);
                    orphan.take_in(listed, &mut new_id, now);
                    of_account += 1;
                    let key = Key::orphan(&orphan.account, &orphan.link);
                    change = change.insert(key, &orphan)?;
                }
            }
        }
        for row in &rows {
            let link = row.value.link.as_str();
            if self.engine.links.owns(link) {
                change = change
                    .delete(row)
                    .remove::<Observed>(Key::observed(&row.value.work_key()));
            } else if row.value.removal.is_none()
                && row.value.is_in(&self.place)
                && !by_object.contains_key(link)
            {
                let mut missed = row.clone();
                if missed.value.miss(self.engine.absence.window, now) {
                    change = change.delete(row);
                } else if missed.value != row.value {
                    change = change.update(&missed)?;
                }
            }
        }
        if change.is_empty() {
            return Ok(());
        }
        match self.engine.store.commit(change).await {
            Err(error) if error.is_conflict() => {
                tracing::debug!(cloud.account = %self.place.account, "discarding an outdated list of orphans");
                Ok(())
            }
            committed => committed,
        }
    }

    /// Returns an object as the listing shows it; `None` if it is a link that ended during the
    /// listing.
    fn listed(&self, object: &str, findings: &[&Finding]) -> Option<ListedOrphan> {
        let key = Key::ended_link(object);
        let ended = self.fetched.readable_one::<EndedLink>(&key);
        if self.fetched.is_unreadable::<EndedLink>(&key)
            || ended
                .as_ref()
                .is_some_and(|row| row.value.ended_at >= self.started)
        {
            return None;
        }
        let mut parts: BTreeMap<Part, String> = BTreeMap::new();
        for finding in findings {
            parts.insert(finding.part.clone(), finding.resource.clone());
        }
        for (part, resource) in findings.iter().flat_map(|finding| &finding.related) {
            if !parts.keys().any(|known| known.is_same(part)) {
                parts.insert(part.clone(), resource.clone());
            }
        }
        let origin = findings.iter().find_map(|finding| finding.origin.as_ref());
        let key = &self.engine.proof_key;
        let is_signed =
            origin.is_some_and(|origin| key.verify_link(object, &origin.managed, &origin.proof));
        Some(ListedOrphan {
            managed: findings.iter().find_map(|finding| finding.managed.clone()),
            is_proven: is_signed || ended.is_some(),
            parts,
            network: network_of(findings.iter().copied()),
            connections: findings
                .iter()
                .find_map(|finding| finding.connections.clone()),
        })
    }

    fn warn(&self, object: &str, findings: &[&Finding]) {
        let parts: Vec<_> = findings.iter().map(|it| it.part.to_string()).collect();
        tracing::warn!(
            cloud.account = %self.place.account,
            cloud.region = self.place.region,
            cloud.group = self.place.group,
            object,
            parts = parts.join(" "),
            "failed to find the owner of a cloud object with an ownership tag; see `underpass \
             recovery orphans`"
        );
    }
}

/// Returns the network that the parts of an object show.
fn network_of<'a>(parts: impl Iterator<Item = &'a Finding>) -> PublishedNetwork {
    parts.fold(PublishedNetwork::default(), |network, part| {
        network.or(part.network.clone())
    })
}

/// Keeps the row of an ended link for as long as its cloud shows the link: a link that an operator
/// left as an orphan never puts its account on hold again.
async fn renew(engine: &Engine, object: &str, fetched: &Fetched) -> Result<(), Error> {
    let now = engine.clock.now();
    let row = fetched.readable_one::<EndedLink>(&Key::ended_link(object));
    let age = engine.limits.get().retention.ended.age;
    let Some(mut row) = row.filter(|row| row.value.is_to_be_renewed(age, now)) else {
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
    let ended = Key::ended_link(object);
    let Ok(link) = object.parse() else {
        return Ok(None);
    };
    // Also if its row cannot be read.
    if fetched
        .records()
        .iter()
        .any(|row| row.kind == Kind::EndedLink && row.key == ended)
    {
        return Ok(None);
    }
    let listed = orphan.connections.as_deref().unwrap_or_default();
    let key = Key::link_difference(&origin.managed, object);
    if fetched.is_unreadable::<LinkDifference>(&key) {
        return Ok(None);
    }
    let recorded = fetched.one::<LinkDifference>(&key)?;
    let before = recorded.map(|row| row.value);
    let published = match &orphan.outcome {
        Outcome::Ready(confirmed) | Outcome::Found(confirmed) => {
            PublishedService::of(&confirmed.spec, &scope.region, scope.group.as_deref())
        }
        Outcome::Gone
        | Outcome::Absent(_)
        | Outcome::Empty
        | Outcome::Failed(_)
        | Outcome::Making { .. } => None,
    };
    // A listing of connections only does not show the network.
    let before_network = before.as_ref().and_then(|it| it.published.as_ref());
    let before_network = before_network.map(|it| it.network.clone());
    let parts = found.iter().filter(|finding| finding.object == *object);
    let network = network_of(parts).or(before_network.unwrap_or_default());
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

//! The end of a hold.

use std::collections::BTreeSet;

use jiff::Timestamp;
use underpass_model::connection::Connection;
use underpass_model::ended_link::EndedLink;
use underpass_model::id::Generation;
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::orphan::Orphan;
use underpass_model::recovery::{AccountHold, LinkDifference};
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Change, Error, Key, Kind, Lookup, Store};

use super::held_account::HeldAccount;
use super::settle::{Side, settle};

/// The result of the end of a hold.
#[derive(Debug, Default)]
pub struct EndedHold {
    /// Links with the connections that got the decision of the store.
    pub overruled: Vec<(LinkDifference, Vec<Connection>)>,
    /// Links that stay in the cloud as orphans.
    pub left: Vec<LinkDifference>,
}

/// Ends the hold of an account: differences that are left are settled as the store has it, links
/// that are left are orphans, and the work of the account goes on.
///
/// # Errors
/// If the store fails.
pub async fn resume(
    store: &dyn Store,
    held: &HeldAccount,
    actor: &str,
    now: Timestamp,
) -> Result<(Change, EndedHold), Error> {
    let account = &held.hold.value.account;
    let mut change = Change::new().delete::<AccountHold>(&held.hold);
    let mut ended = EndedHold::default();
    for row in &held.links {
        let difference = &row.value;
        if difference.is_known {
            let settled =
                settle(store, difference, &BTreeSet::new(), Side::Store, actor, now).await?;
            change = merge(change, settled.change);
            ended
                .overruled
                .push((difference.clone(), settled.connections));
        } else {
            let row = EndedLink {
                managed: difference.managed.clone(),
                ended_at: now,
            };
            change = change.put(Key::ended_link(&difference.object), &row)?;
            ended.left.push(difference.clone());
        }
        change = change.delete::<LinkDifference>(row);
    }
    for (key, generation) in work_of(store, account).await? {
        change = change.enqueue(Enqueue {
            key,
            due_at: now,
            generation,
            priority: Priority::User,
        });
    }
    Ok((change, ended))
}

/// Adds the edits of `other`.
pub(crate) fn merge(mut change: Change, other: Change) -> Change {
    change.expectations.extend(other.expectations);
    change.writes.extend(other.writes);
    change.work.extend(other.work);
    change.enqueue.extend(other.enqueue);
    change.events.extend(other.events);
    change
}

/// Returns the managed objects of an account.
pub(crate) async fn work_of(
    store: &dyn Store,
    account: &AccountName,
) -> Result<Vec<(WorkKey, Generation)>, Error> {
    let kinds = [Kind::Link, Kind::Orphan, Kind::Vpc, Kind::StaticIp];
    let lookups = kinds.map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = store.fetch(&lookups).await?;
    let mut work = Vec::new();
    let mut vpcs = BTreeSet::new();
    for vpc in fetched.readable::<ProjectVpc>() {
        let vpc = vpc.value;
        if vpc.account.as_ref() == Some(account) {
            work.push((WorkKey::Vpc(vpc.project.clone(), vpc.id), vpc.generation));
            vpcs.insert(vpc.id);
        }
    }
    for ip in fetched.readable::<StaticIp>() {
        let ip = ip.value;
        if ip.account.as_ref() == Some(account) {
            let key = WorkKey::StaticIp(ip.project.clone(), ip.id.clone());
            work.push((key, ip.generation));
        }
    }
    for orphan in fetched.readable::<Orphan>() {
        let orphan = orphan.value;
        if let Some(removal) = orphan
            .removal
            .as_ref()
            .filter(|_| orphan.account == *account)
        {
            work.push((orphan.work_key(), removal.generation));
        }
    }
    for link in fetched.readable::<Link>() {
        if vpcs.contains(&link.value.vpc) {
            work.push((link.value.work_key(), link.value.generation));
        }
    }
    Ok(work)
}

//! Writes to the cloud that the end of a hold leads to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use underpass_model::google::RejectList;
use underpass_model::id::LinkId;
use underpass_model::part::Part;
use underpass_model::planned_write::{PlannedWrite, WriteAction, is_read, writes};
use underpass_model::recovery::{AccountHold, Presence};
use underpass_model::work::WorkKey;
use underpass_store::{Error, Store};

use super::resume::work_of;
use super::unknown_links::UnknownLinks;
use crate::reconcile::{HeldObject, held_object};

/// A managed object, and what is written to its cloud when the account resumes.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedObject {
    /// The key of its work.
    pub key: WorkKey,
    /// The writes, in order.
    pub writes: Vec<PlannedWrite>,
    /// The parts whose write is known to fail, with the reason.
    pub failures: BTreeMap<Part, String>,
    /// False if parts are still being read, so that writes may be missing.
    pub is_read: bool,
    /// The link, if it is one.
    pub link: Option<StoredLink>,
}

/// A stored link of an account on hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLink {
    /// Its ID.
    pub id: LinkId,
    /// Its presence in the cloud.
    pub presence: Presence,
    /// The number of its connections in the store.
    pub connections: usize,
}

/// Plans the work of an account with the state that was observed last.
///
/// # Errors
/// If the store fails.
pub async fn planned(
    store: &dyn Store,
    hold: &AccountHold,
    reject_list: RejectList,
    now: Timestamp,
) -> Result<Vec<PlannedObject>, Error> {
    let unknown = UnknownLinks::load(store, &hold.account).await?;
    let mut objects = Vec::new();
    for (key, _) in work_of(store, &hold.account).await? {
        // Removals of orphans are listed with the orphans.
        if matches!(key, WorkKey::Orphan(..)) {
            continue;
        }
        let object = match held_object(store, &key, reject_list).await {
            // Nothing is written to an object that cannot be read.
            Err(error) if error.is_unreadable() => None,
            read => read?,
        };
        if let Some(object) = object {
            let writes = writes(&object.picture, now);
            objects.push(PlannedObject {
                failures: failures(&object, &writes, &unknown),
                writes,
                is_read: is_read(&object.picture),
                link: stored_link(&object, hold),
                key,
            });
        }
    }
    Ok(objects)
}

/// Reads one stored link of an account on hold; `None` if the store does not have it.
///
/// # Errors
/// If the store fails.
pub async fn find_stored_link(
    store: &dyn Store,
    hold: &AccountHold,
    key: &WorkKey,
    reject_list: RejectList,
) -> Result<Option<StoredLink>, Error> {
    let object = held_object(store, key, reject_list).await?;
    Ok(object.and_then(|object| stored_link(&object, hold)))
}

fn stored_link(object: &HeldObject, hold: &AccountHold) -> Option<StoredLink> {
    let link = object.link.as_ref()?;
    Some(StoredLink {
        id: link.id.clone(),
        // Before the first listing, what the store has is not compared.
        presence: if hold.listed_at.is_some() {
            Presence::of(&object.picture)
        } else {
            Presence::Unread
        },
        connections: object.connections,
    })
}

/// Returns the parts whose write is known to fail: another link holds the cloud resource, the cloud
/// refused the read, or a part that it needs fails.
fn failures(
    object: &HeldObject,
    writes: &[PlannedWrite],
    unknown: &UnknownLinks,
) -> BTreeMap<Part, String> {
    let mut failures: BTreeMap<Part, String> = BTreeMap::new();
    let made = writes.iter().filter(|it| it.action != WriteAction::Delete);
    // In their order, a part comes after the parts it needs.
    for PlannedWrite { part, .. } in made {
        let link = object.link.as_ref();
        let taken = link.and_then(|link| unknown.obstacle(&link.id, part));
        let refused = || {
            let failure = object.picture.observed.failures.get(part)?;
            Some(failure.message.clone())
        };
        let needed = || {
            let needed = failures.keys().find(|failed| part.needs(failed))?;
            Some(format!("It needs the {}", needed.display_name()))
        };
        if let Some(reason) = taken.or_else(refused).or_else(needed) {
            failures.insert(part.clone(), reason);
        }
    }
    failures
}

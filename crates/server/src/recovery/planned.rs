//! Writes to the cloud that the end of a hold leads to.

use jiff::Timestamp;
use underpass_model::google::RejectList;
use underpass_model::name::AccountName;
use underpass_model::planned_write::{PlannedWrite, is_read, writes};
use underpass_model::work::WorkKey;
use underpass_store::{Error, Store};

use super::resume::work_of;
use crate::reconcile::picture_of;

/// A managed object, and what is written to its cloud when the account resumes.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedObject {
    /// The key of its work.
    pub key: WorkKey,
    /// The writes, in order.
    pub writes: Vec<PlannedWrite>,
    /// False if parts are still being read, so that writes may be missing.
    pub is_read: bool,
}

/// Plans the work of an account with the state that was observed last.
///
/// # Errors
/// If the store fails.
pub async fn planned(
    store: &dyn Store,
    account: &AccountName,
    reject_list: RejectList,
    now: Timestamp,
) -> Result<Vec<PlannedObject>, Error> {
    let mut objects = Vec::new();
    for (key, _) in work_of(store, account).await? {
        // Removals of orphans are listed with the orphans.
        if matches!(key, WorkKey::Orphan(..)) {
            continue;
        }
        let picture = match picture_of(store, &key, reject_list).await {
            // Nothing is written to an object that cannot be read.
            Err(error) if error.is_unreadable() => None,
            read => read?,
        };
        if let Some(picture) = picture {
            objects.push(PlannedObject {
                key,
                is_read: is_read(&picture),
                writes: writes(&picture, now),
            });
        }
    }
    Ok(objects)
}

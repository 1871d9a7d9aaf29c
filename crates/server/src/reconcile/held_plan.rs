//! Desired and observed state of one managed object, for plans of accounts on hold.

use underpass_model::google::RejectList;
use underpass_model::part::Observed;
use underpass_model::reconcile::{AbsenceRule, Picture};
use underpass_model::work::WorkKey;
use underpass_store::{Error, Key, Kind, Lookup, Store};

use super::managed::Managed;

/// Reads the state of a managed object; `None` if it does not exist.
///
/// # Errors
/// If the store fails.
pub async fn picture_of(
    store: &dyn Store,
    key: &WorkKey,
    reject_list: RejectList,
) -> Result<Option<Picture>, Error> {
    let observed_key = Key::observed(key);
    let with = [Lookup::One(Kind::Observed, observed_key.clone())];
    let Some((managed, fetched)) = Managed::load(store, key, &with).await? else {
        return Ok(None);
    };
    let observed = fetched.one::<Observed>(&observed_key)?;
    let observed = observed.map(|row| row.value).unwrap_or_default();
    Ok(Some(Picture {
        generation: managed.generation(),
        desired: managed.desired(&observed, reject_list),
        observed,
        absence: AbsenceRule::default(),
    }))
}

//! Managed objects of accounts on hold: their plans, and the removal of links that the cloud does not
//! have.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use underpass_model::google::RejectList;
use underpass_model::link::Link;
use underpass_model::part::Observed;
use underpass_model::reconcile::{AbsenceRule, Picture};
use underpass_model::work::WorkKey;
use underpass_store::{Change, Error, Key, Kind, Lookup, Store, Versioned};

use super::managed::Managed;

/// Desired and observed state of a managed object.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldObject {
    /// The state.
    pub picture: Picture,
    /// The link, if it is one.
    pub link: Option<Link>,
    /// The number of its connections.
    pub connections: usize,
}

/// Reads the state of a managed object; `None` if it does not exist.
///
/// # Errors
/// If the store fails.
pub async fn held_object(
    store: &dyn Store,
    key: &WorkKey,
    reject_list: RejectList,
) -> Result<Option<HeldObject>, Error> {
    let observed_key = Key::observed(key);
    let with = [Lookup::One(Kind::Observed, observed_key.clone())];
    let Some((managed, fetched)) = Managed::load(store, key, &with).await? else {
        return Ok(None);
    };
    let observed = fetched.one::<Observed>(&observed_key)?;
    let observed = observed.map(|row| row.value).unwrap_or_default();
    let (link, connections) = match &managed {
        Managed::Link(managed) => (
            Some(managed.link.value.clone()),
            managed.connections.current.len(),
        ),
        Managed::Vpc(_) | Managed::StaticIp(_) | Managed::Orphan(_) => (None, 0),
    };
    Ok(Some(HeldObject {
        picture: Picture {
            generation: managed.generation(),
            desired: managed.desired(&observed, reject_list),
            observed,
            absence: AbsenceRule::default(),
        },
        link,
        connections,
    }))
}

/// Returns a link with the removal of every row of it but its own, as after its deletion; `None` if it
/// does not exist. The change expects that nothing was observed since.
///
/// `kept`: NAT ranges that stay reserved.
///
/// # Errors
/// If the store fails.
pub async fn link_removal(
    store: &dyn Store,
    key: &WorkKey,
    kept: &[Ipv4Net],
    now: Timestamp,
) -> Result<Option<(Versioned<Link>, Change)>, Error> {
    let observed_key = Key::observed(key);
    let with = [Lookup::One(Kind::Observed, observed_key.clone())];
    let loaded = Managed::load(store, key, &with).await?;
    let Some((Managed::Link(managed), fetched)) = loaded else {
        return Ok(None);
    };
    let mut change = managed.removal_of_rest(Change::new(), key, kept, now)?;
    if let Some(observed) = fetched.one::<Observed>(&observed_key)? {
        change = change.delete(&observed);
    }
    Ok(Some((managed.link, change)))
}

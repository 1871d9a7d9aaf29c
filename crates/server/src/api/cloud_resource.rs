//! Reservation of the cloud resources that a request names.

use std::collections::BTreeSet;

use underpass_model::cloud_resource::CloudResource;
use underpass_model::refusal::Refusal;
use underpass_store::{Change, CloudResourceReservation, Key, Kind, Lookup, ResourceHolder};

use super::error::Error;
use super::extract::Member;
use crate::app::App;
use crate::reservations::release;

/// Reserves the resources that an object uses after a change, and releases those it used only
/// before.
///
/// # Errors
/// `cloud_resource_taken` if a resource belongs to another project.
pub(super) async fn reserve(
    app: &App,
    member: &Member,
    mut change: Change,
    holder: &ResourceHolder,
    before: &BTreeSet<CloudResource>,
    after: &BTreeSet<CloudResource>,
) -> Result<Change, Error> {
    let project = member.name();
    let resources: Vec<_> = before
        .union(after)
        .map(|resource| (resource, Key::cloud_resource(resource)))
        .collect();
    let lookups: Vec<_> = resources
        .iter()
        .map(|(_, key)| Lookup::One(Kind::CloudResource, key.clone()))
        .collect();
    let fetched = app.store.fetch(&lookups).await?;
    for (resource, key) in resources {
        let row = fetched.one::<CloudResourceReservation>(&key)?;
        change = match row {
            Some(row) if !after.contains(resource) => release(change, row, project, holder)?,
            None if !after.contains(resource) => change,
            None => {
                let (resource, holder) = (resource.clone(), holder.clone());
                let row = CloudResourceReservation::new(resource, project.clone(), holder);
                change.insert(key, &row)?
            }
            Some(row) if row.value.project != *project => {
                return Err(taken(member, &row.value).into());
            }
            Some(mut row) => {
                if row.value.holders.insert(holder.clone()) {
                    change.update(&row)?
                } else {
                    change
                }
            }
        };
    }
    Ok(change)
}

/// The refusal for a resource of another project, which is named only to its members.
fn taken(member: &Member, reservation: &CloudResourceReservation) -> Refusal {
    let other = &reservation.project;
    let owner = match member.principal.role(other) {
        Some(_) => format!("project `{other}`"),
        None => "another project".to_owned(),
    };
    Refusal::conflict(
        "cloud_resource_taken",
        format!(
            "The {} belongs to {owner}. A cloud resource belongs to one project only. Use one of \
             this project, or remove it from its present project first",
            reservation.resource
        ),
    )
}

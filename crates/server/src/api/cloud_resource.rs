//! Reservation of the cloud resources that a request names.

use std::collections::BTreeSet;

use underpass_model::auth::Principal;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::name::ProjectName;
use underpass_model::refusal::Refusal;
use underpass_model::service::Service;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, CloudResourceReservation, Key, Kind, Lookup, ResourceHolder};

use super::error::Error;
use super::extract::Member;
use crate::app::App;
use crate::reservations::release;

/// Project that a request reserves resources for.
#[derive(Clone, Copy)]
struct Owner<'a> {
    project: &'a ProjectName,
    /// Caller, who may know other projects; `None` if refusals name none.
    principal: Option<&'a Principal>,
}

/// Reserves the resources that an object uses after a change, and releases those it used only
/// before.
///
/// # Errors
/// `cloud_resource_taken` if a resource belongs to another project.
pub(super) async fn reserve(
    app: &App,
    member: &Member,
    change: Change,
    holder: &ResourceHolder,
    before: &BTreeSet<CloudResource>,
    after: &BTreeSet<CloudResource>,
) -> Result<Change, Error> {
    let owner = Owner {
        project: member.name(),
        principal: Some(&member.principal),
    };
    write(app, owner, change, holder, before, after).await
}

/// Checks that everything that a link publishes is reserved for its project.
///
/// In a store of an earlier version, several projects may use one resource; only its owner gets a
/// further link on it.
///
/// # Errors
/// `cloud_resource_taken` if a resource belongs to another project.
pub(super) async fn reserve_for_link(
    app: &App,
    change: Change,
    service: &Service,
    vpc: Option<&ProjectVpc>,
) -> Result<Change, Error> {
    let owner = Owner {
        project: &service.project,
        principal: None,
    };
    let holder = ResourceHolder::Service(service.name.clone());
    let resources = service.cloud_resources();
    let change = write(app, owner, change, &holder, &resources, &resources).await?;
    let Some(vpc) = vpc else {
        return Ok(change);
    };
    let (holder, resources) = (ResourceHolder::Vpc(vpc.id), vpc.cloud_resources());
    write(app, owner, change, &holder, &resources, &resources).await
}

async fn write(
    app: &App,
    owner: Owner<'_>,
    mut change: Change,
    holder: &ResourceHolder,
    before: &BTreeSet<CloudResource>,
    after: &BTreeSet<CloudResource>,
) -> Result<Change, Error> {
    let project = owner.project;
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
                return Err(taken(owner, &row.value).into());
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
fn taken(owner: Owner<'_>, reservation: &CloudResourceReservation) -> Refusal {
    let other = &reservation.project;
    let role = owner.principal.and_then(|it| it.role(other));
    let other = match role {
        Some(_) => format!("project `{other}`"),
        None => "another project".to_owned(),
    };
    Refusal::conflict(
        "cloud_resource_taken",
        format!(
            "The {} belongs to {other}. A cloud resource belongs to one project only. Use one of \
             this project, or remove it from its present project first",
            reservation.resource
        ),
    )
}

//! Reservation of the cloud resources that a request names.

use std::collections::BTreeSet;

use underpass_model::auth::Principal;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::name::ProjectName;
use underpass_model::refusal::Refusal;
use underpass_model::service::Service;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{
    Change, CloudResourceReservation, Key, Kind, Lookup, ResourceHolder, Versioned,
};

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

/// Returns the lookups of the reservations of a resource that matter to a project: the unique one,
/// and that of the project.
pub(super) fn reservations_of(project: &ProjectName, resource: &CloudResource) -> [Lookup; 2] {
    [
        Key::cloud_resource(resource),
        Key::located_resource(project, resource),
    ]
    .map(|key| Lookup::One(Kind::CloudResource, key))
}

/// No resources.
static NONE: BTreeSet<CloudResource> = BTreeSet::new();

/// Use of resources by an object, before and after a change.
pub(super) struct ResourceUse<'a> {
    pub(super) holder: &'a ResourceHolder,
    pub(super) before: &'a BTreeSet<CloudResource>,
    pub(super) after: &'a BTreeSet<CloudResource>,
    /// Resources that belong to the project by their place only.
    pub(super) located: &'a BTreeSet<CloudResource>,
}

impl<'a> ResourceUse<'a> {
    /// A use that begins.
    pub(super) const fn new(
        holder: &'a ResourceHolder,
        after: &'a BTreeSet<CloudResource>,
    ) -> Self {
        Self {
            before: &NONE,
            ..Self::kept(holder, after)
        }
    }

    /// A use that ends.
    pub(super) const fn ended(
        holder: &'a ResourceHolder,
        before: &'a BTreeSet<CloudResource>,
    ) -> Self {
        Self {
            after: &NONE,
            ..Self::kept(holder, before)
        }
    }

    /// A use that goes on.
    const fn kept(holder: &'a ResourceHolder, resources: &'a BTreeSet<CloudResource>) -> Self {
        Self {
            holder,
            before: resources,
            after: resources,
            located: &NONE,
        }
    }
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
    used: ResourceUse<'_>,
) -> Result<Change, Error> {
    let owner = Owner {
        project: member.name(),
        principal: Some(&member.principal),
    };
    write(app, owner, change, used).await
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
    let change = write(app, owner, change, ResourceUse::kept(&holder, &resources)).await?;
    let Some(vpc) = vpc else {
        return Ok(change);
    };
    let (holder, resources) = (ResourceHolder::Vpc(vpc.id), vpc.cloud_resources());
    write(app, owner, change, ResourceUse::kept(&holder, &resources)).await
}

async fn write(
    app: &App,
    owner: Owner<'_>,
    mut change: Change,
    used: ResourceUse<'_>,
) -> Result<Change, Error> {
    let (project, holder) = (owner.project, used.holder);
    let resources: Vec<_> = used.before.union(used.after).collect();
    let lookups: Vec<_> = resources
        .iter()
        .flat_map(|resource| reservations_of(project, resource))
        .collect();
    let fetched = app.store.fetch(&lookups).await?;
    for resource in resources {
        let key = Key::cloud_resource(resource);
        let located_key = Key::located_resource(project, resource);
        let unique = fetched.one::<CloudResourceReservation>(&key)?;
        let located = fetched.one::<CloudResourceReservation>(&located_key)?;
        if !used.after.contains(resource) {
            for row in [unique, located].into_iter().flatten() {
                change = release(change, row, project, holder)?;
            }
            continue;
        }
        let is_own = |row: &Versioned<CloudResourceReservation>| row.value.project == *project;
        let (key, row) = match (unique, located) {
            (Some(row), _) if is_own(&row) => (key, Some(row)),
            // A resource that is located stays it, whatever others reserve.
            (_, Some(row)) => (located_key, Some(row)),
            (_, None) if used.located.contains(resource) => (located_key, None),
            (Some(row), None) => return Err(taken(owner, &row.value).into()),
            (None, None) => (key, None),
        };
        change = match row {
            None => {
                let (resource, holder) = (resource.clone(), holder.clone());
                let row = CloudResourceReservation::new(resource, project.clone(), holder);
                change.insert(key, &row)?
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

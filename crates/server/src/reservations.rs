//! Reservations of cloud resources: each belongs to one project, as long as objects of the project
//! use it.
//!
//! An object and its reservations are written in one change. A reservation is a unique row, so of
//! two projects that take one resource concurrently, the later one reads again and is refused.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::name::ProjectName;
use underpass_model::service::Service;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{
    Change, CloudResourceReservation, Error, Fetched, Key, Kind, Lookup, ResourceHolder, Store,
    Versioned,
};

/// Attempts to complete the reservations: 5. Only another control plane on the same store can
/// interfere.
const ATTEMPTS: u32 = 5;

/// Use of a cloud resource by an object.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    since: Timestamp,
    project: ProjectName,
    holder: ResourceHolder,
}

/// Makes the reservations equal to the uses by services, project VPCs and static IPs; idempotent.
///
/// A store of an earlier version has no reservations, so this must precede the first request. If
/// several projects use one resource, the present owner keeps it, or else the oldest user gets it;
/// the others are logged and refused at their next change. An object that cannot be read keeps its
/// reservations.
///
/// # Errors
/// If the store fails or changes concurrently.
pub async fn complete(store: &dyn Store) -> Result<(), Error> {
    for _ in 1..ATTEMPTS {
        match store.commit(missing(store).await?).await {
            Err(error) if error.is_conflict() => {}
            result => return result,
        }
    }
    store.commit(missing(store).await?).await
}

/// Removes a holder from a reservation, and the reservation with its last holder.
pub(crate) fn release(
    change: Change,
    mut row: Versioned<CloudResourceReservation>,
    project: &ProjectName,
    holder: &ResourceHolder,
) -> Result<Change, Error> {
    if row.value.project != *project || !row.value.holders.remove(holder) {
        return Ok(change);
    }
    if row.value.holders.is_empty() {
        return Ok(change.delete(&row));
    }
    change.update(&row)
}

async fn missing(store: &dyn Store) -> Result<Change, Error> {
    let lookups = [
        Kind::Service,
        Kind::Vpc,
        Kind::StaticIp,
        Kind::CloudResource,
    ]
    .map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = store.fetch(&lookups).await?;
    let mut uses: BTreeMap<CloudResource, Vec<Use>> = BTreeMap::new();
    let mut add = |resource, since, project: &ProjectName, holder| {
        uses.entry(resource).or_default().push(Use {
            since,
            project: project.clone(),
            holder,
        });
    };
    for service in fetched
        .readable::<Service>()
        .into_iter()
        .map(|row| row.value)
    {
        for resource in service.cloud_resources() {
            let holder = ResourceHolder::Service(service.name.clone());
            add(resource, service.created_at, &service.project, holder);
        }
    }
    for vpc in fetched
        .readable::<ProjectVpc>()
        .into_iter()
        .map(|row| row.value)
    {
        for resource in vpc.cloud_resources() {
            let holder = ResourceHolder::Vpc(vpc.id);
            add(resource, vpc.created_at, &vpc.project, holder);
        }
    }
    for ip in fetched
        .readable::<StaticIp>()
        .into_iter()
        .map(|row| row.value)
    {
        if let Some(resource) = ip.cloud_resource() {
            let holder = ResourceHolder::StaticIp(ip.id.clone());
            add(resource, ip.created_at, &ip.project, holder);
        }
    }
    let mut change = Change::new();
    let rows = fetched.readable::<CloudResourceReservation>();
    let (unique, located): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| row.key == Key::cloud_resource(&row.value.resource));
    for row in located {
        change = complete_located(change, row, &fetched, &mut uses)?;
    }
    for mut row in unique {
        let mut found = uses.remove(&row.value.resource).unwrap_or_default();
        let project = &row.value.project;
        let unread = row.value.holders.iter();
        found.extend(
            unread
                .filter(|holder| is_unreadable(&fetched, project, holder))
                .map(|holder| Use {
                    since: Timestamp::MIN,
                    project: project.clone(),
                    holder: holder.clone(),
                }),
        );
        let Some(desired) = reservation(&row.value.resource, found, Some(&row.value.project))
        else {
            change = change.delete(&row);
            continue;
        };
        if row.value != desired {
            row.value = desired;
            change = change.update(&row)?;
        }
    }
    for (resource, found) in uses {
        // Its holders are unknown, so it stays as it is.
        let is_unknown = |key| fetched.is_unreadable::<CloudResourceReservation>(&key);
        if is_unknown(Key::cloud_resource(&resource)) {
            continue;
        }
        let located = |it: &Use| Key::located_resource(&it.project, &resource);
        let found = found.into_iter().filter(|it| !is_unknown(located(it)));
        let found = found.collect();
        if let Some(desired) = reservation(&resource, found, None) {
            change = change.insert(Key::cloud_resource(&resource), &desired)?;
        }
    }
    Ok(change)
}

/// Makes a reservation of one project only equal to its uses, and removes them from `uses`.
fn complete_located(
    change: Change,
    mut row: Versioned<CloudResourceReservation>,
    fetched: &Fetched,
    uses: &mut BTreeMap<CloudResource, Vec<Use>>,
) -> Result<Change, Error> {
    let found = uses.entry(row.value.resource.clone()).or_default();
    let project = row.value.project.clone();
    let mut held = BTreeSet::new();
    for holder in &row.value.holders {
        let is_use = |it: &Use| it.project == project && it.holder == *holder;
        if found.iter().any(is_use) || is_unreadable(fetched, &project, holder) {
            held.insert(holder.clone());
        }
        found.retain(|it| !is_use(it));
    }
    if held.is_empty() {
        return Ok(change.delete(&row));
    }
    if held == row.value.holders {
        return Ok(change);
    }
    row.value.holders = held;
    change.update(&row)
}

/// Returns whether a holder is an object that cannot be read: it may still use the resource.
fn is_unreadable(fetched: &Fetched, project: &ProjectName, holder: &ResourceHolder) -> bool {
    match holder {
        ResourceHolder::Service(name) => {
            fetched.is_unreadable::<Service>(&Key::service(project, name))
        }
        ResourceHolder::Vpc(id) => fetched.is_unreadable::<ProjectVpc>(&Key::vpc(project, *id)),
        ResourceHolder::StaticIp(id) => {
            fetched.is_unreadable::<StaticIp>(&Key::static_ip(project, id))
        }
    }
}

/// Returns the reservation of a resource for these uses; `None` if it has none.
fn reservation(
    resource: &CloudResource,
    mut uses: Vec<Use>,
    owner: Option<&ProjectName>,
) -> Option<CloudResourceReservation> {
    uses.sort();
    let project = uses
        .iter()
        .find(|it| Some(&it.project) == owner)
        .or_else(|| uses.first())?
        .project
        .clone();
    for other in uses.iter().filter(|it| it.project != project) {
        tracing::error!(
            project.name = %other.project,
            holder = ?other.holder,
            owner = %project,
            %resource,
            "failed to reserve a cloud resource: it belongs to another project"
        );
    }
    let holders = uses
        .into_iter()
        .filter(|it| it.project == project)
        .map(|it| it.holder);
    Some(CloudResourceReservation {
        resource: resource.clone(),
        holders: holders.collect(),
        project,
    })
}

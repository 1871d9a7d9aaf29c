//! Zonal network endpoint groups (`GCE_VM_IP`), and their endpoints.
//!
//! Instance groups are not used: an instance can be in only one load-balanced instance group, but
//! several services may run on it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use underpass_model::part::{Confirmed, Facts, GoogleSpec, OperationKind, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::classify;
use super::client::Client;
use super::job::Job;
use super::network::present;
use super::operation;
use super::permission::Permission;
use super::placement;
use super::resource::{Resource, link, path_of};
use crate::document;
use crate::error::{Error, ErrorKind};

pub(super) async fn read(job: Job<'_>, zone: &str) -> Result<Outcome, Error> {
    let group = job.names.endpoint_group(zone);
    job.read(&group, present(&group)).await
}

pub(super) async fn put(job: Job<'_>, zone: &str) -> Result<Outcome, Error> {
    let group = job.names.endpoint_group(zone);
    let members = json!({
        "networkEndpointType": "GCE_VM_IP",
        "network": job.names.network_link()?,
        "subnetwork": job.names.node_subnet_link()?,
    });
    job.put_once(&group, members, present(&group)).await
}

/// Reads the endpoints of the group; an empty group has nothing to remove, so it counts as gone.
pub(super) async fn read_endpoints(job: Job<'_>, zone: &str) -> Result<Outcome, Error> {
    let group = job.names.endpoint_group(zone);
    Ok(match list(job, &group).await? {
        Some(instances) if !instances.is_empty() => Outcome::Ready(confirm(instances, &group)),
        Some(_) => Outcome::Absent(Evidence::ParentLacks),
        None => Outcome::Absent(Evidence::Alone),
    })
}

/// Attaches or detaches instances: one of both in one step, attaching first.
pub(super) async fn put_endpoints(
    job: Job<'_>,
    zone: &str,
    desired: &BTreeSet<String>,
) -> Result<Outcome, Error> {
    let group = job.names.endpoint_group(zone);
    let Some(present) = list(job, &group).await? else {
        let action = format!("fill {group}");
        return Err(classify::stale(&action, &group, "no longer exists"));
    };
    let missing: BTreeSet<_> = desired.difference(&present).cloned().collect();
    let surplus: BTreeSet<_> = present.difference(desired).cloned().collect();
    if !missing.is_empty() {
        for instance in &missing {
            placement::require_instance(job, instance, &group)
                .await
                .map_err(explain_missing)?;
        }
        return change(job, &group, Change::Attach, &missing).await;
    }
    if !surplus.is_empty() {
        return change(job, &group, Change::Detach, &surplus).await;
    }
    Ok(Outcome::Found(confirm(present, &group)))
}

pub(super) async fn delete_endpoints(job: Job<'_>, zone: &str) -> Result<Outcome, Error> {
    let group = job.names.endpoint_group(zone);
    match list(job, &group).await? {
        Some(instances) if !instances.is_empty() => {
            match change(job, &group, Change::Detach, &instances).await? {
                Outcome::Ready(_) => Ok(Outcome::Gone),
                Outcome::Making {
                    operation,
                    check_after,
                    ..
                } => Ok(Outcome::Making {
                    operation,
                    check_after,
                    kind: OperationKind::Delete,
                }),
                other @ (Outcome::Found(_)
                | Outcome::Gone
                | Outcome::Empty
                | Outcome::Failed(_)
                | Outcome::Absent(_)) => Ok(other),
            }
        }
        Some(_) => Ok(Outcome::Absent(Evidence::ParentLacks)),
        None => Ok(Outcome::Absent(Evidence::Alone)),
    }
}

/// A change of the endpoints of a group.
#[derive(Clone, Copy)]
enum Change {
    Attach,
    Detach,
}

async fn change(
    job: Job<'_>,
    group: &Resource,
    change: Change,
    instances: &BTreeSet<String>,
) -> Result<Outcome, Error> {
    let endpoints: Vec<_> = instances
        .iter()
        .map(|instance| json!({"instance": link(instance)}))
        .collect();
    let body = json!({"networkEndpoints": endpoints});
    let (verb, needs) = match change {
        Change::Attach => ("attachNetworkEndpoints", Permission::AttachEndpoints),
        Change::Detach => ("detachNetworkEndpoints", Permission::DetachEndpoints),
    };
    let begun = job
        .client
        .act(group, verb, needs, &body, job.now)
        .await
        .map_err(explain_missing)?;
    if let Some(making) = operation::begun(&begun, group, OperationKind::Put, job.now)? {
        return Ok(making);
    }
    let present = list(job, group).await?.unwrap_or_default();
    Ok(Outcome::Ready(confirm(present, group)))
}

/// The group exists, so the missing resource is an instance.
fn explain_missing(mut error: Error) -> Error {
    if error.kind == ErrorKind::Missing {
        error.remedy = Some(
            "Create the instance that the message names, in the link's network and region, or \
             correct the node's `google_instance`"
                .to_owned(),
        );
    }
    error
}

/// Returns the paths of the instances in the group; `None` if there is no such group of ours.
async fn list(job: Job<'_>, group: &Resource) -> Result<Option<BTreeSet<String>>, Error> {
    if job.get_own(group).await?.is_none() {
        return Ok(None);
    }
    instances(job.client, group, job.now).await.map(Some)
}

/// Returns the paths of the instances in a group that exists.
pub(super) async fn instances(
    client: &Client,
    group: &Resource,
    now: Timestamp,
) -> Result<BTreeSet<String>, Error> {
    let needs = Permission::GetEndpointGroup;
    let listed = client
        .act(group, "listNetworkEndpoints", needs, &json!({}), now)
        .await?;
    // An instance is given as a URL or, being in the group's own zone, as a name.
    let path = |entry: &Value| {
        let instance = document::text(entry, "/networkEndpoint/instance")?;
        Some(if instance.contains('/') {
            path_of(instance).to_owned()
        } else {
            group.machine(instance)
        })
    };
    let items = document::list(&listed, "/items");
    Ok(items.iter().filter_map(path).collect())
}

pub(super) fn confirm(instances: BTreeSet<String>, group: &Resource) -> Confirmed {
    Confirmed {
        spec: Spec::Google(GoogleSpec::Endpoints { instances }),
        tag: None,
        facts: Facts {
            id: Some(group.path()),
            ..Facts::default()
        },
    }
}

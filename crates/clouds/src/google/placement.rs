//! Conditions on a node's instance and on an adopted subnet, checked before a write.
//!
//! Neither is ours, and their paths come from a project: another machine of the account must not
//! become reachable through that project's link.

use serde_json::Value;

use super::job::Job;
use super::permission::Permission;
use super::resource::{Resource, path_of};
use crate::document;
use crate::error::{Error, ErrorKind, own};

/// The code of an instance or subnet outside the project VPC's network.
const OUTSIDE: &str = "OutsideNetwork";

/// Refuses an instance without a network interface in the node subnet of the project VPC, or of
/// another project than the account's. One that does not exist is refused in the same words, so that
/// names cannot be probed.
pub(super) async fn require_instance(
    job: Job<'_>,
    instance: &str,
    group: &Resource,
) -> Result<(), Error> {
    let action = format!("fill {group}");
    let project = job.names.project;
    let refuse = |message: String| {
        let mut error = own(ErrorKind::Invalid, &action, OUTSIDE, message);
        let remedy = "Register the node (`google_instance`) with an instance in the project VPC's \
                      node subnet, by its name as Google prints it";
        error.remedy = Some(remedy.to_owned());
        error
    };
    if instance.split('/').nth(1) != Some(project) {
        return Err(refuse(format!(
            "instance `{instance}` is not in project `{project}`, which the account manages"
        )));
    }
    let (network, subnet) = (job.names.network_link()?, job.names.node_subnet_link()?);
    let read = format!("read instance `{instance}`");
    let found = job
        .client
        .get_path(instance, &read, Permission::GetInstance, job.now)
        .await?;
    // An instance can also be named by its number.
    let canonical = found
        .as_ref()
        .and_then(|document| document::text(document, "/selfLink"))
        .map_or("", path_of);
    let is_inside = |interface: &Value| {
        is_at(interface, "/network", &network) && is_at(interface, "/subnetwork", &subnet)
    };
    let interfaces = found
        .as_ref()
        .map(|it| document::list(it, "/networkInterfaces"));
    let mut interfaces = interfaces.into_iter().flatten();
    if canonical == instance && interfaces.any(is_inside) {
        return Ok(());
    }
    // It may be another project's, so only the operator is told its name and that it exists.
    tracing::info!(
        instance,
        instance.exists = found.is_some(),
        instance.canonical = document::bounded(canonical, 300),
        "refused an instance: it is not shown in the node subnet of the project VPC"
    );
    let mut error = refuse(format!(
        "no instance is shown as `{instance}` with a network interface in subnet `{}`",
        path_of(&subnet)
    ));
    // It may be about to be made.
    error.kind = ErrorKind::Missing;
    Err(error)
}

/// Refuses an adopted subnet that is not in the adopted network, or that has another name, and a
/// network of another project than the account's. Does nothing for a network made by us.
pub(super) async fn require_adopted_network(job: Job<'_>, rule: &Resource) -> Result<(), Error> {
    let Some(adopted) = job.names.adopted() else {
        return Ok(());
    };
    let action = format!("create {rule}");
    let project = job.names.project;
    let refuse = |message: String| {
        let mut error = own(ErrorKind::Invalid, &action, OUTSIDE, message);
        let remedy = "Delete the project VPC, and adopt a network of the account's project with \
                      one of its subnets, by their names as Google prints them";
        error.remedy = Some(remedy.to_owned());
        error
    };
    let (network, subnet) = (path_of(&adopted.network), path_of(&adopted.node_subnet));
    if network.split('/').nth(1) != Some(project) {
        return Err(refuse(format!(
            "network `{network}` is not in project `{project}`, which the account manages. A \
             Shared VPC is not supported, because its NAT subnets and firewall rules belong to the \
             host project"
        )));
    }
    let read = format!("read subnet `{subnet}`");
    let needs = Permission::GetSubnetwork;
    let found = job.client.get_path(subnet, &read, needs, job.now).await?;
    let Some(document) = found else {
        let message = format!("subnet `{subnet}` does not exist");
        let mut error = own(ErrorKind::Missing, &action, "notFound", message);
        error.remedy = Some("Create the subnet, or adopt the network with another one".to_owned());
        return Err(error);
    };
    if is_at(&document, "/network", network) && is_at(&document, "/selfLink", subnet) {
        return Ok(());
    }
    Err(refuse(format!(
        "subnet `{subnet}` is not in network `{network}`, or these are not the names that Google \
         prints"
    )))
}

fn is_at(document: &Value, pointer: &str, link: &str) -> bool {
    document::text(document, pointer).is_some_and(|found| path_of(found) == path_of(link))
}

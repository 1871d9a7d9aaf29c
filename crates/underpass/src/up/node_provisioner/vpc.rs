//! Project VPCs whose network the control plane created: nodes are provisioned in these.
//!
//! In an adopted network the operator has machines already.

use serde_json::Value;

use crate::client::{Client, list, text};
use crate::failure::Failure;

/// A project VPC.
pub(super) struct Vpc {
    pub(super) id: String,
    /// Name of the region in the cloud.
    pub(super) region: String,
    /// Subnet for nodes. `None` while the network is being deleted, which ends only after the nodes
    /// in it are deleted.
    pub(super) node_subnet: Option<String>,
}

/// VPCs of one provider in a project, and whether none is still being created.
///
/// `subnet_of` returns the subnet for nodes, given the placement of a VPC and the name of its
/// created network or group; `None` if the network was adopted.
pub(super) async fn all(
    client: &Client,
    project: &str,
    provider: &str,
    subnet_of: fn(&Value, &str) -> Option<String>,
) -> Result<(Vec<Vpc>, bool), Failure> {
    let answer = client.get(&["project", project, "vpcs"]).await?;
    let mut found = Vec::new();
    let mut all_ready = true;
    for vpc in list(&answer, "vpcs")? {
        let cloud = text(vpc, "cloud_name")?.strip_prefix(provider);
        let Some(region) = cloud.and_then(|cloud| cloud.strip_prefix('-')) else {
            continue;
        };
        let id = text(vpc, "project_vpc_id")?;
        let node_subnet = match text(vpc, "state")? {
            "ACTIVE" => {
                let placement = client
                    .get(&["underpass", "project", project, "vpcs", id])
                    .await?;
                match subnet_of(&placement, &name(id)) {
                    Some(subnet) => Some(subnet),
                    None => continue,
                }
            }
            "DELETING" => None,
            _ => {
                all_ready = false;
                continue;
            }
        };
        found.push(Vpc {
            id: id.to_owned(),
            region: region.to_owned(),
            node_subnet,
        });
    }
    Ok((found, all_ready))
}

/// Name of the resource group or network that the control plane creates for a project VPC.
pub(super) fn name(id: &str) -> String {
    format!("underpass-vpc-{id}")
}

//! The project VPCs of a cloud that were made for us: where machines may be made.
//!
//! In an adopted network the operator has machines already.

use serde_json::Value;

use crate::client::{Client, list, text};
use crate::failure::Failure;

/// A project VPC.
pub(super) struct Vpc {
    pub(super) id: String,
    /// As the cloud names it.
    pub(super) region: String,
    /// The subnet for nodes as the control plane names it; none once the network is on its way
    /// out, which goes only after the machines in it.
    pub(super) node_subnet: Option<String>,
}

/// All of one provider in a project, and whether none is still being made.
///
/// `subnet_made` gives the subnet for nodes by the place of a VPC and the name of what is made for
/// it, and nothing if the network was adopted.
pub(super) async fn all(
    client: &Client,
    project: &str,
    provider: &str,
    subnet_made: fn(&Value, &str) -> Option<String>,
) -> Result<(Vec<Vpc>, bool), Failure> {
    let answer = client.get(&["project", project, "vpcs"]).await?;
    let mut found = Vec::new();
    let mut all_open = true;
    for vpc in list(&answer, "vpcs")? {
        let cloud = text(vpc, "cloud_name")?.strip_prefix(provider);
        let Some(region) = cloud.and_then(|cloud| cloud.strip_prefix('-')) else {
            continue;
        };
        let id = text(vpc, "project_vpc_id")?;
        let node_subnet = match text(vpc, "state")? {
            "ACTIVE" => {
                let place = client
                    .get(&["underpass", "project", project, "vpcs", id])
                    .await?;
                match subnet_made(&place, &name(id)) {
                    Some(subnet) => Some(subnet),
                    None => continue,
                }
            }
            "DELETING" => None,
            _ => {
                all_open = false;
                continue;
            }
        };
        found.push(Vpc {
            id: id.to_owned(),
            region: region.to_owned(),
            node_subnet,
        });
    }
    Ok((found, all_open))
}

/// What the control plane calls the group or network it makes for a project VPC.
pub(super) fn name(id: &str) -> String {
    format!("underpass-vpc-{id}")
}

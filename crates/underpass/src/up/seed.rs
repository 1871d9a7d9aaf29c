//! What is there from the first start: consumers with networks, and project VPCs.
//!
//! Everything is made through public APIs, and making it again changes nothing.

pub(super) mod azure;
mod consumer_range;
pub(super) mod google;

pub(crate) use self::azure::CONSUMER_LOCATION as AZURE_LOCATION;
pub(crate) use self::google::CONSUMER_REGION as GOOGLE_REGION;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::saved_choices::SavedChoices;
use crate::client::{Client, list, text};
use crate::failure::Failure;

/// The clouds of the first project VPCs and their ranges; nothing but emulated clouds sees them.
const PROJECT_VPCS: [(&str, &str); 2] = [
    ("azure-westeurope", "10.64.0.0/20"),
    ("google-europe-west1", "10.80.0.0/20"),
];

/// How long the first project VPC may take: 2 minutes, for long `--cloud-delay`s.
const VPC_TIMEOUT: Duration = Duration::from_mins(2);

/// Pause between looks at the project VPC: 50 ms, as the first start is waited for by a person.
const POLL: Duration = Duration::from_millis(50);

/// Makes the first project VPCs, once; gives those of the first start that are still there.
pub(crate) async fn project_vpcs(
    client: &Client,
    project: &str,
    saved: &mut SavedChoices,
) -> Result<BTreeMap<String, String>, Failure> {
    for (cloud, range) in PROJECT_VPCS {
        if !saved.choices().project_vpcs.contains_key(cloud) {
            let id = project_vpc(client, project, cloud, range).await?;
            saved.choose(|choices| {
                choices.project_vpcs.insert(cloud.to_owned(), id);
            })?;
        }
    }
    let mut there = BTreeMap::new();
    for (cloud, id) in &saved.choices().project_vpcs {
        if wait_active(client, project, id).await? {
            there.insert(cloud.clone(), id.clone());
        }
    }
    Ok(there)
}

/// Asks for a project VPC; gives its id.
async fn project_vpc(
    client: &Client,
    project: &str,
    cloud: &str,
    range: &str,
) -> Result<String, Failure> {
    // A crash between making it and remembering it leaves one to be found.
    let found = find(client, project, |vpc| has(vpc, "cloud_name", cloud)).await?;
    let vpc = if let Some(vpc) = found {
        vpc
    } else {
        let body = json!({
            "cloud_name": cloud, "network_cidr": range, "peering_connections": [],
        });
        client.post(&["project", project, "vpcs"], body).await?
    };
    Ok(text(&vpc, "project_vpc_id")?.to_owned())
}

/// Whether a project VPC is there, once it is active.
async fn wait_active(client: &Client, project: &str, id: &str) -> Result<bool, Failure> {
    let looking = async {
        loop {
            let vpc = find(client, project, |vpc| has(vpc, "project_vpc_id", id)).await?;
            match vpc.as_ref().map(|vpc| text(vpc, "state")).transpose()? {
                Some("ACTIVE") => return Ok(true),
                None | Some("DELETING" | "DELETED") => return Ok(false),
                Some(_) => tokio::time::sleep(POLL).await,
            }
        }
    };
    tokio::time::timeout(VPC_TIMEOUT, looking)
        .await
        .unwrap_or_else(|_| {
            Err(Failure::refused(format!(
                "project VPC {id} is not active after {VPC_TIMEOUT:?}"
            ))
            .hint("`underpass events` and --log info tell what the cloud answered"))
        })
}

async fn find(
    client: &Client,
    project: &str,
    desired: impl Fn(&Value) -> bool,
) -> Result<Option<Value>, Failure> {
    let answer = client.get(&["project", project, "vpcs"]).await?;
    Ok(list(&answer, "vpcs")?
        .iter()
        .find(|vpc| desired(vpc))
        .cloned())
}

fn has(vpc: &Value, member: &str, desired: &str) -> bool {
    vpc.get(member).and_then(Value::as_str) == Some(desired)
}

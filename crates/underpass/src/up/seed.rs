//! Resources of the first start: networks of the default consumers, and project VPCs.
//!
//! They are created through public APIs, and creating them again changes nothing.

pub(crate) mod azure;
mod consumer_range;
pub(crate) mod google;

pub(crate) use self::azure::CONSUMER_LOCATION as AZURE_LOCATION;
pub(crate) use self::google::CONSUMER_REGION as GOOGLE_REGION;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::held_accounts;
use super::identity::{AZURE_ACCOUNT, GOOGLE_ACCOUNT};
use super::saved_choices::SavedChoices;
use crate::client::{Client, list, text};
use crate::failure::Failure;

/// Clouds, accounts and ranges of the first project VPCs; used in emulated clouds only.
const PROJECT_VPCS: [(&str, &str, &str); 2] = [
    ("azure-westeurope", AZURE_ACCOUNT, "10.64.0.0/20"),
    ("google-europe-west1", GOOGLE_ACCOUNT, "10.80.0.0/20"),
];

/// Longest time until a project VPC is active: 2 minutes, for a long `--cloud-delay`.
const VPC_TIMEOUT: Duration = Duration::from_mins(2);

/// Pause between reads of a project VPC: 50 ms, short for a user who waits for the first start.
const POLL: Duration = Duration::from_millis(50);

/// Creates the first project VPCs, once; returns the IDs of those that still exist, by cloud.
///
/// In an account on hold none is created, because the store may have lost those that exist, and none
/// is waited for, because nothing is written there.
///
/// # Errors
/// If a project VPC is refused or does not become active in time.
pub(crate) async fn project_vpcs(
    client: &Client,
    project: &str,
    saved: &mut SavedChoices,
) -> Result<BTreeMap<String, String>, Failure> {
    let held = held_accounts::read(client).await?;
    for (cloud, account, range) in PROJECT_VPCS {
        if !saved.choices().project_vpcs.contains_key(cloud) && !held.contains(account) {
            let id = project_vpc(client, project, cloud, range).await?;
            saved.update(|choices| {
                choices.project_vpcs.insert(cloud.to_owned(), id);
            })?;
        }
    }
    let mut existing = BTreeMap::new();
    for (cloud, id) in &saved.choices().project_vpcs {
        let account = PROJECT_VPCS.iter().find(|it| it.0 == cloud);
        let account = account.map(|(_, account, _)| *account);
        if wait_active(client, project, id, account).await? {
            existing.insert(cloud.clone(), id.clone());
        }
    }
    Ok(existing)
}

/// Creates a project VPC, unless one exists in that cloud; returns its ID.
async fn project_vpc(
    client: &Client,
    project: &str,
    cloud: &str,
    range: &str,
) -> Result<String, Failure> {
    // A crash after creating it and before saving its ID leaves one.
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

/// Waits until a project VPC is active, or its account on hold; returns false if it does not exist.
async fn wait_active(
    client: &Client,
    project: &str,
    id: &str,
    account: Option<&str>,
) -> Result<bool, Failure> {
    let polling = async {
        loop {
            let vpc = find(client, project, |vpc| has(vpc, "project_vpc_id", id)).await?;
            match vpc.as_ref().map(|vpc| text(vpc, "state")).transpose()? {
                Some("ACTIVE") => return Ok(true),
                None | Some("DELETING" | "DELETED") => return Ok(false),
                Some(_) => {}
            }
            let held = held_accounts::read(client).await?;
            if account.is_some_and(|account| held.contains(account)) {
                return Ok(true);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(VPC_TIMEOUT, polling)
        .await
        .unwrap_or_else(|_| {
            Err(Failure::refused(format!(
                "project VPC {id} is not active after {VPC_TIMEOUT:?}"
            ))
            .hint("run `underpass up` with --log info to see the answers of the emulated cloud"))
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

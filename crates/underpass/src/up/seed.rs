//! What is there from the first start: a consumer with a network, and a project VPC.
//!
//! Everything is made through public APIs, and making it again changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::identity;
use super::keep::Keep;
use crate::azure::Arm;
use crate::client::{Client, list, text};
use crate::failure::Failure;

/// Where the ready consumer's network is.
pub(crate) const CONSUMER_LOCATION: &str = "westeurope";

/// The provider's group for static IP addresses.
pub(crate) const ACCOUNT_GROUP: &str = "underpass-account";

/// The cloud of the first project VPC.
const CLOUD: &str = "azure-westeurope";

/// The range of the first project VPC; nothing but emulated clouds sees it.
const VPC_CIDR: &str = "10.64.0.0/20";

/// How long the first project VPC may take: 2 minutes, for long `--cloud-delay`s.
const VPC_TIMEOUT: Duration = Duration::from_mins(2);

/// Pause between looks at the project VPC: 50 ms, as the first start is waited for by a person.
const POLL: Duration = Duration::from_millis(50);

/// The longest prefix of the ready consumer's subnet: a /20 has room for 4,091 endpoints.
const SUBNET_PREFIX: u8 = 20;

/// Makes the ready consumer's network; gives the resource id of its subnet for endpoints.
///
/// It takes the first half of the range, so that people have the other for networks of their own.
pub(crate) async fn consumer(arm: &Arm, range: Ipv4Net) -> Result<String, Failure> {
    let half = range
        .subnets(range.prefix_len() + 1)
        .ok()
        .and_then(|mut halves| halves.next());
    let network = half.unwrap_or(range);
    let prefix = SUBNET_PREFIX.max(network.prefix_len());
    let subnet = network
        .subnets(prefix)
        .ok()
        .and_then(|mut parts| parts.next());
    let subnet = subnet.unwrap_or(network);

    let subscription = identity::CONSUMER_SUBSCRIPTION;
    let group = format!("/subscriptions/{subscription}/resourceGroups/consumer");
    let vnet = format!("{group}/providers/Microsoft.Network/virtualNetworks/consumer");
    let id = format!("{vnet}/subnets/default");
    if arm.get(&vnet).await?.is_some() {
        return Ok(id);
    }
    arm.put(&group, json!({ "location": CONSUMER_LOCATION }))
        .await?;
    let properties = json!({
        "addressSpace": { "addressPrefixes": [network] },
        "subnets": [{ "name": "default", "properties": { "addressPrefix": subnet } }],
    });
    arm.put(
        &vnet,
        json!({ "location": CONSUMER_LOCATION, "properties": properties }),
    )
    .await?;
    Ok(id)
}

/// Makes the provider's group for static IP addresses.
pub(crate) async fn account(arm: &Arm, subscription: &str) -> Result<(), Failure> {
    let group = format!("/subscriptions/{subscription}/resourceGroups/{ACCOUNT_GROUP}");
    if arm.get(&group).await?.is_none() {
        arm.put(&group, json!({ "location": CONSUMER_LOCATION }))
            .await?;
    }
    Ok(())
}

/// Makes the first project VPC, once; gives those of the first start that are still there.
pub(crate) async fn project_vpcs(
    client: &Client,
    project: &str,
    keep: &mut Keep,
) -> Result<BTreeMap<String, String>, Failure> {
    if !keep.choices().project_vpcs.contains_key(CLOUD) {
        // A crash between making it and remembering it leaves one to be found.
        let found = find(client, project, |vpc| has(vpc, "cloud_name", CLOUD)).await?;
        let vpc = if let Some(vpc) = found {
            vpc
        } else {
            let body = json!({
                "cloud_name": CLOUD, "network_cidr": VPC_CIDR, "peering_connections": [],
            });
            client.post(&["project", project, "vpcs"], body).await?
        };
        let id = text(&vpc, "project_vpc_id")?.to_owned();
        keep.choose(|choices| {
            choices.project_vpcs.insert(CLOUD.to_owned(), id);
        })?;
    }
    let mut there = BTreeMap::new();
    for (cloud, id) in &keep.choices().project_vpcs {
        if wait_active(client, project, id).await? {
            there.insert(cloud.clone(), id.clone());
        }
    }
    Ok(there)
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
    wanted: impl Fn(&Value) -> bool,
) -> Result<Option<Value>, Failure> {
    let answer = client.get(&["project", project, "vpcs"]).await?;
    Ok(list(&answer, "vpcs")?
        .iter()
        .find(|vpc| wanted(vpc))
        .cloned())
}

fn has(vpc: &Value, member: &str, wanted: &str) -> bool {
    vpc.get(member).and_then(Value::as_str) == Some(wanted)
}

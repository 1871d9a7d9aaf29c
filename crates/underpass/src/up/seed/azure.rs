//! The ready consumer and the provider's account in emulated Azure.

use ipnet::Ipv4Net;
use serde_json::json;

use super::consumer_range;
use crate::azure::Arm;
use crate::failure::Failure;
use crate::up::identity;

/// Where the ready consumer's network is.
pub(crate) const CONSUMER_LOCATION: &str = "westeurope";

/// The provider's group for static IP addresses.
pub(crate) const ACCOUNT_GROUP: &str = "underpass-account";

/// Makes the ready consumer's network; gives the resource id of its subnet for endpoints.
pub(crate) async fn consumer(arm: &Arm, range: Ipv4Net) -> Result<String, Failure> {
    let network = consumer_range::azure(range);
    let subnet = consumer_range::subnet(network);

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

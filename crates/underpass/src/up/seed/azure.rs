//! Resources of the default consumer and of the provider in emulated Azure.

use ipnet::Ipv4Net;
use serde_json::json;

use super::consumer_range;
use crate::azure::Arm;
use crate::failure::Failure;
use crate::up::identity;

/// Location of the default consumer's network.
pub(crate) const CONSUMER_LOCATION: &str = "westeurope";

/// The provider's resource group for static IP addresses.
pub(crate) const ACCOUNT_GROUP: &str = "underpass-account";

/// Creates the default consumer's network; returns the resource ID of its subnet for endpoints.
///
/// # Errors
/// If the emulator refuses a request.
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

/// Creates the provider's resource group for static IP addresses.
///
/// # Errors
/// If the emulator refuses a request.
pub(crate) async fn account(arm: &Arm, subscription: &str) -> Result<(), Failure> {
    let group = format!("/subscriptions/{subscription}/resourceGroups/{ACCOUNT_GROUP}");
    if arm.get(&group).await?.is_none() {
        arm.put(&group, json!({ "location": CONSUMER_LOCATION }))
            .await?;
    }
    Ok(())
}

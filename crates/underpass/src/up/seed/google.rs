//! Resources of the default consumer in emulated Google.

use ipnet::Ipv4Net;
use serde_json::json;

use super::consumer_range;
use crate::failure::Failure;
use crate::google::Compute;
use crate::up::identity::GOOGLE_CONSUMER_PROJECT;

/// Region of the default consumer's subnet.
pub(crate) const CONSUMER_REGION: &str = "europe-west1";

/// Paths of the default consumer's network and subnet.
#[derive(Debug, Clone)]
pub(crate) struct ConsumerNetwork {
    pub(crate) network: String,
    pub(crate) subnet: String,
}

/// Creates the default consumer's network and its subnet for endpoints.
///
/// # Errors
/// If the emulator refuses a request.
pub(crate) async fn consumer(
    compute: &Compute,
    range: Ipv4Net,
) -> Result<ConsumerNetwork, Failure> {
    let networks = format!("projects/{GOOGLE_CONSUMER_PROJECT}/global/networks");
    let subnets =
        format!("projects/{GOOGLE_CONSUMER_PROJECT}/regions/{CONSUMER_REGION}/subnetworks");
    let made = ConsumerNetwork {
        network: format!("{networks}/consumer"),
        subnet: format!("{subnets}/default"),
    };
    if compute.get(&made.network).await?.is_none() {
        let body = json!({ "name": "consumer", "autoCreateSubnetworks": false });
        compute.insert(&networks, &body).await?;
    }
    if compute.get(&made.subnet).await?.is_none() {
        let body = json!({
            "name": "default",
            "network": made.network,
            "ipCidrRange": consumer_range::subnet(consumer_range::google(range)),
        });
        compute.insert(&subnets, &body).await?;
    }
    Ok(made)
}

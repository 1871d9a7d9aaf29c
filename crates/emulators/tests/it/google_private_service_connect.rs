//! A published service and a consumer's endpoint on the emulated Google.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::google_emulator::{ApiClient, Emulator, REGION, ZONE, map_host};

/// The path of the service attachment, below the provider's project.
pub(crate) fn attachment() -> String {
    format!("regions/{REGION}/serviceAttachments/sa")
}

/// The path of the endpoint, below the consumer's project.
pub(crate) fn endpoint() -> String {
    format!("regions/{REGION}/forwardingRules/pe")
}

/// A full link, as backends must name their group.
fn full(path: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/{path}")
}

/// Creates the provider's resources in front of `backend`; returns the path of the attachment.
pub(crate) async fn publish(
    emulator: &Emulator,
    provider: &ApiClient<'_>,
    backend: SocketAddr,
) -> String {
    let region = |rest: &str| format!("regions/{REGION}/{rest}");
    let zone = |rest: &str| format!("zones/{ZONE}/{rest}");
    let network = provider.path("global/networks/v");
    let nodes = provider.path(&region("subnetworks/nodes"));
    let nat = provider.path(&region("subnetworks/nat"));

    let body = json!({ "name": "v", "autoCreateSubnetworks": false });
    provider.post("global/networks", body).await;
    let body = json!({ "name": "nodes", "network": network, "ipCidrRange": "10.1.0.0/24" });
    provider.post(&region("subnetworks"), body).await;
    let body = json!({ "name": "nat", "network": network, "ipCidrRange": "10.1.1.0/28",
        "purpose": "PRIVATE_SERVICE_CONNECT" });
    provider.post(&region("subnetworks"), body).await;
    let allowed = json!([{ "IPProtocol": "tcp", "ports": [backend.port().to_string()] }]);
    let body = json!({ "name": "from-nat", "network": network, "direction": "INGRESS",
        "sourceRanges": ["10.1.1.0/28"], "allowed": allowed });
    provider.post("global/firewalls", body).await;

    let body = json!({ "name": "n1",
        "networkInterfaces": [{ "network": network, "subnetwork": nodes }] });
    provider.post(&zone("instances"), body).await;
    let instance = provider.path(&zone("instances/n1"));
    map_host(emulator, &instance, &backend.ip().to_string()).await;
    let body = json!({ "name": "neg", "networkEndpointType": "GCE_VM_IP",
        "network": network, "subnetwork": nodes });
    provider.post(&zone("networkEndpointGroups"), body).await;
    let attach = zone("networkEndpointGroups/neg/attachNetworkEndpoints");
    let body = json!({ "networkEndpoints": [{ "instance": instance }] });
    provider.post(&attach, body).await;

    let body = json!({ "name": "hc", "type": "TCP",
        "tcpHealthCheck": { "portSpecification": "USE_FIXED_PORT", "port": backend.port() } });
    provider.post(&region("healthChecks"), body).await;
    let group = full(&provider.path(&zone("networkEndpointGroups/neg")));
    let body = json!({ "name": "be", "loadBalancingScheme": "INTERNAL", "protocol": "TCP",
        "healthChecks": [provider.path(&region("healthChecks/hc"))],
        "backends": [{ "group": group, "balancingMode": "CONNECTION" }] });
    provider.post(&region("backendServices"), body).await;
    let body = json!({ "name": "fr", "loadBalancingScheme": "INTERNAL", "IPProtocol": "TCP",
        "allPorts": true, "network": network, "subnetwork": nodes,
        "backendService": provider.path(&region("backendServices/be")) });
    provider.post(&region("forwardingRules"), body).await;

    let body = json!({ "name": "sa", "connectionPreference": "ACCEPT_MANUAL",
        "targetService": provider.path(&region("forwardingRules/fr")),
        "natSubnets": [nat], "enableProxyProtocol": false, "reconcileConnections": true,
        "consumerAcceptLists": [], "consumerRejectLists": [] });
    provider.post(&region("serviceAttachments"), body).await;
    provider.path(&attachment())
}

/// Creates a consumer's endpoint to `target` on `address`, with a network of its own.
pub(crate) async fn create_endpoint(consumer: &ApiClient<'_>, target: &str, address: &str) {
    let region = |rest: &str| format!("regions/{REGION}/{rest}");
    let network = consumer.path("global/networks/v");
    let subnet = consumer.path(&region("subnetworks/default"));
    let body = json!({ "name": "v", "autoCreateSubnetworks": false });
    consumer.post("global/networks", body).await;
    let (range, _) = address.rsplit_once('.').unwrap();
    let body = json!({ "name": "default", "network": network,
        "ipCidrRange": format!("{range}.0/24") });
    consumer.post(&region("subnetworks"), body).await;
    let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": subnet,
        "address": address });
    consumer.post(&region("addresses"), body).await;
    let body = json!({ "name": "pe", "target": target, "network": network,
        "IPAddress": consumer.path(&region("addresses/a")) });
    consumer.post(&region("forwardingRules"), body).await;
}

/// The only connected endpoint of the attachment, as the provider sees it.
pub(crate) async fn connected(provider: &ApiClient<'_>) -> Value {
    let shown = provider.get(&attachment()).await;
    let list = shown["connectedEndpoints"].as_array().unwrap();
    assert_eq!(list.len(), 1, "{shown:#}");
    list[0].clone()
}

/// Accepts or rejects an endpoint: writes both lists, with one entry in one of them, as the driver
/// does.
pub(crate) async fn decide(provider: &ApiClient<'_>, endpoint: &Value, accept: bool) {
    let link = endpoint["endpointWithId"].as_str().unwrap();
    let entry = &link[link.find("projects/").unwrap()..];
    let before = provider.get(&attachment()).await;
    let (accepted, rejected) = if accept {
        (
            json!([{ "endpointUrl": entry, "connectionLimit": 1 }]),
            json!([]),
        )
    } else {
        (json!([]), json!([entry]))
    };
    let body = json!({ "name": "sa", "fingerprint": before["fingerprint"],
        "connectionPreference": "ACCEPT_MANUAL", "reconcileConnections": true,
        "consumerAcceptLists": accepted, "consumerRejectLists": rejected });
    provider.patch(&attachment(), body).await;
}

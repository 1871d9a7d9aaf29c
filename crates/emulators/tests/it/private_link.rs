//! A published service and a private endpoint on the emulated Azure.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::emulator::{ApiClient, CONSUMER_SUBSCRIPTION, Emulator, SUBSCRIPTION};

fn network(subscription: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/g/providers/Microsoft.Network")
}

/// A private link service in front of `backend`, on the same port.
pub(crate) struct Published {
    pub(crate) service: String,
    pub(crate) alias: String,
}

pub(crate) async fn publish(
    emulator: &Emulator,
    provider: &ApiClient<'_>,
    backend: SocketAddr,
) -> Published {
    let network = network(SUBSCRIPTION);
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/g");
    provider
        .put(&group, json!({ "location": "westeurope" }))
        .await;
    let vnet = format!("{network}/virtualNetworks/v");
    let subnets = json!([
        { "name": "nodes", "properties": { "addressPrefix": "10.1.0.0/24" } },
        { "name": "nat", "properties": {
            "addressPrefix": "10.1.1.0/24", "privateLinkServiceNetworkPolicies": "Disabled" } },
    ]);
    let properties =
        json!({ "addressSpace": { "addressPrefixes": ["10.1.0.0/16"] }, "subnets": subnets });
    provider
        .put(
            &vnet,
            json!({ "location": "westeurope", "properties": properties }),
        )
        .await;

    let balancer = format!("{network}/loadBalancers/lb");
    let (frontend, pool) = (
        format!("{balancer}/frontendIPConfigurations/fe"),
        format!("{balancer}/backendAddressPools/be"),
    );
    let probe = format!("{balancer}/probes/p");
    let rule = json!({ "name": "pg", "properties": {
        "frontendIPConfiguration": { "id": frontend },
        "backendAddressPool": { "id": pool },
        "probe": { "id": probe },
        "protocol": "Tcp", "frontendPort": backend.port(), "backendPort": backend.port(),
    } });
    let properties = json!({
        "frontendIPConfigurations": [{ "name": "fe", "properties": {
            "subnet": { "id": format!("{vnet}/subnets/nodes") } } }],
        "backendAddressPools": [{ "name": "be" }],
        "probes": [{ "name": "p", "properties": {
            "protocol": "Tcp", "port": backend.port(), "intervalInSeconds": 5 } }],
        "loadBalancingRules": [rule],
    });
    let sku = json!({ "name": "Standard" });
    let body = json!({ "location": "westeurope", "sku": sku, "properties": properties });
    provider.put(&balancer, body).await;

    let nic = format!("{network}/networkInterfaces/n1");
    let configuration = json!({ "name": "ipconfig1", "properties": {
        "subnet": { "id": format!("{vnet}/subnets/nodes") },
        "loadBalancerBackendAddressPools": [{ "id": pool }],
    } });
    let properties = json!({ "ipConfigurations": [configuration] });
    provider
        .put(
            &nic,
            json!({ "location": "westeurope", "properties": properties }),
        )
        .await;
    emulator.map_host(&nic, &backend.ip().to_string()).await;

    let service = format!("{network}/privateLinkServices/pls");
    let properties = json!({
        "loadBalancerFrontendIpConfigurations": [{ "id": frontend }],
        "ipConfigurations": [{ "name": "nat-0", "properties": {
            "primary": true, "subnet": { "id": format!("{vnet}/subnets/nat") } } }],
        "visibility": { "subscriptions": [CONSUMER_SUBSCRIPTION] },
    });
    let shown = provider
        .put(
            &service,
            json!({ "location": "westeurope", "properties": properties }),
        )
        .await;
    let alias = shown["properties"]["alias"].as_str().unwrap().to_owned();
    Published { service, alias }
}

/// Creates a consumer's endpoint to `target`; returns its ID and its address.
///
/// Its network is 127.82.`third`.0/24, so that tests do not share addresses.
pub(crate) async fn endpoint(
    consumer: &ApiClient<'_>,
    target: &str,
    third: u8,
) -> (String, String) {
    let network = network(CONSUMER_SUBSCRIPTION);
    let group = format!("/subscriptions/{CONSUMER_SUBSCRIPTION}/resourcegroups/g");
    consumer
        .put(&group, json!({ "location": "westeurope" }))
        .await;
    let vnet = format!("{network}/virtualNetworks/v");
    let range = format!("127.82.{third}.0/24");
    let properties = json!({
        "addressSpace": { "addressPrefixes": [range] },
        "subnets": [{ "name": "default", "properties": { "addressPrefix": range } }],
    });
    consumer
        .put(
            &vnet,
            json!({ "location": "westeurope", "properties": properties }),
        )
        .await;

    let endpoint = format!("{network}/privateEndpoints/pe");
    let connection = json!({ "name": "c", "properties": {
        "privateLinkServiceId": target, "requestMessage": "please" } });
    let properties = json!({
        "subnet": { "id": format!("{vnet}/subnets/default") },
        "manualPrivateLinkServiceConnections": [connection],
    });
    let body = json!({ "location": "westeurope", "properties": properties });
    let shown = consumer.put(&endpoint, body).await;
    let nic = shown["properties"]["networkInterfaces"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let nic = consumer.get(&nic).await;
    let address = &nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"];
    (endpoint, address.as_str().unwrap().to_owned())
}

/// The only connection of a service, as the provider sees it.
pub(crate) async fn connection(provider: &ApiClient<'_>, service: &str) -> Value {
    let list = provider
        .get(&format!("{service}/privateEndpointConnections"))
        .await;
    assert_eq!(list["value"].as_array().unwrap().len(), 1, "{list:#}");
    list["value"][0].clone()
}

/// Approves or rejects a connection.
pub(crate) async fn decide(provider: &ApiClient<'_>, connection: &Value, status: &str) {
    let state = json!({ "status": status, "description": "decided by a test" });
    let body = json!({ "name": connection["name"],
        "properties": { "privateLinkServiceConnectionState": state } });
    provider.put(connection["id"].as_str().unwrap(), body).await;
}

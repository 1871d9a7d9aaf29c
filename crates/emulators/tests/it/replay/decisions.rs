//! Connections and decisions, as the azure-cli recorded them (2022, api-version 2021-08-01).
//!
//! Their bodies are shortened, so members that are not named here may exist.

use serde_json::{Value, json};

use super::endpoints::{self, ENDPOINT};
use super::player::{DECISION, DELETE, PUT, Player, id};
use super::services::{SERVICE, begin};
use super::shapes;

const VERSION: &str = "2021-08-01";

/// A connection as its service shows it.
fn connection(state: &str, decision: Value) -> Value {
    json!({ "…": true, "name": "text", "etag": "tag",
        "type": "=Microsoft.Network/privateLinkServices/privateEndpointConnections",
        "properties": {
            "…": true,
            "provisioningState": format!("={state}"),
            "privateLinkServiceConnectionState": decision,
            "linkIdentifier": "text",
        } })
}

fn rejected() -> Value {
    json!({ "status": "=Rejected", "description": "=", "actionsRequired": "=call us" })
}

#[test]
fn decisions() {
    let mut player = Player::new(VERSION);
    let service = begin(&mut player);
    player.prepare(SERVICE, service);
    let before = 9;
    player.assert_exchanges(before);

    // An endpoint whose client names its interface.
    let mut body = endpoints::body(&mut player);
    body["properties"]["customNetworkInterfaceName"] = json!("card");
    let mut shape = shapes::endpoint("Updating");
    shape["properties"]["customNetworkInterfaceName"] = json!("=card");
    let interface = id("networkInterfaces/card");
    shape["properties"]["networkInterfaces"] = json!([{ "id": format!("={interface}") }]);
    player.put(ENDPOINT, body, 201, PUT, &shape);
    player.settle();

    // The connection is named after the endpoint and its GUID, and has the service's tag.
    let guid = player.document(ENDPOINT)["properties"]["resourceGuid"].clone();
    let name = format!("pe.{}", guid.as_str().unwrap());
    let mut listed = connection("Succeeded", shapes::automatic());
    listed["name"] = json!(format!("={name}"));
    let endpoint = json!({ "id": format!("={}", id(ENDPOINT)) });
    listed["properties"]["privateEndpoint"] = endpoint;
    let mut shape = shapes::service("Succeeded");
    shape["properties"]["privateEndpointConnections"] = json!([listed]);
    player.read(SERVICE, &shape);
    let service = player.document(SERVICE);
    let listed = &service["properties"]["privateEndpointConnections"][0];
    assert_eq!(service["etag"], listed["etag"]);

    // A decision: In force immediately, complete later.
    let path = format!("{SERVICE}/privateEndpointConnections/{name}");
    let decision = json!({ "properties": { "privateLinkServiceConnectionState": {
        "status": "Rejected", "actionsRequired": "call us" } } });
    let decided = connection("Updating", rejected());
    player.put(&path, decision, 200, DECISION, &decided);
    let mut shape = shapes::endpoint("Succeeded");
    shape["properties"]["customNetworkInterfaceName"] = json!("=card");
    let state = "/properties/privateLinkServiceConnections/0/properties\
                 /privateLinkServiceConnectionState";
    *shape.pointer_mut(state).unwrap() = rejected();
    player.read(ENDPOINT, &shape);
    player.settle();

    // The removal of a connection has no notification.
    let headers: Vec<&str> = DELETE
        .iter()
        .copied()
        .filter(|name| *name != "azure-asyncnotification")
        .collect();
    player.delete(&path, 202, &headers);
    player.settle();
    player.delete(ENDPOINT, 202, DELETE);
    player.settle();

    // A change of the service: its parts are complete meanwhile.
    let mut changed = player.document(SERVICE);
    changed["properties"]["visibility"] = json!({ "subscriptions": ["*"] });
    changed["properties"]["autoApproval"] = json!({ "subscriptions": ["*"] });
    changed["properties"]["enableProxyProtocol"] = json!(true);
    let mut shape = shapes::service("Updating");
    shape["properties"]["enableProxyProtocol"] = json!(true);
    for list in ["visibility", "autoApproval"] {
        shape["properties"][list] = json!({ "subscriptions": ["=*"] });
    }
    player.put(SERVICE, changed, 200, PUT, &shape);
    player.settle();
    player.delete(SERVICE, 202, DELETE);
    player.assert_exchanges(before + 8);
}

//! Groups, networks, subnets and interfaces.

use serde_json::{Value, json};

use super::player::{NONE, PUT, Player, id};
use super::shapes;

const VERSION: &str = "2025-05-01";
const NETWORK: &str = "virtualNetworks/net";
const SUBNET: &str = "virtualNetworks/net/subnets/part";
const INTERFACE: &str = "networkInterfaces/card";

fn network(location: &str, range: &str) -> Value {
    json!({ "location": location, "properties": { "addressSpace": { "addressPrefixes": [range] } } })
}

#[test]
fn groups() {
    let mut player = Player::new("2021-04-01");
    player.group();
    player.group_read();
    player.group_deleted();
    // The recorded client makes and deletes a second group.
    player.group();
    player.group_deleted();
    player.assert_exchanges(7);
}

#[test]
fn networks() {
    let mut player = Player::new(VERSION);
    let body = || network("westus", "192.168.0.0/16");
    player.group();
    player.created(NETWORK, body(), shapes::western_network);
    let complete = shapes::western_network("Succeeded");
    player.read(NETWORK, &complete);
    player.missing("virtualNetworks/other");
    player.repeated(NETWORK, body(), 201, &complete);
    player.mismatched(NETWORK, body());
    player.list("virtualNetworks", complete);
    player.list_in_missing_group("virtualNetworks");
    player.deleted(NETWORK, 202);
    player.group_deleted();
    player.assert_exchanges(15);
}

#[test]
fn subnets() {
    let mut player = Player::new(VERSION);
    player.group();
    player.created(
        NETWORK,
        network("eastus", "10.1.0.0/16"),
        shapes::empty_network,
    );
    let body = || json!({ "properties": { "addressPrefix": "10.1.0.0/24" } });
    player.created(SUBNET, body(), shapes::plain_subnet);
    let complete = shapes::plain_subnet("Succeeded");
    player.read(SUBNET, &complete);
    player.missing_part("virtualNetworks/net/subnets/other");
    player.repeated(SUBNET, body(), 200, &complete);
    player.list("virtualNetworks/net/subnets", complete);
    player.list_in_missing_group("virtualNetworks/net/subnets");
    player.deleted(SUBNET, 202);
    player.deleted(NETWORK, 202);
    player.group_deleted();
    player.assert_exchanges(19);
}

#[test]
fn interfaces() {
    let mut player = Player::new(VERSION);
    player.group();
    let mut made = network("eastus", "10.0.0.0/16");
    made["properties"]["subnets"] =
        json!([{ "name": "part", "properties": { "addressPrefix": "10.0.0.0/24" } }]);
    player.created(NETWORK, made, shapes::plain_network);
    // The client sends the whole subnet that it has read.
    let subnet = player.document(SUBNET);
    let body = || {
        json!({ "location": "eastus", "properties": { "ipConfigurations": [
            { "name": "first", "properties": {
                "privateIPAllocationMethod": "Dynamic", "subnet": subnet.clone() } },
        ] } })
    };
    let complete = shapes::interface();
    player.put(INTERFACE, body(), 201, NONE, &complete);
    player.read(INTERFACE, &complete);
    player.missing("networkInterfaces/other");
    player.put(INTERFACE, body(), 200, NONE, &complete);
    player.list("networkInterfaces", complete);
    player.list_in_missing_group("networkInterfaces");
    player.deleted(INTERFACE, 200);
    player.deleted(NETWORK, 202);
    player.group_deleted();
    player.assert_exchanges(16);
}

/// The network and the subnet in which services and endpoints are.
pub(super) fn service_network(player: &mut Player) {
    let mut made = network("eastus", "10.1.0.0/16");
    made["properties"]["subnets"] = json!([{ "name": "part", "properties": {
        "addressPrefix": "10.1.0.0/24",
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Disabled",
    } }]);
    player.created(NETWORK, made, shapes::service_network);
}

/// The azure-cli sends a subnet back with the members that only the cloud sets; a change of it.
#[test]
fn a_changed_subnet() {
    let mut player = Player::new("2021-08-01");
    player.group();
    player.prepare(NETWORK, network("eastus", "10.1.0.0/16"));
    player.prepare(
        SUBNET,
        json!({ "properties": { "addressPrefix": "10.1.0.0/24" } }),
    );
    let mut body = player.document(SUBNET);
    body["properties"]["privateLinkServiceNetworkPolicies"] = json!("Disabled");
    assert_eq!(body["id"], id(SUBNET));
    // Recorded in 2022 without `Azure-AsyncNotification`; the newer recording counts.
    player.put(
        SUBNET,
        body,
        200,
        PUT,
        &shapes::subnet("Updating", "Disabled"),
    );
    player.assert_exchanges(2);
}

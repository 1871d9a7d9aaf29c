use serde_json::{Value, json};

use super::fixture::*;

fn subnet(prefix: &str) -> Value {
    json!({ "properties": { "addressPrefix": prefix } })
}

#[test]
fn inline_subnets_are_addressable_and_have_the_recorded_defaults() {
    let mut fixture = Fixture::new();
    let nodes = fixture.seen(&ours("virtualNetworks/v/subnets/NODES"));
    let properties = &nodes["properties"];
    assert_eq!(nodes["type"], "Microsoft.Network/virtualNetworks/subnets");
    assert_eq!(properties["privateEndpointNetworkPolicies"], "Disabled");
    assert_eq!(properties["privateLinkServiceNetworkPolicies"], "Enabled");
    assert_eq!(properties["delegations"], json!([]));
    assert_eq!(properties["provisioningState"], "Succeeded");
    let network = fixture.seen(&ours("virtualNetworks/v"));
    assert_eq!(
        network["properties"]["subnets"].as_array().unwrap().len(),
        2
    );
    assert_eq!(network["properties"]["enableDdosProtection"], false);
    assert_eq!(
        network["properties"]["privateEndpointVNetPolicies"],
        "Disabled"
    );
    assert_eq!(network["properties"]["virtualNetworkPeerings"], json!([]));
}

#[test]
fn a_subnet_read_and_put_back_whole_changes_only_what_is_asked() {
    let mut fixture = Fixture::new();
    let path = ours("virtualNetworks/v/subnets/nodes");
    let mut subnet = fixture.seen(&path);
    subnet["properties"]["privateLinkServiceNetworkPolicies"] = json!("Disabled");
    subnet["properties"]["natGateway"] = json!({ "id": "whatever" });
    let after = fixture.made(&path, subnet);
    assert_eq!(
        after["properties"]["privateLinkServiceNetworkPolicies"],
        "Disabled"
    );
    assert_eq!(after["properties"]["natGateway"]["id"], "whatever");
    assert_eq!(after["properties"]["addressPrefix"], "10.0.0.0/24");
}

#[test]
fn a_subnet_must_lie_in_the_space_clear_of_its_siblings() {
    let mut fixture = Fixture::new();
    let path = ours("virtualNetworks/v/subnets/x");
    assert_eq!(
        fixture.refused(&path, subnet("10.1.0.0/24")).1,
        "NetcfgInvalidSubnet"
    );
    assert_eq!(
        fixture.refused(&path, subnet("10.0.0.128/25")).1,
        "NetcfgSubnetRangesOverlap"
    );
    assert_eq!(
        fixture.refused(&path, subnet("10.0.9.0/30")).1,
        "InvalidAddressPrefixFormat"
    );
    assert_eq!(
        fixture.refused(&path, subnet("10.0.9.1/24")).1,
        "InvalidAddressPrefixFormat"
    );
    fixture.made(&path, subnet("10.0.9.0/29"));
}

#[test]
fn a_network_without_subnets_in_its_body_keeps_them_and_with_some_replaces_them() {
    let mut fixture = Fixture::new();
    let body = |subnets: Option<Value>| {
        let mut body = json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] } } });
        if let Some(subnets) = subnets {
            body["properties"]["subnets"] = subnets;
        }
        body
    };
    let kept = fixture.made(&ours("virtualNetworks/v"), body(None));
    assert_eq!(kept["properties"]["subnets"].as_array().unwrap().len(), 2);
    let replaced = fixture.made(
        &ours("virtualNetworks/v"),
        body(Some(
            json!([{ "name": "a", "properties": { "addressPrefix": "10.0.5.0/24" } }]),
        )),
    );
    assert_eq!(replaced["properties"]["subnets"][0]["name"], "a");
    assert_eq!(
        fixture.get(&ours("virtualNetworks/v/subnets/nodes")).status,
        404
    );
}

#[test]
fn a_subnet_and_its_network_cannot_be_deleted_while_addresses_are_in_use() {
    let mut fixture = Fixture::new().with_service();
    let reply = fixture.delete(&ours("virtualNetworks/v/subnets/nodes"));
    assert_eq!(
        refusal(&reply),
        (400, "InUseSubnetCannotBeDeleted".to_owned())
    );
    let message = reply.body.unwrap()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.starts_with("Subnet nodes is in use by /subscriptions/"),
        "{message}"
    );
    assert!(message.ends_with(" and cannot be deleted."), "{message}");
    let network = fixture.delete(&ours("virtualNetworks/v"));
    assert_eq!(refusal(&network).1, "InUseSubnetCannotBeDeleted");
    let dropped = fixture.refused(
        &ours("virtualNetworks/v"),
        json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "subnets": [] } }),
    );
    assert_eq!(dropped.1, "InUseSubnetCannotBeDeleted");
    let moved = fixture.refused(
        &ours("virtualNetworks/v/subnets/nodes"),
        subnet("10.0.7.0/24"),
    );
    assert_eq!(moved.1, "InUsePrefixCannotBeDeleted");
    // The consumer's endpoint blocks the deletion of the consumer's subnet as well.
    let mut fixture = Fixture::new().with_endpoint();
    let reply = fixture
        .consumer()
        .delete(&theirs("virtualNetworks/v/subnets/default"));
    assert_eq!(refusal(&reply).1, "InUseSubnetCannotBeDeleted");
}

#[test]
fn unused_subnets_and_networks_can_be_deleted() {
    let mut fixture = Fixture::new();
    assert_eq!(
        fixture
            .delete(&ours("virtualNetworks/v/subnets/nodes"))
            .status,
        200
    );
    assert_eq!(
        fixture.get(&ours("virtualNetworks/v/subnets/nodes")).status,
        404
    );
    assert_eq!(fixture.delete(&ours("virtualNetworks/v")).status, 200);
    assert_eq!(
        fixture.get(&ours("virtualNetworks/v/subnets/nat")).status,
        404
    );
    let reply = fixture.put(
        &ours("virtualNetworks/v/subnets/nat"),
        subnet("10.0.1.0/24"),
    );
    assert_eq!(refusal(&reply), (404, "ParentResourceNotFound".to_owned()));
}

#[test]
fn a_policy_cannot_be_enabled_again_under_a_service() {
    let mut fixture = Fixture::new().with_service();
    let path = ours("virtualNetworks/v/subnets/nat");
    let refused = fixture.refused(&path, subnet("10.0.1.0/24"));
    let code = "PrivateLinkServiceNetworkPoliciesCannotBeEnabledOnPrivateLinkServiceSubnet";
    assert_eq!(refused, (400, code.to_owned()));
}

#[test]
fn writes_of_one_network_are_serialised() {
    let mut fixture = Fixture::slow();
    assert_eq!(
        fixture
            .put(&ours("virtualNetworks/v/subnets/a"), subnet("10.0.3.0/24"))
            .status,
        201
    );
    let sibling = fixture.refused(&ours("virtualNetworks/v/subnets/b"), subnet("10.0.4.0/24"));
    assert_eq!(sibling, (409, "AnotherOperationInProgress".to_owned()));
    let network = refusal(&fixture.delete(&ours("virtualNetworks/v")));
    assert_eq!(network, (409, "AnotherOperationInProgress".to_owned()));
    fixture.pass(DELAY);
    assert_eq!(
        fixture
            .put(&ours("virtualNetworks/v/subnets/b"), subnet("10.0.4.0/24"))
            .status,
        201
    );
}

#[test]
fn a_subnet_shows_who_uses_it() {
    let mut fixture = Fixture::new().with_service();
    let nodes = fixture.seen(&ours("virtualNetworks/v/subnets/nodes"));
    let users: Vec<&str> = nodes["properties"]["ipConfigurations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        users,
        [
            ours("networkInterfaces/n1/ipConfigurations/ipc"),
            ours("loadBalancers/lb/frontendIPConfigurations/fe"),
        ]
    );
}

#[test]
fn nothing_moves_into_a_network_that_is_going() {
    let mut fixture = Fixture::slow();
    assert_eq!(fixture.delete(&ours("virtualNetworks/v")).status, 202);
    let refused = fixture.refused(&ours("networkInterfaces/n"), interface(&[]));
    assert_eq!(refused, (429, "RetryableError".to_owned()));
    fixture.pass(DELAY);
    let refused = fixture.refused(&ours("networkInterfaces/n"), interface(&[]));
    assert_eq!(refused, (400, "InvalidResourceReference".to_owned()));
}

#[test]
fn subnets_are_listed_in_the_order_they_were_made() {
    let mut fixture = Fixture::new();
    fixture.made(&ours("virtualNetworks/v/subnets/a"), subnet("10.0.9.0/24"));
    let nodes = fixture.seen(&ours("virtualNetworks/v/subnets/nodes"));
    fixture.made(&ours("virtualNetworks/v/subnets/nodes"), nodes);
    let network = fixture.seen(&ours("virtualNetworks/v"));
    let names: Vec<&str> = network["properties"]["subnets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["nodes", "nat", "a"]);
}

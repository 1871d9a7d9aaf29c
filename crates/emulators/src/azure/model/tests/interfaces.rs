use serde_json::{Value, json};

use super::fixture::*;

fn address(nic: &Value) -> &str {
    nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
        .as_str()
        .unwrap()
}

fn fixed(address: &str) -> Value {
    let mut body = interface(&[]);
    let properties = &mut body["properties"]["ipConfigurations"][0]["properties"];
    properties["privateIPAllocationMethod"] = json!("Static");
    properties["privateIPAddress"] = json!(address);
    body
}

#[test]
fn read_only_lists_of_a_body_are_not_kept() {
    let mut fixture = Fixture::new();
    let mut body = interface(&[]);
    for member in ["tapConfigurations", "hostedWorkloads"] {
        body["properties"][member] = json!("no list");
    }
    let reply = fixture.put(&ours("networkInterfaces/n1"), body);
    let shown = reply.body.unwrap();
    for member in ["tapConfigurations", "hostedWorkloads"] {
        assert_eq!(shown["properties"][member], json!([]), "{member}");
    }
}

#[test]
fn an_interface_is_written_without_an_operation() {
    let mut fixture = Fixture::slow();
    let reply = fixture.put(&ours("networkInterfaces/n1"), interface(&[]));
    assert_eq!(reply.status, 201);
    assert_eq!(header(&reply, "azure-asyncoperation"), None);
    let body = reply.body.unwrap();
    assert_eq!(body["properties"]["provisioningState"], "Succeeded");
    assert_eq!(body["properties"]["nicType"], "Standard");
    assert_eq!(body["kind"], "Regular");
    let configuration = &body["properties"]["ipConfigurations"][0];
    assert_eq!(
        configuration["type"],
        "Microsoft.Network/networkInterfaces/ipConfigurations"
    );
    assert_eq!(configuration["properties"]["primary"], true);
    assert_eq!(
        configuration["properties"]["privateIPAllocationMethod"],
        "Dynamic"
    );
    assert_eq!(configuration["etag"], body["etag"]);
    assert_eq!(fixture.delete(&ours("networkInterfaces/n1")).status, 200);
    assert_eq!(fixture.delete(&ours("networkInterfaces/n1")).status, 204);
}

#[test]
fn addresses_are_given_out_from_the_fourth_and_used_again() {
    let mut fixture = Fixture::new();
    let first = fixture.made(&ours("networkInterfaces/a"), interface(&[]));
    let second = fixture.made(&ours("networkInterfaces/b"), interface(&[]));
    assert_eq!(
        (address(&first), address(&second)),
        ("10.0.0.4", "10.0.0.5")
    );
    // An update keeps the address, even if a lower one has become free.
    fixture.delete(&ours("networkInterfaces/a"));
    let kept = fixture.made(&ours("networkInterfaces/b"), interface(&[]));
    assert_eq!(address(&kept), "10.0.0.5");
    let again = fixture.made(&ours("networkInterfaces/c"), interface(&[]));
    assert_eq!(address(&again), "10.0.0.4");
}

#[test]
fn a_static_address_must_be_free_and_inside() {
    let mut fixture = Fixture::new();
    fixture.made(&ours("networkInterfaces/a"), fixed("10.0.0.9"));
    let path = ours("networkInterfaces/b");
    assert_eq!(
        fixture.refused(&path, fixed("10.0.0.9")).1,
        "PrivateIPAddressInUse"
    );
    assert_eq!(
        fixture.refused(&path, fixed("10.9.0.9")).1,
        "PrivateIPAddressNotInSubnet"
    );
    assert_eq!(
        fixture.refused(&path, fixed("10.0.0.3")).1,
        "PrivateIPAddressInReservedRange"
    );
    assert_eq!(
        fixture.refused(&path, fixed("10.0.0.255")).1,
        "PrivateIPAddressInReservedRange"
    );
    assert_eq!(
        fixture.refused(&path, fixed("nine")).1,
        "InvalidPrivateIPAddress"
    );
    fixture.made(&ours("networkInterfaces/a"), fixed("10.0.0.9"));
}

#[test]
fn a_full_subnet_is_said_to_be_full() {
    let mut fixture = Fixture::new();
    fixture.made(
        &ours("virtualNetworks/v/subnets/nodes"),
        json!({ "properties": { "addressPrefix": "10.0.0.0/29" } }),
    );
    for name in ["a", "b", "c"] {
        fixture.made(&ours(&format!("networkInterfaces/{name}")), interface(&[]));
    }
    assert_eq!(
        fixture
            .refused(&ours("networkInterfaces/d"), interface(&[]))
            .1,
        "SubnetIsFull"
    );
}

#[test]
fn joining_a_pool_shows_in_the_balancer_and_changes_its_tag() {
    let mut fixture = Fixture::new();
    let before = fixture.made(&ours("loadBalancers/lb"), balancer(&[5432]));
    fixture.made(&ours("networkInterfaces/n1"), interface(&["lb"]));
    let joined = fixture.seen(&ours("loadBalancers/lb"));
    assert_ne!(before["etag"], joined["etag"]);
    let pool = &joined["properties"]["backendAddressPools"][0]["properties"];
    assert_eq!(
        pool["backendIPConfigurations"],
        json!([{ "id": ours("networkInterfaces/n1/ipConfigurations/ipc") }])
    );
    fixture.made(&ours("networkInterfaces/n1"), interface(&[]));
    let left = fixture.seen(&ours("loadBalancers/lb"));
    assert_ne!(joined["etag"], left["etag"]);
    let pool = &left["properties"]["backendAddressPools"][0]["properties"];
    assert_eq!(pool["backendIPConfigurations"], Value::Null);
    fixture.made(&ours("networkInterfaces/n1"), interface(&["lb"]));
    let joined = fixture.seen(&ours("loadBalancers/lb"));
    fixture.delete(&ours("networkInterfaces/n1"));
    assert_ne!(
        joined["etag"],
        fixture.seen(&ours("loadBalancers/lb"))["etag"]
    );
}

#[test]
fn a_pool_must_be_there_and_its_balancer_at_rest() {
    let mut fixture = Fixture::slow();
    let path = ours("networkInterfaces/n1");
    assert_eq!(
        fixture.refused(&path, interface(&["lb"])).1,
        "InvalidResourceReference"
    );
    fixture.put(&ours("loadBalancers/lb"), balancer(&[5432]));
    fixture.put(&ours("networkInterfaces/n0"), interface(&["lb"]));
    fixture.put(&ours("loadBalancers/lb"), balancer(&[5433]));
    let reply = fixture.put(&path, interface(&["lb"]));
    assert_eq!(refusal(&reply), (429, "RetryableError".to_owned()));
    let detail = reply.body.unwrap()["error"]["details"][0].clone();
    assert_eq!(detail["code"], "ReferencedResourceNotProvisioned");
    let message = detail["message"].as_str().unwrap();
    assert!(message.contains("is in Updating state"), "{message}");
    assert!(
        message.ends_with("is PutLoadBalancerOperation."),
        "{message}"
    );
    fixture.pass(DELAY);
    assert_eq!(fixture.put(&path, interface(&["lb"])).status, 201);
}

#[test]
fn an_interface_must_be_in_its_balancers_network() {
    let mut fixture = Fixture::new();
    fixture.made(&ours("loadBalancers/lb"), balancer(&[]));
    fixture.made(
        &ours("virtualNetworks/w"),
        json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["10.7.0.0/16"] },
            "subnets": [{ "name": "x", "properties": { "addressPrefix": "10.7.0.0/24" } }] } }),
    );
    let mut body = interface(&["lb"]);
    body["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"] =
        json!(ours("virtualNetworks/w/subnets/x"));
    let refused = fixture.refused(&ours("networkInterfaces/n1"), body);
    assert_eq!(
        refused.1,
        "NetworkInterfaceAndInternalLoadBalancerMustUseSameVnet"
    );
}

#[test]
fn an_interface_has_one_internal_balancer() {
    let mut fixture = Fixture::new();
    for name in ["lb", "other"] {
        fixture.made(&ours(&format!("loadBalancers/{name}")), balancer(&[]));
    }
    let path = ours("networkInterfaces/n1");
    let refused = fixture.refused(&path, interface(&["lb", "other"]));
    assert_eq!(refused.1, "AnotherInternalLoadBalancerExists");
    fixture.made(&path, interface(&["lb"]));
    let refused = fixture.refused(&path, interface(&["lb", "other"]));
    assert_eq!(refused.1, "AnotherInternalLoadBalancerExists");
    fixture.made(&path, interface(&["other"]));
}

#[test]
fn clients_cannot_change_the_interface_of_an_endpoint() {
    let mut fixture = Fixture::new().with_endpoint();
    let endpoint = fixture.seen_by_consumer(&theirs("privateEndpoints/e"));
    let id = endpoint["properties"]["networkInterfaces"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let nic = fixture.seen_by_consumer(&id);
    assert_eq!(
        nic["properties"]["privateEndpoint"]["id"],
        theirs("privateEndpoints/e")
    );
    assert_eq!(address(&nic), "127.64.0.4");
    assert_eq!(
        refusal(&fixture.consumer().delete(&id)).1,
        "NicInUseWithPrivateEndpoint"
    );
    assert_eq!(
        refusal(&fixture.consumer().put(&id, nic)).1,
        "NicInUseWithPrivateEndpoint"
    );
}

#[test]
fn an_interface_read_and_put_back_keeps_what_it_does_not_use() {
    let mut fixture = Fixture::new();
    let mut body = interface(&[]);
    body["properties"]["workloadType"] = json!("a workload");
    body["tags"] = json!({ "NAME": "kept as spelled" });
    let nic = fixture.made(&ours("networkInterfaces/n1"), body);
    let again = fixture.made(&ours("networkInterfaces/n1"), nic.clone());
    assert_eq!(
        nic["properties"]["workloadType"],
        again["properties"]["workloadType"]
    );
    assert_eq!(
        nic["properties"]["ipConfigurations"][0]["properties"],
        again["properties"]["ipConfigurations"][0]["properties"]
    );
    assert_eq!(again["tags"], json!({ "NAME": "kept as spelled" }));
}

use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

const NEG: &str = "networkEndpointGroups/neg";

fn action(name: &str) -> String {
    zonal(&format!("{NEG}/{name}"))
}

fn endpoints(entries: &Value) -> Value {
    json!({ "networkEndpoints": entries })
}

/// Names of the members of a group.
fn members(fixture: &mut Fixture, path: &str, pointer: &str) -> Vec<String> {
    let list = fixture.post(path, json!({})).body.unwrap();
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let names = items.iter().map(|it| {
        let link = it.pointer(pointer).unwrap().as_str().unwrap();
        link.rsplit('/').next().unwrap().to_owned()
    });
    names.collect()
}

fn endpoint_group_members(fixture: &mut Fixture) -> Vec<String> {
    members(
        fixture,
        &action("listNetworkEndpoints"),
        "/networkEndpoint/instance",
    )
}

#[test]
fn an_endpoint_group_has_instances_of_one_subnetwork() {
    let mut fixture = Fixture::new().with_load_balancer();
    let shown = fixture.shown(&zonal(NEG));
    assert_eq!(shown["networkEndpointType"], "GCE_VM_IP");
    assert_eq!(shown["size"], 1);
    let zone = link(&format!("projects/{PROVIDER}/zones/{ZONE}"));
    assert_eq!(shown["zone"], zone);
    for (member, value) in [
        ("networkEndpointType", json!(null)),
        ("networkEndpointType", json!("GCE_VM_IP_PORT")),
        ("subnetwork", json!(regional("subnetworks/nat"))),
    ] {
        let mut body = shown.clone();
        body["name"] = json!("other");
        body[member] = value;
        let refused = fixture.refused(&zonal("networkEndpointGroups"), body);
        assert_eq!(refused, invalid(), "{member}");
    }
    for member in ["network", "subnetwork"] {
        let mut body = shown.clone();
        body["name"] = json!("other");
        body[member] = json!(null);
        let refused = fixture.refused(&zonal("networkEndpointGroups"), body);
        assert_eq!(refused, (400, "required".to_owned()), "{member}");
    }
}

#[test]
fn instances_are_attached_to_an_endpoint_group_and_detached() {
    let mut fixture = Fixture::new().with_load_balancer();
    fixture.created(&zonal("instances"), instance("n2"));
    let path = zonal("instances/n2");
    let body = endpoints(&json!([{ "instance": link(&path), "ipAddress": "10.0.0.4" }]));
    fixture.performed(&action("attachNetworkEndpoints"), body.clone());
    // An attached instance stays attached.
    fixture.performed(&action("attachNetworkEndpoints"), body.clone());
    assert_eq!(endpoint_group_members(&mut fixture), ["n1", "n2"]);
    let list = fixture.post(&action("listNetworkEndpoints"), json!({}));
    let list = list.body.unwrap();
    assert!(list.get("selfLink").is_none(), "{list:#}");
    let found = list["items"][1]["networkEndpoint"].clone();
    let expected = json!({ "instance": link(&path), "ipAddress": "10.0.0.4" });
    assert_eq!(found, expected);
    let shown = |body| fixture.post(&action("listNetworkEndpoints"), body).status;
    let bodies = [
        json!({ "healthStatus": "SHOW" }),
        json!({ "healthStatus": "?" }),
        json!({ "health": "SHOW" }),
    ];
    assert_eq!(bodies.map(shown), [200, 400, 400]);
    fixture.performed(&action("detachNetworkEndpoints"), body.clone());
    assert_eq!(endpoint_group_members(&mut fixture), ["n1"]);
    let again = fixture.post(&action("detachNetworkEndpoints"), body);
    assert_eq!(refusal(&again), invalid());
}

#[test]
fn an_instance_is_named_in_any_spelling() {
    let mut fixture = Fixture::new().with_load_balancer();
    let path = zonal("instances/n1");
    for spelling in [
        link(&path),
        path.clone(),
        format!("zones/{ZONE}/instances/n1"),
        path.replace(PROVIDER, &PROVIDER_NUMBER.to_string()),
        "n1".to_owned(),
    ] {
        let body = endpoints(&json!([{ "instance": spelling }]));
        fixture.performed(&action("detachNetworkEndpoints"), body.clone());
        assert_eq!(
            endpoint_group_members(&mut fixture),
            [] as [&str; 0],
            "{spelling}"
        );
        fixture.performed(&action("attachNetworkEndpoints"), body);
        assert_eq!(endpoint_group_members(&mut fixture), ["n1"], "{spelling}");
    }
}

#[test]
fn only_an_instance_of_zone_and_subnetwork_with_its_own_address_is_attached() {
    let mut fixture = Fixture::new().with_load_balancer();
    let other = subnet("other", "10.9.0.0/24", "PRIVATE");
    fixture.created(&regional("subnetworks"), other);
    let elsewhere = format!("regions/{REGION}/subnetworks/other");
    let body = json!({ "name": "n2", "networkInterfaces": [{ "subnetwork": elsewhere }] });
    fixture.created(&zonal("instances"), body);
    for (entries, status) in [
        (json!([{ "instance": "n2" }]), 400),
        (json!([{ "instance": "n1", "ipAddress": "10.0.0.9" }]), 400),
        (
            json!([{ "instance": "zones/europe-west1-c/instances/n1" }]),
            400,
        ),
        (json!([{ "instance": "none" }]), 404),
        (json!([{ "ipAddress": "10.0.0.2" }]), 400),
        (json!([]), 400),
        (json!({}), 400),
        (json!(vec![json!({ "instance": "n1" }); 501]), 400),
    ] {
        let reply = fixture.post(&action("attachNetworkEndpoints"), endpoints(&entries));
        assert_eq!(refusal(&reply).0, status, "{entries}");
    }
    let reply = fixture.post(&action("attachNetworkEndpoints"), json!({}));
    assert_eq!(refusal(&reply), (400, "required".to_owned()));
    assert_eq!(endpoint_group_members(&mut fixture), ["n1"]);
}

#[test]
fn members_change_one_request_at_a_time_when_the_operation_completes() {
    let mut fixture = Fixture::slow().with_load_balancer();
    fixture.created(&zonal("instances"), instance("n2"));
    let body = endpoints(&json!([{ "instance": "n2" }]));
    operation(&fixture.post(&action("attachNetworkEndpoints"), body.clone()));
    let second = fixture.post(&action("attachNetworkEndpoints"), body);
    assert_eq!(refusal(&second), (400, "resourceNotReady".to_owned()));
    assert_eq!(endpoint_group_members(&mut fixture), ["n1"]);
    fixture.advance(DELAY);
    assert_eq!(endpoint_group_members(&mut fixture), ["n1", "n2"]);
}

#[test]
fn instances_are_added_to_an_instance_group_once_and_removed() {
    let mut fixture = Fixture::new().with_load_balancer();
    let group = json!({ "name": "ig", "network": "global/networks/net" });
    let created = fixture.created(&zonal("instanceGroups"), group);
    assert_eq!(created["size"], 0);
    let action = |name: &str| zonal(&format!("instanceGroups/ig/{name}"));
    let body = json!({ "instances": [{ "instance": link(&zonal("instances/n1")) }] });
    fixture.performed(&action("addInstances"), body.clone());
    let again = fixture.post(&action("addInstances"), body.clone());
    assert_eq!(refusal(&again), (400, "memberAlreadyExists".to_owned()));
    assert_eq!(
        members(&mut fixture, &action("listInstances"), "/instance"),
        ["n1"]
    );
    assert_eq!(fixture.shown(&zonal("instanceGroups/ig"))["size"], 1);
    fixture.performed(&action("removeInstances"), body.clone());
    let again = fixture.post(&action("removeInstances"), body);
    assert_eq!(refusal(&again), (400, "memberNotFound".to_owned()));
    let none: Vec<String> = Vec::new();
    assert_eq!(
        members(&mut fixture, &action("listInstances"), "/instance"),
        none
    );
}

#[test]
fn a_deleted_instance_leaves_its_groups_also_pending_ones() {
    let mut fixture = Fixture::slow().with_load_balancer();
    fixture.created(&zonal("instances"), instance("n2"));
    let body = endpoints(&json!([{ "instance": "n2" }]));
    operation(&fixture.delete(&zonal("instances/n1")));
    fixture.advance(DELAY / 2);
    operation(&fixture.post(&action("attachNetworkEndpoints"), body));
    operation(&fixture.delete(&zonal("instances/n2")));
    // An instance that is deleted cannot be attached.
    let late = fixture.post(
        &action("attachNetworkEndpoints"),
        endpoints(&json!([{ "instance": "n1" }])),
    );
    assert_eq!(refusal(&late), (400, "resourceNotReady".to_owned()));
    fixture.advance(DELAY / 2);
    assert_eq!(endpoint_group_members(&mut fixture), [] as [&str; 0]);
    fixture.complete_operations();
    assert_eq!(endpoint_group_members(&mut fixture), [] as [&str; 0]);
    assert_eq!(fixture.google.host_mappings(), []);
}

#[test]
fn an_instance_has_an_address_in_a_private_subnetwork_of_its_region() {
    let mut fixture = Fixture::new();
    let created = fixture.created(&zonal("instances"), instance("n1"));
    let interface = &created["networkInterfaces"][0];
    assert_eq!(interface["networkIP"], "10.0.0.2");
    assert_eq!(interface["name"], "nic0");
    assert_eq!(interface["network"], link(&global("networks/net")));
    assert_eq!(created["status"], "RUNNING");
    let by_network = json!({
        "name": "n2",
        "networkInterfaces": [{ "network": "global/networks/net", "networkIP": "10.0.0.9" }],
    });
    let created = fixture.created(&zonal("instances"), by_network.clone());
    assert_eq!(created["networkInterfaces"][0]["networkIP"], "10.0.0.9");
    let mut taken = by_network;
    taken["name"] = json!("n3");
    let code = fixture.failed(&zonal("instances"), taken);
    assert_eq!(code, "IP_IN_USE_BY_ANOTHER_RESOURCE");
    for (interfaces, status) in [
        (json!(null), 400),
        (json!([]), 400),
        (json!([{ "subnetwork": regional("subnetworks/nat") }]), 400),
        (json!([{ "subnetwork": regional("subnetworks/none") }]), 404),
        (json!([{}]), 404),
        (
            json!([{ "subnetwork": regional("subnetworks/nodes"), "networkIP": "x" }]),
            400,
        ),
    ] {
        let body = json!({ "name": "n4", "networkInterfaces": interfaces });
        let refused = fixture.refused(&zonal("instances"), body);
        assert_eq!(refused.0, status, "{interfaces}");
    }
    let far = format!("projects/{PROVIDER}/zones/us-east1-b/instances");
    let body = json!({
        "name": "far", "networkInterfaces": [{ "subnetwork": regional("subnetworks/nodes") }],
    });
    assert_eq!(fixture.refused(&far, body), invalid());
}

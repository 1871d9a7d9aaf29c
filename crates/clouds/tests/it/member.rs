use std::collections::BTreeMap;

use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::{AzurePart, OperationKind, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use crate::script::json as reply;
use crate::world::{
    BALANCER, NETWORK, NIC, absent, adopted, found, now, outcome, perform, put, ready, shown,
    signed_in, target,
};

const INTERFACE: &str = "/networkInterfaces/n1";

fn pool() -> Value {
    json!({"id": format!("{NETWORK}{BALANCER}/backendAddressPools/be")})
}

/// The node subnet, in another case than ours.
fn subnet() -> String {
    format!("{NETWORK}/virtualNetworks/underpass/subnets/nodes").to_uppercase()
}

/// The pool of another load balancer of the same group.
fn pool_of(balancer: &str) -> Value {
    json!({"id": format!("{NETWORK}/loadBalancers/{balancer}/backendAddressPools/x")})
}

/// Another load balancer with this frontend.
fn other_balancer(frontend: &Value) -> Value {
    let properties = json!({"frontendIPConfigurations": [{"name": "f", "properties": frontend}]});
    shown(
        json!({"properties": properties}),
        "/loadBalancers/other",
        "1",
        "Succeeded",
    )
}

/// A foreign interface with two IP configurations in these pools.
fn interface(first: &[Value], second: &[Value]) -> Value {
    let document = json!({
        "location": "westeurope",
        "tags": {"owner": "dba"},
        "properties": {
            "enableAcceleratedNetworking": true,
            "networkSecurityGroup": {"id": "/nsg"},
            "ipConfigurations": [
                {"name": "extra", "properties": {
                    "primary": false,
                    "privateIPAddress": "10.1.0.6",
                    "subnet": {"id": subnet()},
                    "loadBalancerBackendAddressPools": second,
                }},
                {"name": "main", "properties": {
                    "primary": true,
                    "privateIPAddress": "10.1.0.5",
                    "subnet": {"id": subnet()},
                    "publicIPAddress": {"id": "/pip"},
                    "loadBalancerBackendAddressPools": first,
                }},
            ],
        },
    });
    shown(document, INTERFACE, "9", "Succeeded")
}

fn part() -> Part {
    Part::Azure(AzurePart::Member(NIC.to_owned()))
}

fn join() -> Step {
    put(part(), Spec::Present, None)
}

fn get() -> String {
    format!("GET {INTERFACE}")
}

fn write() -> String {
    format!("PUT {INTERFACE}")
}

fn choosing(configuration: &str) -> CloudTarget {
    let members = BTreeMap::from([(NIC.to_owned(), Some(configuration.to_owned()))]);
    CloudTarget {
        members,
        ..target()
    }
}

#[test]
fn a_node_joins_by_its_primary_ip_configuration_and_keeps_all_else() {
    let other = pool_of("other");
    let script = signed_in();
    let public = other_balancer(&json!({"publicIPAddress": {"id": "/pip"}}));
    let after = interface(&[other.clone(), pool()], &[]);
    script
        .on(
            &get(),
            reply(200, &interface(std::slice::from_ref(&other), &[])),
        )
        .on("GET /loadBalancers/other", reply(200, &public))
        .on(&write(), reply(200, &after));
    ready(outcome(&script, &join()));
    let write = &script.writes()[0];
    assert_eq!(write.json(), after);
    assert_eq!(write.header("if-match"), Some("W/\"9\""));
}

#[test]
fn an_interface_in_another_internal_balancer_is_refused_without_a_write() {
    let internal = other_balancer(&json!({"subnet": {"id": subnet()}}));
    let script = signed_in();
    script
        .on(&get(), reply(200, &interface(&[], &[pool_of("other")])))
        .on("GET /loadBalancers/other", reply(200, &internal));
    let error = perform(&script, &target(), &join()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(
        error
            .remedy
            .as_ref()
            .unwrap()
            .contains("no other internal load balancer")
    );
    insta::assert_snapshot!(error, @"update network interface `n1`: it is in a pool of another internal load balancer. Azure accepts one internal load balancer for each network interface (AnotherInternalLoadBalancerExists)");
    assert!(script.writes().is_empty());
}

#[test]
fn a_read_tells_that_a_member_joined_another_internal_balancer() {
    let internal = other_balancer(&json!({"subnet": {"id": subnet()}}));
    for (answer, expected) in [(reply(200, &internal), true), (absent(), false)] {
        let script = signed_in();
        script
            .on(
                &get(),
                reply(200, &interface(&[pool(), pool_of("other")], &[])),
            )
            .on("GET /loadBalancers/other", answer);
        let found = ready(outcome(&script, &Step::Read(part())));
        assert_eq!(found.facts.is_shared, expected);
    }
}

#[test]
fn an_interface_that_is_shared_already_stays() {
    let script = signed_in();
    let (mut before, mut after) = (
        interface(&[pool_of("other"), pool()], &[]),
        interface(&[pool_of("other"), pool()], &[]),
    );
    let pools = "/properties/ipConfigurations/1/properties/loadBalancerBackendAddressPools";
    let node =
        |name: &str| json!({"id": format!("{NETWORK}{BALANCER}/backendAddressPools/node-{name}")});
    before
        .pointer_mut(pools)
        .unwrap()
        .as_array_mut()
        .unwrap()
        .push(node("n2"));
    after
        .pointer_mut(pools)
        .unwrap()
        .as_array_mut()
        .unwrap()
        .push(node("n1"));
    script
        .on(&get(), reply(200, &before))
        .on(&write(), reply(200, &after));
    let nodes = std::collections::BTreeSet::from(["n1".parse().unwrap()]);
    let spec = Spec::Azure(underpass_model::part::AzureSpec::Member { pools: nodes });
    ready(outcome(&script, &put(part(), spec, None)));
    assert_eq!(script.writes()[0].json(), after);
}

#[test]
fn an_interface_outside_the_node_subnet_is_refused_without_a_write() {
    let elsewhere = format!("{NETWORK}/virtualNetworks/underpass/subnets/nat");
    for (subnet, place) in [(json!(elsewhere), adopted()), (Value::Null, target())] {
        let mut document = interface(&[], &[]);
        document["properties"]["ipConfigurations"][1]["properties"]["subnet"]["id"] = subnet;
        let script = signed_in();
        script.on(&get(), reply(200, &document));
        let error = perform(&script, &place, &join()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert_eq!(error.code, "InterfaceOutsideNodeSubnet");
        assert!(script.writes().is_empty());
    }
    let script = signed_in();
    script.on(&get(), reply(200, &interface(&[], &[])));
    let error = perform(&script, &adopted(), &join()).unwrap_err();
    insta::assert_snapshot!(error, @"update network interface `n1`: it is not in `/subscriptions/sub-1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp/subnets/db`, the node subnet of the project VPC (InterfaceOutsideNodeSubnet)");
}

#[test]
fn a_balancer_that_is_not_found_proves_nothing() {
    let script = signed_in();
    script
        .on(&get(), reply(200, &interface(&[pool_of("other")], &[])))
        .on("GET /loadBalancers/other", absent());
    let error = perform(&script, &target(), &join()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(script.writes().is_empty());
}

#[test]
fn a_member_is_not_written_again() {
    let script = signed_in();
    let mut shouting = interface(&[pool()], &[]);
    let id = shouting
        .pointer_mut(
            "/properties/ipConfigurations/1/properties/loadBalancerBackendAddressPools/0/id",
        )
        .unwrap();
    *id = json!(id.as_str().unwrap().to_uppercase());
    script.on(&get(), reply(200, &shouting));
    found(outcome(&script, &join()));
}

#[test]
fn a_membership_in_the_wrong_ip_configuration_is_moved() {
    let target = choosing("extra");
    let script = signed_in();
    script.on(&get(), reply(200, &interface(&[pool()], &[])));
    let read = perform(&script, &target, &Step::Read(part()))
        .unwrap()
        .outcome;
    assert!(matches!(read, Outcome::Failed(_)));

    let script = signed_in();
    let after = interface(&[], &[pool()]);
    script
        .on(&get(), reply(200, &interface(&[pool()], &[])))
        .on(&write(), reply(200, &after));
    ready(perform(&script, &target, &join()).unwrap().outcome);
    assert_eq!(script.writes()[0].json(), after);
}

#[test]
fn an_unknown_ip_configuration_is_named_together_with_those_that_exist() {
    let script = signed_in();
    script.on(&get(), reply(200, &interface(&[], &[])));
    let error = perform(&script, &choosing("eth9"), &join()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Missing);
    insta::assert_snapshot!(error, @"update network interface `n1`: network interface `n1` has no `eth9` IP configuration; it has extra, main (NoIpConfiguration)");
}

#[test]
fn a_node_leaves_from_every_ip_configuration() {
    let target = CloudTarget {
        members: BTreeMap::new(),
        ..target()
    };
    let script = signed_in();
    let after = interface(&[], &[]);
    script
        .on(&get(), reply(200, &interface(&[pool()], &[pool()])))
        .on(&write(), reply(200, &after));
    let left = perform(&script, &target, &Step::Delete(part()))
        .unwrap()
        .outcome;
    assert_eq!(left, Outcome::Gone);
    assert_eq!(script.writes()[0].json(), after);
}

#[test]
fn leaving_may_take_long() {
    let script = signed_in();
    let mut after = interface(&[], &[]);
    after["properties"]["provisioningState"] = json!("Updating");
    let operation = "https://management.test/operations/1?s=2";
    script
        .on(&get(), reply(200, &interface(&[pool()], &[])))
        .on(
            &write(),
            reply(200, &after).with("azure-asyncoperation", operation),
        );
    let leaving = Outcome::Making {
        operation: Some(operation.to_owned()),
        check_after: now() + jiff::SignedDuration::from_secs(5),
        kind: OperationKind::Delete,
    };
    assert_eq!(outcome(&script, &Step::Delete(part())), leaving);
}

#[test]
fn a_missing_interface_has_no_membership_and_cannot_get_one() {
    let script = signed_in();
    script.on(&get(), absent());
    assert_eq!(
        outcome(&script, &Step::Delete(part())),
        Outcome::Absent(Evidence::Alone)
    );
    let script = signed_in();
    script
        .on(&get(), absent())
        .on("GET /networkInterfaces", reply(200, &json!({"value": []})));
    assert_eq!(
        outcome(&script, &Step::Read(part())),
        Outcome::Absent(Evidence::ParentLacks)
    );
    let script = signed_in();
    script.on(&get(), absent());
    let error = perform(&script, &target(), &join()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Missing);
    assert!(error.remedy.unwrap().contains("node"));
}

#[test]
fn a_handle_that_is_no_interface_is_refused_without_a_call() {
    for handle in ["n1", "/subscriptions/s/../../secrets", "//elsewhere.test/x"] {
        let script = crate::script::Script::new();
        let step = put(
            Part::Azure(AzurePart::Member(handle.to_owned())),
            Spec::Present,
            None,
        );
        let error = perform(&script, &target(), &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(script.asked().is_empty());
    }
}

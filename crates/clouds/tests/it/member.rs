use std::collections::BTreeMap;

use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::{AzurePart, OperationKind, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use crate::script::json as reply;
use crate::world::{
    BALANCER, NETWORK, NIC, absent, now, outcome, perform, put, ready, shown, signed_in, target,
};

const INTERFACE: &str = "/networkInterfaces/n1";

fn pool() -> Value {
    json!({"id": format!("{NETWORK}{BALANCER}/backendAddressPools/be")})
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
                    "loadBalancerBackendAddressPools": second,
                }},
                {"name": "main", "properties": {
                    "primary": true,
                    "privateIPAddress": "10.1.0.5",
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
    let other = json!({"id": "/another/pool"});
    let script = signed_in();
    let after = interface(&[other.clone(), pool()], &[]);
    script
        .on(
            &get(),
            reply(200, &interface(std::slice::from_ref(&other), &[])),
        )
        .on(&write(), reply(200, &after));
    ready(outcome(&script, &join()));
    let write = &script.writes()[0];
    assert_eq!(write.json(), after);
    assert_eq!(write.header("if-match"), Some("W/\"9\""));
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
    ready(outcome(&script, &join()));
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

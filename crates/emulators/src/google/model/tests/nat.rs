use serde_json::{Value, json};

use super::world::*;
use crate::cloud_model::CloudModel as _;

fn rules() -> String {
    theirs(CONSUMER, "forwardingRules")
}

/// An attachment that accepts everybody and gives each endpoint so many addresses of its twelve.
fn with_each(count: u32) -> World {
    let mut world = World::new().with_entry();
    world.made(&global("firewalls"), allow("allow", &["5432"]));
    let mut body = attachment("sa");
    body["connectionPreference"] = json!("ACCEPT_AUTOMATIC");
    body["natIpsPerEndpoint"] = json!(count);
    world.made(&ours("serviceAttachments"), body);
    world
}

/// With a second range of twelve addresses in use.
fn grow(world: &mut World) {
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    world.made(&ours("subnetworks"), second);
    let both = json!([ours("subnetworks/nat"), ours("subnetworks/nat2")]);
    world.patched(&ours(SA), json!({ "natSubnets": both }));
}

/// The addresses that each endpoint is translated to, as the provider sees them.
fn translated(world: &mut World) -> Vec<Value> {
    let attachment = world.seen(&format!("{}?showNatIps=true", ours(SA)));
    let entries = attachment["connectedEndpoints"].as_array().unwrap();
    entries.iter().map(|it| it["natIps"].clone()).collect()
}

#[test]
fn a_range_of_sixteen_serves_twelve_endpoints() {
    let mut world = with_each(1);
    for index in 0..13 {
        world.made(&rules(), endpoint(&format!("e{index}")));
    }
    let statuses: Vec<Value> = world
        .connected()
        .iter()
        .map(|it| it["status"].clone())
        .collect();
    let accepted = statuses.iter().filter(|it| *it == "ACCEPTED").count();
    assert_eq!((accepted, statuses.len()), (12, 13));
    assert!(statuses.contains(&json!("NEEDS_ATTENTION")));
    assert_eq!(world.google.bindings().len(), 12);
}

#[test]
fn addresses_show_on_request_alone() {
    let mut world = with_each(2);
    world.made(&rules(), endpoint("e"));
    assert_eq!(world.connected()[0].get("natIps"), None);
    assert_eq!(
        translated(&mut world),
        [json!(["172.24.0.2", "172.24.0.3"])]
    );
    let other = world.seen(&format!("{}?showNatIps=false", ours(SA)));
    assert_eq!(other["connectedEndpoints"][0].get("natIps"), None);
}

#[test]
fn who_got_no_address_is_served_once_a_range_is_added() {
    let mut world = with_each(12);
    world.made(&rules(), endpoint("e"));
    world.pass(DELAY);
    world.made(&rules(), endpoint("f"));
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(world.status(CONSUMER, "f"), "NEEDS_ATTENTION");
    assert_eq!(world.connected()[1]["status"], "NEEDS_ATTENTION");
    assert_eq!(translated(&mut world)[1], Value::Null);
    assert_eq!(world.google.bindings().len(), 1);
    let before = translated(&mut world)[0].clone();
    grow(&mut world);
    assert_eq!(world.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(translated(&mut world)[0], before);
    assert_eq!(translated(&mut world)[1][0], "172.24.1.2");
}

#[test]
fn who_got_no_address_is_served_once_somebody_leaves() {
    let mut world = with_each(12);
    world.made(&rules(), endpoint("e"));
    world.pass(DELAY);
    world.made(&rules(), endpoint("f"));
    world.gone(&theirs(CONSUMER, "forwardingRules/e"));
    assert_eq!(world.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(world.google.bindings().len(), 1);
    assert_eq!(
        world.google.bindings()[0].listen.to_string(),
        "127.64.0.3:5432"
    );
}

#[test]
fn who_got_no_address_can_be_turned_away() {
    let mut world = with_each(12);
    world.made(&rules(), endpoint("e"));
    world.pass(DELAY);
    world.made(&rules(), endpoint("f"));
    let number = world.numbered(CONSUMER, "f");
    let manual = json!({
        "connectionPreference": "ACCEPT_MANUAL", "consumerRejectLists": [number],
    });
    world.patched(&ours(SA), manual);
    assert_eq!(world.status(CONSUMER, "f"), "REJECTED");
    assert_eq!(world.status(CONSUMER, "e"), "PENDING");
    assert_eq!(translated(&mut world), [Value::Null, Value::Null]);
}

#[test]
fn a_range_that_is_taken_away_is_replaced_by_another() {
    let mut world = with_each(1);
    world.made(&rules(), endpoint("e"));
    grow(&mut world);
    assert_eq!(translated(&mut world), [json!(["172.24.0.2"])]);
    let second = json!([ours("subnetworks/nat2")]);
    world.patched(&ours(SA), json!({ "natSubnets": second }));
    assert_eq!(translated(&mut world), [json!(["172.24.1.2"])]);
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
    world.gone(&ours("subnetworks/nat"));
}

#[test]
fn each_range_has_to_be_let_through_by_itself() {
    let mut world = with_each(12);
    world.made(&rules(), endpoint("e"));
    world.pass(DELAY);
    world.made(&rules(), endpoint("f"));
    grow(&mut world);
    let listens = |world: &World| -> Vec<String> {
        let bindings = world.google.bindings();
        bindings.iter().map(|it| it.listen.to_string()).collect()
    };
    assert_eq!(listens(&world), ["127.64.0.2:5432"]);
    let ranges = json!({ "sourceRanges": ["172.24.0.0/28", "172.24.1.0/28"] });
    world.patched(&global("firewalls/allow"), ranges);
    assert_eq!(listens(&world), ["127.64.0.2:5432", "127.64.0.3:5432"]);
}

#[test]
fn each_endpoint_takes_one_address_at_least() {
    let mut world = World::new().with_entry();
    let mut body = attachment("sa");
    body["natIpsPerEndpoint"] = json!(0);
    let refused = world.refused(&ours("serviceAttachments"), body);
    assert_eq!(refused, invalid());
}

use serde_json::{Value, json};

use super::world::*;

fn reserved(name: &str, address: Option<&str>) -> Value {
    json!({
        "name": name, "addressType": "INTERNAL", "address": address,
        "subnetwork": ours("subnetworks/nodes"),
    })
}

#[test]
fn an_address_is_the_first_free_one_or_the_one_asked_for() {
    let mut world = World::new();
    let made = world.made(&ours("addresses"), reserved("a", None));
    assert_eq!(made["address"], "10.0.0.2");
    assert_eq!(made["purpose"], "GCE_ENDPOINT");
    assert_eq!(made["status"], "RESERVED");
    assert_eq!(made.get("users"), None);
    let made = world.made(&ours("addresses"), reserved("b", Some("10.0.0.3")));
    assert_eq!(made["address"], "10.0.0.3");
    let made = world.made(&ours("addresses"), reserved("c", None));
    assert_eq!(made["address"], "10.0.0.4");
    world.gone(&ours("addresses/a"));
    let made = world.made(&ours("addresses"), reserved("d", None));
    assert_eq!(made["address"], "10.0.0.2");
}

#[test]
fn the_ends_of_a_range_and_what_is_outside_are_not_given() {
    let mut world = World::new();
    for address in [
        "10.0.0.0",
        "10.0.0.1",
        "10.0.0.254",
        "10.0.0.255",
        "10.0.1.5",
        "x",
        "::1",
        "10.0.0.007",
    ] {
        let refused = world.refused(&ours("addresses"), reserved("a", Some(address)));
        assert_eq!(refused, invalid(), "{address}");
    }
    world.made(&ours("addresses"), reserved("a", Some("10.0.0.253")));
}

#[test]
fn an_address_is_internal_and_in_a_subnetwork_of_its_region() {
    let mut world = World::new();
    let far = format!("projects/{PROVIDER}/regions/us-east1/subnetworks");
    world.made(&far, subnet("far", "10.9.0.0/24", "PRIVATE"));
    for (member, value) in [
        ("addressType", json!(null)),
        ("addressType", json!("EXTERNAL")),
        ("purpose", json!("PRIVATE_SERVICE_CONNECT")),
        ("subnetwork", json!(format!("{far}/far"))),
        ("subnetwork", json!(ours("subnetworks/nat"))),
    ] {
        let mut body = reserved("a", None);
        body[member] = value;
        assert_eq!(
            world.refused(&ours("addresses"), body),
            invalid(),
            "{member}"
        );
    }
    let mut body = reserved("a", None);
    body["subnetwork"] = json!(null);
    let refused = world.refused(&ours("addresses"), body);
    assert_eq!(refused, (400, "required".to_owned()));
}

#[test]
fn no_address_is_given_twice() {
    let mut world = World::new().with_entry();
    let in_use = "IP_IN_USE_BY_ANOTHER_RESOURCE";
    world.made(&ours("addresses"), reserved("a", None));
    let mut machine = instance("n2");
    machine["networkInterfaces"][0]["networkIP"] = json!("10.0.0.4");
    // The machine has 10.0.0.2, its entry 10.0.0.3 and the reservation 10.0.0.4.
    for taken in ["10.0.0.2", "10.0.0.3", "10.0.0.4"] {
        let code = world.failed(&ours("addresses"), reserved("b", Some(taken)));
        assert_eq!(code, in_use, "{taken}");
        machine["networkInterfaces"][0]["networkIP"] = json!(taken);
        let code = world.failed(&zonal("instances"), machine.clone());
        assert_eq!(code, in_use, "{taken}");
    }
    for taken in ["10.0.0.2", "10.0.0.3"] {
        let mut rule = entry("fr2");
        rule["IPAddress"] = json!(taken);
        let code = world.failed(&ours("forwardingRules"), rule);
        assert_eq!(code, in_use, "{taken}");
    }
    let made = world.made(&ours("addresses"), reserved("b", None));
    assert_eq!(made["address"], "10.0.0.5");
}

#[test]
fn an_address_is_taken_as_soon_as_it_is_asked_for() {
    let mut world = World::slow();
    operation(&world.post(&ours("addresses"), reserved("a", None)));
    let made = world.made(&ours("addresses"), reserved("b", None));
    assert_eq!(made["address"], "10.0.0.3");
    assert_eq!(world.seen(&ours("addresses/a"))["address"], "10.0.0.2");
}

#[test]
fn a_range_that_is_used_up_gives_no_address() {
    let mut world = World::new();
    let body = subnet("tiny", "10.9.0.0/29", "PRIVATE");
    world.made(&ours("subnetworks"), body);
    let mut body = reserved("a", None);
    body["subnetwork"] = json!("tiny");
    for name in ["a", "b", "c", "d"] {
        body["name"] = json!(name);
        world.made(&ours("addresses"), body.clone());
    }
    body["name"] = json!("e");
    let code = world.failed(&ours("addresses"), body.clone());
    assert_eq!(code, "IP_SPACE_EXHAUSTED");
    world.gone(&ours("addresses/b"));
    let made = world.made(&ours("addresses"), body);
    assert_eq!(made["address"], "10.9.0.3");
}

#[test]
fn an_endpoint_takes_a_reserved_address_by_link_or_as_such_and_holds_it() {
    let mut world = World::new().with_attachment();
    let path = theirs(CONSUMER, "addresses/a");
    let body = json!({
        "name": "a", "addressType": "INTERNAL", "address": "127.64.0.77", "subnetwork": "default",
    });
    world.made(&theirs(CONSUMER, "addresses"), body);
    for address in [link(&path), "a".to_owned(), "127.64.0.77".to_owned()] {
        let mut rule = endpoint("e");
        rule["IPAddress"] = json!(address);
        rule["subnetwork"] = json!(null);
        let made = world.made(&theirs(CONSUMER, "forwardingRules"), rule.clone());
        assert_eq!(made["IPAddress"], "127.64.0.77", "{address}");
        let shown = world.seen(&path);
        assert_eq!(shown["status"], "IN_USE");
        assert_eq!(shown["users"], json!([made["selfLink"]]));
        let in_use = (400, "resourceInUseByAnotherResource".to_owned());
        assert_eq!(refusal(&world.delete(&path)), in_use);
        rule["name"] = json!("f");
        let second = world.refused(&theirs(CONSUMER, "forwardingRules"), rule);
        assert_eq!(second, in_use);
        world.gone(&theirs(CONSUMER, "forwardingRules/e"));
        assert_eq!(world.seen(&path)["status"], "RESERVED");
    }
    world.gone(&path);
}

#[test]
fn a_rules_address_is_of_its_region_project_and_subnetwork() {
    let mut world = World::new().with_entry();
    let body = subnet("other", "10.9.0.0/24", "PRIVATE");
    world.made(&ours("subnetworks"), body);
    let mut body = reserved("other", None);
    body["subnetwork"] = json!("other");
    world.made(&ours("addresses"), body);
    let mut foreign = reserved("a", None);
    foreign["subnetwork"] = json!("default");
    world.made(&theirs(CONSUMER, "addresses"), foreign);
    for (address, status) in [
        ("other".to_owned(), 400),
        ("none".to_owned(), 404),
        (theirs(CONSUMER, "addresses/a"), 403),
        ("regions/us-east1/addresses/other".to_owned(), 404),
        ("10.9.0.7".to_owned(), 400),
        ("fd00::1".to_owned(), 400),
    ] {
        let mut rule = entry("fr2");
        rule["IPAddress"] = json!(address);
        let refused = world.refused(&ours("forwardingRules"), rule);
        assert_eq!(refused.0, status, "{address}");
    }
}

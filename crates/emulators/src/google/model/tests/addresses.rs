use serde_json::{Value, json};

use super::fixture::*;

fn reserved(name: &str, address: Option<&str>) -> Value {
    json!({
        "name": name, "addressType": "INTERNAL", "address": address,
        "subnetwork": regional("subnetworks/nodes"),
    })
}

#[test]
fn an_address_is_the_first_free_one_or_the_requested_one() {
    let mut fixture = Fixture::new();
    let created = fixture.created(&regional("addresses"), reserved("a", None));
    assert_eq!(created["address"], "10.0.0.2");
    assert_eq!(created["purpose"], "GCE_ENDPOINT");
    assert_eq!(created["status"], "RESERVED");
    assert_eq!(created.get("users"), None);
    let created = fixture.created(&regional("addresses"), reserved("b", Some("10.0.0.3")));
    assert_eq!(created["address"], "10.0.0.3");
    let created = fixture.created(&regional("addresses"), reserved("c", None));
    assert_eq!(created["address"], "10.0.0.4");
    fixture.deleted(&regional("addresses/a"));
    let created = fixture.created(&regional("addresses"), reserved("d", None));
    assert_eq!(created["address"], "10.0.0.2");
}

#[test]
fn reserved_addresses_and_those_outside_of_the_range_are_refused() {
    let mut fixture = Fixture::new();
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
        let refused = fixture.refused(&regional("addresses"), reserved("a", Some(address)));
        assert_eq!(refused, invalid(), "{address}");
    }
    fixture.created(&regional("addresses"), reserved("a", Some("10.0.0.253")));
}

#[test]
fn an_address_is_internal_and_in_a_subnetwork_of_its_region() {
    let mut fixture = Fixture::new();
    let far = format!("projects/{PROVIDER}/regions/us-east1/subnetworks");
    fixture.created(&far, subnet("far", "10.9.0.0/24", "PRIVATE"));
    for (member, value) in [
        ("addressType", json!(null)),
        ("addressType", json!("EXTERNAL")),
        ("purpose", json!("PRIVATE_SERVICE_CONNECT")),
        ("subnetwork", json!(format!("{far}/far"))),
        ("subnetwork", json!(regional("subnetworks/nat"))),
    ] {
        let mut body = reserved("a", None);
        body[member] = value;
        assert_eq!(
            fixture.refused(&regional("addresses"), body),
            invalid(),
            "{member}"
        );
    }
    let mut body = reserved("a", None);
    body["subnetwork"] = json!(null);
    let refused = fixture.refused(&regional("addresses"), body);
    assert_eq!(refused, (400, "required".to_owned()));
}

#[test]
fn no_address_is_allocated_twice() {
    let mut fixture = Fixture::new().with_load_balancer();
    let in_use = "IP_IN_USE_BY_ANOTHER_RESOURCE";
    fixture.created(&regional("addresses"), reserved("a", None));
    let mut vm = instance("n2");
    vm["networkInterfaces"][0]["networkIP"] = json!("10.0.0.4");
    // The instance has 10.0.0.2, its forwarding rule 10.0.0.3 and the reserved address is 10.0.0.4.
    for taken in ["10.0.0.2", "10.0.0.3", "10.0.0.4"] {
        let code = fixture.failed(&regional("addresses"), reserved("b", Some(taken)));
        assert_eq!(code, in_use, "{taken}");
        vm["networkInterfaces"][0]["networkIP"] = json!(taken);
        let code = fixture.failed(&zonal("instances"), vm.clone());
        assert_eq!(code, in_use, "{taken}");
    }
    for taken in ["10.0.0.2", "10.0.0.3"] {
        let mut rule = load_balancer("fr2");
        rule["IPAddress"] = json!(taken);
        let code = fixture.failed(&regional("forwardingRules"), rule);
        assert_eq!(code, in_use, "{taken}");
    }
    let created = fixture.created(&regional("addresses"), reserved("b", None));
    assert_eq!(created["address"], "10.0.0.5");
}

#[test]
fn an_address_is_taken_before_its_operation_completes() {
    let mut fixture = Fixture::slow();
    operation(&fixture.post(&regional("addresses"), reserved("a", None)));
    let created = fixture.created(&regional("addresses"), reserved("b", None));
    assert_eq!(created["address"], "10.0.0.3");
    assert_eq!(
        fixture.shown(&regional("addresses/a"))["address"],
        "10.0.0.2"
    );
}

#[test]
fn an_exhausted_range_allocates_no_address() {
    let mut fixture = Fixture::new();
    let body = subnet("tiny", "10.9.0.0/29", "PRIVATE");
    fixture.created(&regional("subnetworks"), body);
    let mut body = reserved("a", None);
    body["subnetwork"] = json!("tiny");
    for name in ["a", "b", "c", "d"] {
        body["name"] = json!(name);
        fixture.created(&regional("addresses"), body.clone());
    }
    body["name"] = json!("e");
    let code = fixture.failed(&regional("addresses"), body.clone());
    assert_eq!(code, "IP_SPACE_EXHAUSTED");
    fixture.deleted(&regional("addresses/b"));
    let created = fixture.created(&regional("addresses"), body);
    assert_eq!(created["address"], "10.9.0.3");
}

#[test]
fn an_endpoint_uses_a_reserved_address_by_link_or_by_value() {
    let mut fixture = Fixture::new().with_attachment();
    let path = consumer_regional(CONSUMER, "addresses/a");
    let body = json!({
        "name": "a", "addressType": "INTERNAL", "address": "127.64.0.77", "subnetwork": "default",
    });
    fixture.created(&consumer_regional(CONSUMER, "addresses"), body);
    for address in [link(&path), "a".to_owned(), "127.64.0.77".to_owned()] {
        let mut rule = endpoint("e");
        rule["IPAddress"] = json!(address);
        rule["subnetwork"] = json!(null);
        let created = fixture.created(
            &consumer_regional(CONSUMER, "forwardingRules"),
            rule.clone(),
        );
        assert_eq!(created["IPAddress"], "127.64.0.77", "{address}");
        let shown = fixture.shown(&path);
        assert_eq!(shown["status"], "IN_USE");
        assert_eq!(shown["users"], json!([created["selfLink"]]));
        let in_use = (400, "resourceInUseByAnotherResource".to_owned());
        assert_eq!(refusal(&fixture.delete(&path)), in_use);
        rule["name"] = json!("f");
        let second = fixture.refused(&consumer_regional(CONSUMER, "forwardingRules"), rule);
        assert_eq!(second, in_use);
        fixture.deleted(&consumer_regional(CONSUMER, "forwardingRules/e"));
        assert_eq!(fixture.shown(&path)["status"], "RESERVED");
    }
    fixture.deleted(&path);
}

#[test]
fn the_address_of_a_rule_is_in_its_region_project_and_subnetwork() {
    let mut fixture = Fixture::new().with_load_balancer();
    let body = subnet("other", "10.9.0.0/24", "PRIVATE");
    fixture.created(&regional("subnetworks"), body);
    let mut body = reserved("other", None);
    body["subnetwork"] = json!("other");
    fixture.created(&regional("addresses"), body);
    let mut foreign = reserved("a", None);
    foreign["subnetwork"] = json!("default");
    fixture.created(&consumer_regional(CONSUMER, "addresses"), foreign);
    for (address, status) in [
        ("other".to_owned(), 400),
        ("none".to_owned(), 404),
        (consumer_regional(CONSUMER, "addresses/a"), 403),
        ("regions/us-east1/addresses/other".to_owned(), 404),
        ("10.9.0.7".to_owned(), 400),
        ("fd00::1".to_owned(), 400),
    ] {
        let mut rule = load_balancer("fr2");
        rule["IPAddress"] = json!(address);
        let refused = fixture.refused(&regional("forwardingRules"), rule);
        assert_eq!(refused.0, status, "{address}");
    }
}

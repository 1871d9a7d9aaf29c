use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

fn rules() -> String {
    consumer_regional(CONSUMER, "forwardingRules")
}

/// An attachment that accepts everybody and gives each endpoint so many addresses of its twelve.
fn with_each(count: u32) -> Fixture {
    let mut fixture = Fixture::new().with_load_balancer();
    fixture.created(&global("firewalls"), allow("allow", &["5432"]));
    let mut body = attachment("sa");
    body["connectionPreference"] = json!("ACCEPT_AUTOMATIC");
    body["natIpsPerEndpoint"] = json!(count);
    fixture.created(&regional("serviceAttachments"), body);
    fixture
}

/// With a second range of twelve addresses in use.
fn grow(fixture: &mut Fixture) {
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    fixture.created(&regional("subnetworks"), second);
    let both = json!([regional("subnetworks/nat"), regional("subnetworks/nat2")]);
    fixture.updated(&regional(SA), json!({ "natSubnets": both }));
}

/// The addresses that each endpoint is translated to, as the provider sees them.
fn translated(fixture: &mut Fixture) -> Vec<Value> {
    let attachment = fixture.shown(&format!("{}?showNatIps=true", regional(SA)));
    let entries = attachment["connectedEndpoints"].as_array().unwrap();
    entries.iter().map(|it| it["natIps"].clone()).collect()
}

#[test]
fn a_range_of_sixteen_serves_twelve_endpoints() {
    let mut fixture = with_each(1);
    for index in 0..13 {
        fixture.created(&rules(), endpoint(&format!("e{index}")));
    }
    let statuses: Vec<Value> = fixture
        .connected()
        .iter()
        .map(|it| it["status"].clone())
        .collect();
    let accepted = statuses.iter().filter(|it| *it == "ACCEPTED").count();
    assert_eq!((accepted, statuses.len()), (12, 13));
    assert!(statuses.contains(&json!("NEEDS_ATTENTION")));
    assert_eq!(fixture.google.bindings().len(), 12);
}

#[test]
fn addresses_show_on_request_alone() {
    let mut fixture = with_each(2);
    fixture.created(&rules(), endpoint("e"));
    assert_eq!(fixture.connected()[0].get("natIps"), None);
    assert_eq!(
        translated(&mut fixture),
        [json!(["172.24.0.2", "172.24.0.3"])]
    );
    let other = fixture.shown(&format!("{}?showNatIps=false", regional(SA)));
    assert_eq!(other["connectedEndpoints"][0].get("natIps"), None);
}

#[test]
fn who_got_no_address_is_served_once_a_range_is_added() {
    let mut fixture = with_each(12);
    fixture.created(&rules(), endpoint("e"));
    fixture.advance(DELAY);
    fixture.created(&rules(), endpoint("f"));
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(fixture.status(CONSUMER, "f"), "NEEDS_ATTENTION");
    assert_eq!(fixture.connected()[1]["status"], "NEEDS_ATTENTION");
    assert_eq!(translated(&mut fixture)[1], Value::Null);
    assert_eq!(fixture.google.bindings().len(), 1);
    let before = translated(&mut fixture)[0].clone();
    grow(&mut fixture);
    assert_eq!(fixture.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(translated(&mut fixture)[0], before);
    assert_eq!(translated(&mut fixture)[1][0], "172.24.1.2");
}

#[test]
fn who_got_no_address_is_served_once_somebody_leaves() {
    let mut fixture = with_each(12);
    fixture.created(&rules(), endpoint("e"));
    fixture.advance(DELAY);
    fixture.created(&rules(), endpoint("f"));
    fixture.deleted(&consumer_regional(CONSUMER, "forwardingRules/e"));
    assert_eq!(fixture.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(fixture.google.bindings().len(), 1);
    assert_eq!(
        fixture.google.bindings()[0].listen.to_string(),
        "127.64.0.3:5432"
    );
}

#[test]
fn who_got_no_address_can_be_turned_away() {
    let mut fixture = with_each(12);
    fixture.created(&rules(), endpoint("e"));
    fixture.advance(DELAY);
    fixture.created(&rules(), endpoint("f"));
    let number = fixture.numeric_path(CONSUMER, "f");
    let manual = json!({
        "connectionPreference": "ACCEPT_MANUAL", "consumerRejectLists": [number],
    });
    fixture.updated(&regional(SA), manual);
    assert_eq!(fixture.status(CONSUMER, "f"), "REJECTED");
    assert_eq!(fixture.status(CONSUMER, "e"), "PENDING");
    assert_eq!(translated(&mut fixture), [Value::Null, Value::Null]);
}

#[test]
fn a_range_that_is_taken_away_is_replaced_by_another() {
    let mut fixture = with_each(1);
    fixture.created(&rules(), endpoint("e"));
    grow(&mut fixture);
    assert_eq!(translated(&mut fixture), [json!(["172.24.0.2"])]);
    let second = json!([regional("subnetworks/nat2")]);
    fixture.updated(&regional(SA), json!({ "natSubnets": second }));
    assert_eq!(translated(&mut fixture), [json!(["172.24.1.2"])]);
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    fixture.deleted(&regional("subnetworks/nat"));
}

#[test]
fn each_range_has_to_be_let_through_by_itself() {
    let mut fixture = with_each(12);
    fixture.created(&rules(), endpoint("e"));
    fixture.advance(DELAY);
    fixture.created(&rules(), endpoint("f"));
    grow(&mut fixture);
    let listens = |fixture: &Fixture| -> Vec<String> {
        let bindings = fixture.google.bindings();
        bindings.iter().map(|it| it.listen.to_string()).collect()
    };
    assert_eq!(listens(&fixture), ["127.64.0.2:5432"]);
    let ranges = json!({ "sourceRanges": ["172.24.0.0/28", "172.24.1.0/28"] });
    fixture.updated(&global("firewalls/allow"), ranges);
    assert_eq!(listens(&fixture), ["127.64.0.2:5432", "127.64.0.3:5432"]);
}

#[test]
fn each_endpoint_takes_one_address_at_least() {
    let mut fixture = Fixture::new().with_load_balancer();
    let mut body = attachment("sa");
    body["natIpsPerEndpoint"] = json!(0);
    let refused = fixture.refused(&regional("serviceAttachments"), body);
    assert_eq!(refused, invalid());
}

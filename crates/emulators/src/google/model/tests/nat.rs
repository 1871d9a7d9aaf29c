use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

fn rules() -> String {
    consumer_regional(CONSUMER, "forwardingRules")
}

/// A fixture with automatic acceptance and `count` NAT addresses per endpoint, of twelve.
fn with_each(count: u32) -> Fixture {
    let mut fixture = Fixture::new().with_load_balancer();
    fixture.created(&global("firewalls"), allow("allow", &["5432"]));
    let mut body = attachment("sa");
    body["connectionPreference"] = json!("ACCEPT_AUTOMATIC");
    body["natIpsPerEndpoint"] = json!(count);
    fixture.created(&regional("serviceAttachments"), body);
    fixture
}

/// Adds a second NAT subnet of twelve addresses.
fn add_nat_subnet(fixture: &mut Fixture) {
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    fixture.created(&regional("subnetworks"), second);
    let both = json!([regional("subnetworks/nat"), regional("subnetworks/nat2")]);
    fixture.updated(&regional(SA), json!({ "natSubnets": both }));
}

/// The NAT addresses of each endpoint, as the provider sees them.
fn nat_ips(fixture: &mut Fixture) -> Vec<Value> {
    let attachment = fixture.shown(&format!("{}?showNatIps=true", regional(SA)));
    let entries = attachment["connectedEndpoints"].as_array().unwrap();
    entries.iter().map(|it| it["natIps"].clone()).collect()
}

#[test]
fn a_range_of_sixteen_addresses_serves_twelve_endpoints() {
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
fn nat_ips_are_shown_on_request_only() {
    let mut fixture = with_each(2);
    fixture.created(&rules(), endpoint("e"));
    assert_eq!(fixture.connected()[0].get("natIps"), None);
    assert_eq!(nat_ips(&mut fixture), [json!(["172.24.0.2", "172.24.0.3"])]);
    let other = fixture.shown(&format!("{}?showNatIps=false", regional(SA)));
    assert_eq!(other["connectedEndpoints"][0].get("natIps"), None);
}

#[test]
fn an_endpoint_without_address_gets_one_when_a_range_is_added() {
    let mut fixture = with_each(12);
    fixture.created(&rules(), endpoint("e"));
    fixture.advance(DELAY);
    fixture.created(&rules(), endpoint("f"));
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(fixture.status(CONSUMER, "f"), "NEEDS_ATTENTION");
    assert_eq!(fixture.connected()[1]["status"], "NEEDS_ATTENTION");
    assert_eq!(nat_ips(&mut fixture)[1], Value::Null);
    assert_eq!(fixture.google.bindings().len(), 1);
    let before = nat_ips(&mut fixture)[0].clone();
    add_nat_subnet(&mut fixture);
    assert_eq!(fixture.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(nat_ips(&mut fixture)[0], before);
    assert_eq!(nat_ips(&mut fixture)[1][0], "172.24.1.2");
}

#[test]
fn an_endpoint_without_address_gets_one_when_another_is_deleted() {
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
fn an_endpoint_without_address_can_be_rejected() {
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
    assert_eq!(nat_ips(&mut fixture), [Value::Null, Value::Null]);
}

#[test]
fn addresses_of_a_removed_range_are_replaced() {
    let mut fixture = with_each(1);
    fixture.created(&rules(), endpoint("e"));
    add_nat_subnet(&mut fixture);
    assert_eq!(nat_ips(&mut fixture), [json!(["172.24.0.2"])]);
    let second = json!([regional("subnetworks/nat2")]);
    fixture.updated(&regional(SA), json!({ "natSubnets": second }));
    assert_eq!(nat_ips(&mut fixture), [json!(["172.24.1.2"])]);
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    fixture.deleted(&regional("subnetworks/nat"));
}

#[test]
fn the_firewall_must_allow_each_nat_subnet() {
    let mut fixture = with_each(12);
    fixture.created(&rules(), endpoint("e"));
    fixture.advance(DELAY);
    fixture.created(&rules(), endpoint("f"));
    add_nat_subnet(&mut fixture);
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
fn each_endpoint_has_at_least_one_address() {
    let mut fixture = Fixture::new().with_load_balancer();
    let mut body = attachment("sa");
    body["natIpsPerEndpoint"] = json!(0);
    let refused = fixture.refused(&regional("serviceAttachments"), body);
    assert_eq!(refused, invalid());
}

use serde_json::{Value, json};

use super::fixture::*;

fn with_public(name: &str) -> Value {
    let mut body = interface(&[]);
    body["properties"]["ipConfigurations"][0]["properties"]["publicIPAddress"] =
        json!({ "id": ours(&format!("publicIPAddresses/{name}")) });
    body
}

#[test]
fn addresses_are_unique_and_kept() {
    let mut fixture = Fixture::new();
    let a = fixture.made(&ours("publicIPAddresses/a"), public_address());
    let b = fixture.made(&ours("publicIPAddresses/b"), public_address());
    assert_eq!(a["properties"]["ipAddress"], "203.0.113.1");
    assert_eq!(b["properties"]["ipAddress"], "203.0.113.2");
    let kept = fixture.made(&ours("publicIPAddresses/b"), public_address());
    assert_eq!(kept["properties"]["ipAddress"], "203.0.113.2");
}

#[test]
fn a_standard_address_is_static_and_a_balancer_takes_no_basic_one() {
    let mut fixture = Fixture::new();
    let mut dynamic = public_address();
    dynamic["properties"]["publicIPAllocationMethod"] = json!("Dynamic");
    assert_eq!(
        fixture.refused(&ours("publicIPAddresses/a"), dynamic).0,
        400
    );
    let mut basic = public_address();
    basic["sku"]["name"] = json!("Basic");
    fixture.made(&ours("publicIPAddresses/a"), basic);
    let mut balancer = balancer(&[]);
    balancer["properties"]["frontendIPConfigurations"][0]["properties"] =
        json!({ "publicIPAddress": { "id": ours("publicIPAddresses/a") } });
    assert_eq!(
        fixture.refused(&ours("loadBalancers/lb"), balancer).1,
        "PublicIPAndLBSkuDoNotMatch"
    );
}

#[test]
fn an_attached_address_is_shown_and_kept() {
    let mut fixture = Fixture::new();
    fixture.made(&ours("publicIPAddresses/a"), public_address());
    fixture.made(&ours("networkInterfaces/n"), with_public("a"));
    fixture.made(&ours("networkInterfaces/n"), with_public("a"));
    let shown = fixture.seen(&ours("publicIPAddresses/a"));
    let user = ours("networkInterfaces/n/ipConfigurations/ipc");
    assert_eq!(shown["properties"]["ipConfiguration"]["id"], user);
    let reply = fixture.delete(&ours("publicIPAddresses/a"));
    assert_eq!(refusal(&reply).1, "PublicIPAddressCannotBeDeleted");
    let second = fixture.refused(&ours("networkInterfaces/m"), with_public("a"));
    assert_eq!(second.1, "PublicIPAddressInUse");
    fixture.made(&ours("networkInterfaces/n"), interface(&[]));
    assert_eq!(fixture.delete(&ours("publicIPAddresses/a")).status, 200);
}

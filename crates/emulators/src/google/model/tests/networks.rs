use serde_json::json;

use super::fixture::*;

fn in_use() -> (u16, String) {
    (400, "resourceInUseByAnotherResource".to_owned())
}

#[test]
fn a_network_is_in_custom_mode_and_shows_its_subnetworks() {
    let mut fixture = Fixture::new();
    let shown = fixture.shown(&global("networks/net"));
    assert_eq!(shown["autoCreateSubnetworks"], false);
    assert_eq!(shown["routingConfig"]["routingMode"], "REGIONAL");
    let subnets = ["nat", "nodes"].map(|name| link(&regional(&format!("subnetworks/{name}"))));
    assert_eq!(shown["subnetworks"], json!(subnets));
    let automatic = json!({ "name": "auto", "autoCreateSubnetworks": true });
    assert_eq!(fixture.refused(&global("networks"), automatic), invalid());
    let created = fixture.created(&global("networks"), json!({ "name": "empty" }));
    assert_eq!(created["autoCreateSubnetworks"], false);
    assert_eq!(created.get("subnetworks"), None);
}

#[test]
fn a_network_in_use_cannot_be_deleted() {
    let mut fixture = Fixture::new();
    fixture.created(&global("firewalls"), allow("allow", &["1"]));
    let reply = fixture.delete(&global("networks/net"));
    assert_eq!(refusal(&reply), in_use());
    fixture.deleted(&regional("subnetworks/nat"));
    fixture.deleted(&regional("subnetworks/nodes"));
    assert_eq!(refusal(&fixture.delete(&global("networks/net"))), in_use());
    fixture.deleted(&global("firewalls/allow"));
    fixture.deleted(&global("networks/net"));
}

#[test]
fn a_subnetwork_is_private_unless_its_purpose_is_nat() {
    let mut fixture = Fixture::new();
    let mut body = subnet("s", "10.9.0.0/24", "PRIVATE");
    body["purpose"] = json!(null);
    let created = fixture.created(&regional("subnetworks"), body);
    assert_eq!(created["purpose"], "PRIVATE");
    assert_eq!(created["gatewayAddress"], "10.9.0.1");
    assert_eq!(created["network"], link(&global("networks/net")));
    for purpose in ["REGIONAL_MANAGED_PROXY", "private", ""] {
        let body = subnet("t", "10.10.0.0/24", purpose);
        assert_eq!(fixture.refused(&regional("subnetworks"), body), invalid());
    }
}

#[test]
fn a_range_is_between_4_and_29_bits_and_has_no_host_bits() {
    let mut fixture = Fixture::new();
    for range in [
        "",
        "10.9.0.0",
        "10.9.0.0/30",
        "8.0.0.0/3",
        "10.9.0.1/24",
        "10.9.0.0/33",
        "10.9.0/24",
        "fd00::/64",
        "10.9.0.0/024x",
    ] {
        let refused = fixture.refused(&regional("subnetworks"), subnet("s", range, "PRIVATE"));
        assert_eq!(refused.0, 400, "{range}");
    }
    fixture.created(
        &regional("subnetworks"),
        subnet("s", "10.9.0.0/29", "PRIVATE"),
    );
    fixture.created(
        &regional("subnetworks"),
        subnet("t", "96.0.0.0/4", "PRIVATE"),
    );
}

#[test]
fn ranges_of_one_network_do_not_overlap_wherever_they_are() {
    let mut fixture = Fixture::new();
    let elsewhere = format!("projects/{PROVIDER}/regions/us-east1/subnetworks");
    for range in [
        "10.0.0.0/24",
        "10.0.0.128/25",
        "10.0.0.0/8",
        "172.24.0.8/29",
    ] {
        let reply = fixture.post(&elsewhere, subnet("s", range, "PRIVATE"));
        assert_eq!(refusal(&reply), invalid(), "{range}");
        assert!(message(&reply).contains("conflicts with existing subnetwork"));
    }
    fixture.created(&elsewhere, subnet("s", "10.0.1.0/24", "PRIVATE"));
    // Another network may have the same range.
    let network = json!({ "name": "net2", "autoCreateSubnetworks": false });
    fixture.created(&global("networks"), network);
    let mut body = subnet("same", "10.0.0.0/24", "PRIVATE");
    body["network"] = json!("global/networks/net2");
    fixture.created(&regional("subnetworks"), body);
}

#[test]
fn a_range_is_taken_before_its_operation_completes() {
    let mut fixture = Fixture::slow();
    let body = |name: &str| subnet(name, "10.9.0.0/24", "PRIVATE");
    operation(&fixture.post(&regional("subnetworks"), body("s")));
    assert_eq!(
        fixture.refused(&regional("subnetworks"), body("t")),
        invalid()
    );
}

#[test]
fn the_purpose_of_a_subnetwork_is_immutable() {
    let mut fixture = Fixture::new();
    let path = regional("subnetworks/nat");
    for change in [
        json!({ "purpose": "PRIVATE" }),
        json!({ "ipCidrRange": "172.24.0.0/24" }),
        json!({ "network": null }),
    ] {
        let reply = fixture.change(&path, change.clone());
        assert_eq!(reply.status, 400, "{change}");
    }
    let shown = fixture.updated(&path, json!({ "privateIpGoogleAccess": true }));
    assert_eq!(shown["privateIpGoogleAccess"], true);
    assert_eq!(shown["ipCidrRange"], "172.24.0.0/28");
}

#[test]
fn a_subnetwork_with_addresses_cannot_be_deleted() {
    let mut fixture = Fixture::new();
    let path = regional("subnetworks/nodes");
    let address = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": path });
    for (collection, body) in [
        (zonal("instances"), instance("a")),
        (regional("addresses"), address),
    ] {
        fixture.created(&collection, body);
        let reply = fixture.delete(&path);
        assert_eq!(refusal(&reply), in_use(), "{collection}");
        let holder = format!("'{collection}/a'");
        assert!(message(&reply).ends_with(&holder), "{}", message(&reply));
        fixture.deleted(&format!("{collection}/a"));
    }
    fixture.deleted(&path);
}

#[test]
fn a_consumers_subnetwork_with_an_endpoint_cannot_be_deleted() {
    let mut fixture = Fixture::new().with_endpoint();
    let path = consumer_regional(CONSUMER, "subnetworks/default");
    assert_eq!(refusal(&fixture.delete(&path)), in_use());
    fixture.deleted(&consumer_regional(CONSUMER, "forwardingRules/e"));
    fixture.deleted(&path);
}

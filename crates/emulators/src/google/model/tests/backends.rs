use serde_json::{Value, json};

use super::fixture::*;

const BS: &str = "backendServices/bs";

fn refused_with(fixture: &mut Fixture, member: &str, value: Value) -> (u16, String) {
    let mut body = backend_service("other");
    body[member] = value;
    fixture.refused(&regional("backendServices"), body)
}

#[test]
fn a_backend_service_is_completed() {
    let mut fixture = Fixture::new().with_load_balancer();
    let mut body = backend_service("other");
    body["protocol"] = json!(null);
    body["backends"][0]["balancingMode"] = json!(null);
    body["healthChecks"] = json!(["hc"]);
    let created = fixture.created(&regional("backendServices"), body);
    assert_eq!(created["protocol"], "TCP");
    assert_eq!(created["sessionAffinity"], "NONE");
    assert_eq!(created["backends"][0]["balancingMode"], "CONNECTION");
    assert_eq!(
        created["healthChecks"],
        json!([link(&regional("healthChecks/hc"))])
    );
}

#[test]
fn a_backend_service_is_internal_and_balances_connections() {
    let mut fixture = Fixture::new().with_load_balancer();
    let group = link(&zonal("networkEndpointGroups/neg"));
    for (member, value) in [
        ("loadBalancingScheme", json!(null)),
        ("loadBalancingScheme", json!("INTERNAL_MANAGED")),
        ("protocol", json!("HTTP")),
        ("healthChecks", json!(["hc", "hc"])),
        (
            "backends",
            json!([{ "group": group, "balancingMode": "UTILIZATION" }]),
        ),
        ("backends", json!([{ "group": group }, { "group": group }])),
        ("backends", json!(vec![json!({ "group": group }); 51])),
    ] {
        assert_eq!(
            refused_with(&mut fixture, member, value),
            invalid(),
            "{member}"
        );
    }
    let nameless = refused_with(&mut fixture, "backends", json!([{}]));
    assert_eq!(nameless, (400, "required".to_owned()));
    let missing = refused_with(&mut fixture, "healthChecks", json!(["none"]));
    assert_eq!(missing, (404, "notFound".to_owned()));
    let reply = fixture.change(&regional(BS), json!({ "loadBalancingScheme": "EXTERNAL" }));
    assert_eq!(refusal(&reply), invalid());
}

#[test]
fn the_group_of_a_backend_is_a_full_url() {
    let mut fixture = Fixture::new().with_load_balancer();
    let path = zonal("networkEndpointGroups/neg");
    for group in [
        path.clone(),
        format!("/compute/v1/{path}"),
        format!("zones/{ZONE}/networkEndpointGroups/neg"),
        format!("https://example.com/compute/v1/{path}"),
    ] {
        let refused = refused_with(&mut fixture, "backends", json!([{ "group": group }]));
        assert_eq!(refused, invalid(), "{group}");
    }
    for host in ["www", "compute"] {
        let group = format!("https://{host}.googleapis.com/compute/v1/{path}");
        let body = json!({ "backends": [{ "group": group }] });
        let shown = fixture.updated(&regional(BS), body);
        assert_eq!(shown["backends"][0]["group"], link(&path));
    }
}

#[test]
fn groups_and_checks_are_in_the_region_of_the_service() {
    let mut fixture = Fixture::new().with_load_balancer();
    let far = format!("projects/{PROVIDER}/zones/us-east1-b/instanceGroups");
    fixture.created(&far, json!({ "name": "far" }));
    let group = link(&format!("{far}/far"));
    let refused = refused_with(&mut fixture, "backends", json!([{ "group": group }]));
    assert_eq!(refused, invalid());
    let far = format!("projects/{PROVIDER}/regions/us-east1/healthChecks");
    fixture.created(&far, json!({ "name": "far", "type": "TCP" }));
    let refused = refused_with(&mut fixture, "healthChecks", json!([format!("{far}/far")]));
    assert_eq!(refused, invalid());
}

#[test]
fn a_health_check_is_completed_by_its_type() {
    let mut fixture = Fixture::new();
    for (kind, member, port) in [
        ("TCP", "tcpHealthCheck", 80),
        ("HTTP", "httpHealthCheck", 80),
        ("HTTPS", "httpsHealthCheck", 443),
        ("SSL", "sslHealthCheck", 443),
    ] {
        let body = json!({ "name": kind.to_lowercase(), "type": kind });
        let created = fixture.created(&regional("healthChecks"), body);
        let probe = json!({ "port": port, "proxyHeader": "NONE" });
        assert_eq!(created[member], probe, "{kind}");
        assert_eq!(created["checkIntervalSec"], 5);
        assert_eq!(created["timeoutSec"], 5);
        assert_eq!(created["healthyThreshold"], 2);
    }
}

#[test]
fn a_health_check_has_a_supported_type_and_a_timeout_within_its_interval() {
    let mut fixture = Fixture::new();
    for (body, expected) in [
        (json!({}), (400, "required")),
        (json!({ "type": "GRPC" }), (400, "invalid")),
        (json!({ "type": "TCP", "timeoutSec": 6 }), (400, "invalid")),
        (
            json!({ "type": "TCP", "tcpHealthCheck": { "proxyHeader": "PROXY_V2" } }),
            (400, "invalid"),
        ),
        (
            json!({ "type": "TCP", "tcpHealthCheck": { "port": 65536 } }),
            (400, "invalid"),
        ),
    ] {
        let mut body = body;
        body["name"] = json!("hc");
        let refused = fixture.refused(&regional("healthChecks"), body.clone());
        assert_eq!((refused.0, &*refused.1), expected, "{body}");
    }
    let body = json!({ "name": "hc", "type": "TCP", "timeoutSec": 6, "checkIntervalSec": "7" });
    let created = fixture.created(&regional("healthChecks"), body);
    // A number sent as a string becomes a number.
    assert_eq!(created["checkIntervalSec"], 7);
}

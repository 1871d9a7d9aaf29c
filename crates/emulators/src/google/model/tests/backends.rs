use serde_json::{Value, json};

use super::world::*;

const BS: &str = "backendServices/bs";

fn refused_with(world: &mut World, member: &str, value: Value) -> (u16, String) {
    let mut body = backend_service("other");
    body[member] = value;
    world.refused(&ours("backendServices"), body)
}

#[test]
fn a_backend_service_is_completed() {
    let mut world = World::new().with_entry();
    let mut body = backend_service("other");
    body["protocol"] = json!(null);
    body["backends"][0]["balancingMode"] = json!(null);
    body["healthChecks"] = json!(["hc"]);
    let made = world.made(&ours("backendServices"), body);
    assert_eq!(made["protocol"], "TCP");
    assert_eq!(made["sessionAffinity"], "NONE");
    assert_eq!(made["backends"][0]["balancingMode"], "CONNECTION");
    assert_eq!(
        made["healthChecks"],
        json!([link(&ours("healthChecks/hc"))])
    );
}

#[test]
fn a_backend_service_is_internal_and_balances_connections() {
    let mut world = World::new().with_entry();
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
            refused_with(&mut world, member, value),
            invalid(),
            "{member}"
        );
    }
    let nameless = refused_with(&mut world, "backends", json!([{}]));
    assert_eq!(nameless, (400, "required".to_owned()));
    let missing = refused_with(&mut world, "healthChecks", json!(["none"]));
    assert_eq!(missing, (404, "notFound".to_owned()));
    let reply = world.change(&ours(BS), json!({ "loadBalancingScheme": "EXTERNAL" }));
    assert_eq!(refusal(&reply), invalid());
}

#[test]
fn a_backends_group_is_named_by_a_whole_link() {
    let mut world = World::new().with_entry();
    let path = zonal("networkEndpointGroups/neg");
    for group in [
        path.clone(),
        format!("/compute/v1/{path}"),
        format!("zones/{ZONE}/networkEndpointGroups/neg"),
        format!("https://example.com/compute/v1/{path}"),
    ] {
        let refused = refused_with(&mut world, "backends", json!([{ "group": group }]));
        assert_eq!(refused, invalid(), "{group}");
    }
    for host in ["www", "compute"] {
        let group = format!("https://{host}.googleapis.com/compute/v1/{path}");
        let body = json!({ "backends": [{ "group": group }] });
        let shown = world.patched(&ours(BS), body);
        assert_eq!(shown["backends"][0]["group"], link(&path));
    }
}

#[test]
fn its_groups_and_checks_are_of_its_region() {
    let mut world = World::new().with_entry();
    let far = format!("projects/{PROVIDER}/zones/us-east1-b/instanceGroups");
    world.made(&far, json!({ "name": "far" }));
    let group = link(&format!("{far}/far"));
    let refused = refused_with(&mut world, "backends", json!([{ "group": group }]));
    assert_eq!(refused, invalid());
    let far = format!("projects/{PROVIDER}/regions/us-east1/healthChecks");
    world.made(&far, json!({ "name": "far", "type": "TCP" }));
    let refused = refused_with(&mut world, "healthChecks", json!([format!("{far}/far")]));
    assert_eq!(refused, invalid());
}

#[test]
fn an_instance_is_well_if_a_host_stands_for_it() {
    let mut world = World::new().with_entry();
    world.made(&zonal("instances"), instance("n2"));
    world.acted(
        &zonal("networkEndpointGroups/neg/attachNetworkEndpoints"),
        json!({ "networkEndpoints": [{ "instance": "n2" }] }),
    );
    let path = ours("backendServices/bs/getHealth");
    let group = zonal("networkEndpointGroups/neg");
    let reply = world.post(&path, json!({ "group": link(&group) }));
    let status = |name: &str, address: &str, state: &str| {
        json!({ "instance": link(&zonal(&format!("instances/{name}"))), "ipAddress": address,
                "port": 8080, "healthState": state })
    };
    let expected = json!({
        "kind": "compute#backendServiceGroupHealth",
        "healthStatus": [
            status("n1", "10.0.0.2", "HEALTHY"), status("n2", "10.0.0.4", "UNHEALTHY"),
        ],
    });
    assert_eq!(reply.body, Some(expected.clone()));
    for spelling in [
        group.clone(),
        format!("zones/{ZONE}/networkEndpointGroups/neg"),
        group.replace(PROVIDER, &PROVIDER_NUMBER.to_string()),
    ] {
        let reply = world.post(&path, json!({ "group": spelling }));
        assert_eq!(reply.body.as_ref(), Some(&expected), "{spelling}");
    }
    let nameless = world.post(&path, json!({}));
    assert_eq!(refusal(&nameless), (400, "required".to_owned()));
    let foreign = world.post(
        &path,
        json!({ "group": zonal("networkEndpointGroups/none") }),
    );
    assert_eq!(refusal(&foreign), invalid());
    let missing = world.post(&ours("backendServices/none/getHealth"), json!({}));
    assert_eq!(refusal(&missing), (404, "notFound".to_owned()));
}

#[test]
fn a_health_check_is_completed_by_its_type() {
    let mut world = World::new();
    for (kind, member, port) in [
        ("TCP", "tcpHealthCheck", 80),
        ("HTTP", "httpHealthCheck", 80),
        ("HTTPS", "httpsHealthCheck", 443),
        ("SSL", "sslHealthCheck", 443),
    ] {
        let body = json!({ "name": kind.to_lowercase(), "type": kind });
        let made = world.made(&ours("healthChecks"), body);
        let probe = json!({ "port": port, "proxyHeader": "NONE" });
        assert_eq!(made[member], probe, "{kind}");
        assert_eq!(made["checkIntervalSec"], 5);
        assert_eq!(made["timeoutSec"], 5);
        assert_eq!(made["healthyThreshold"], 2);
    }
}

#[test]
fn a_health_check_is_of_a_type_we_know_and_answers_in_time() {
    let mut world = World::new();
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
        let refused = world.refused(&ours("healthChecks"), body.clone());
        assert_eq!((refused.0, &*refused.1), expected, "{body}");
    }
    let body = json!({ "name": "hc", "type": "TCP", "timeoutSec": 6, "checkIntervalSec": "7" });
    let made = world.made(&ours("healthChecks"), body);
    // A number sent as a text is a number.
    assert_eq!(made["checkIntervalSec"], 7);
}
